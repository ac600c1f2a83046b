#include <array>
#include <crypto/secret.hpp>
#include <string_view>

#include "../../support/catch.hpp"

using namespace sessions;

TEST_CASE("equal compares bytes and sizes") {
  using namespace std::string_view_literals;
  CHECK(crypto::equal("", ""));
  CHECK(crypto::equal("a\0b"sv, "a\0b"sv));
  CHECK_FALSE(crypto::equal("a\0b"sv, "a\0c"sv));
  CHECK_FALSE(crypto::equal("ab", "abc"));
}

TEST_CASE("secrets keep their bytes, and are wiped") {
  const crypto::Secret secret("key");
  const crypto::Secret copy = secret;  // NOLINT(performance-unnecessary-copy-initialization)
  CHECK(copy.view() == "key");
  std::array<char, 3> bytes = {'k', 'e', 'y'};
  crypto::wipe(bytes);
  CHECK(bytes == std::array<char, 3>{});
}
