#include <envelope/plain.hpp>
#include <string>
#include <string_view>

#include "../../support/catch.hpp"
#include "../../support/envelopes.hpp"

using namespace sessions;
using namespace sessions::testing;

TEST_CASE("the plain cookie is base64 of the text, and nothing is tested but that") {
  const envelope::Plain plain;
  CHECK_FALSE(plain.carries_time());
  CHECK(seal(plain, R"({"user_id": 42})") == "eyJ1c2VyX2lkIjogNDJ9");
  CHECK(text_of(plain.open("eyJ1c2VyX2lkIjogNDJ9", now, lifetime)) == R"({"user_id": 42})");
  CHECK(text_of(plain.open("eyJrIjogInY_Pn4iLCAibiI6IDEyfQ==", now, 1)) == R"({"k": "v?>~", "n": 12})");
  for (const std::string_view bad :
       {"", "a", "eyJrIjogInY_Pn4iLCAibiI6IDEyfQ", "eyJrIjogInY/Pn4iLCAibiI6IDEyfQ==", "e30=e30="}) {
    CHECK(text_of(plain.open(bad, now, lifetime)) == "refused");
  }
}
