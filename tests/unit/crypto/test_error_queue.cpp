#include <openssl/err.h>

#include <crypto/error_queue.hpp>
#include <string>

#include "../../support/catch.hpp"

using namespace sessions;

TEST_CASE("what we cause in OpenSSL's error queue is taken out, what was there stays") {
  ERR_clear_error();
  ERR_raise(ERR_LIB_USER, 1);
  {
    const crypto::ErrorQueueMark mark;
    ERR_raise(ERR_LIB_USER, 2);
  }
  CHECK(ERR_GET_REASON(ERR_get_error()) == 1);
  CHECK(ERR_get_error() == 0);
}

TEST_CASE("a mark goes with us, so that the host finds its own") {
  ERR_clear_error();
  ERR_raise(ERR_LIB_USER, 1);
  ERR_set_mark();
  {
    crypto::ErrorQueueMark mark;
    mark.nothing_failed();
  }
  ERR_raise(ERR_LIB_USER, 2);
  CHECK(ERR_pop_to_mark() == 1);
  CHECK(ERR_GET_REASON(ERR_peek_last_error()) == 1);
  CHECK(ERR_pop_to_mark() == 0);
}

TEST_CASE("errors that are set aside come back as they were, and what came meanwhile is gone") {
  ERR_clear_error();
  ERR_new();
  ERR_set_debug("host.c", 17, "serve");
  ERR_set_error(ERR_LIB_USER, 1, "%s", "what the host says");
  ERR_raise(ERR_LIB_USER, 2);
  {
    const crypto::ErrorsSetAside aside;
    CHECK(ERR_peek_error() == 0);
    ERR_raise(ERR_LIB_USER, 3);
  }
  const char* file = "";
  const char* function = "";
  const char* data = "";
  int line = 0;
  CHECK(ERR_GET_REASON(ERR_peek_error_all(&file, &line, &function, &data, nullptr)) == 1);
  CHECK(std::string(file) == "host.c");
  CHECK(line == 17);
  CHECK(std::string(function) == "serve");
  CHECK(std::string(data) == "what the host says");
  ERR_get_error();
  CHECK(ERR_GET_REASON(ERR_get_error()) == 2);
  CHECK(ERR_get_error() == 0);
}
