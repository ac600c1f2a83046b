#include <manager/backend.hpp>
#include <string>

#include "../../support/catch.hpp"

using namespace sessions;
using manager::Backend;

namespace {

void refuses(std::string_view url, Status status, std::string_view word) {
  const auto backend = manager::open_backend(url);
  CAPTURE(url);
  REQUIRE_FALSE(backend);
  CAPTURE(backend.error().message);
  CHECK(backend.error().status == status);
  CHECK(backend.error().message.find(word) != std::string::npos);
}

}  // namespace

TEST_CASE("the URLs of this build") {
  CHECK(manager::open_backend("memory:")->kind == Backend::Kind::store);
  CHECK(manager::open_backend("memory:?max_sessions=1&max_bytes=65536")->kind == Backend::Kind::store);
  CHECK(manager::open_backend("cookie:")->kind == Backend::Kind::plain_cookie);
  CHECK(manager::open_backend("signed-cookie:")->kind == Backend::Kind::signed_cookie);
}

TEST_CASE("everything else is refused by name") {
  refuses("memory", Status::invalid, "scheme");
  refuses("postgres://u:secret@h/", Status::unsupported, "postgres:");
  refuses("user:secret@h:6379", Status::unsupported, "no scheme that is known: there are memory:");
  refuses("memory:x", Status::invalid, "no host or path");
  refuses("memory:?max=1", Status::invalid, "\"max\"");
  refuses("memory:?max_sessions=", Status::invalid, "\"max_sessions\"");
  refuses("memory:?max_sessions=0", Status::invalid, "from 1 to 1000000000");
  refuses("memory:?max_bytes=65535", Status::invalid, "from 65536");
  refuses("signed-cookie:?", Status::invalid, "no name");
  refuses("signed-cookie:?key=abc", Status::invalid, "\"key\"");
  refuses("cookie:?max_sessions=1", Status::invalid, "\"max_sessions\"");
}

TEST_CASE("credentials and values never stand in a message") {
  for (const char* url : {"memory://user:hunter2@host/", "redis://user:hunter2@127.0.0.1/?x=hunter2",
                          "memory:?max_sessions=hunter2", "signed-cookie:?key=hunter2", "memory:?hunter2@x=1",
                          "user:hunter2@127.0.0.1:6379", "hunter2:user@127.0.0.1:6379"}) {
    const auto backend = manager::open_backend(url);
    REQUIRE_FALSE(backend);
    CHECK(backend.error().message.find("hunter2") == std::string::npos);
  }
}
