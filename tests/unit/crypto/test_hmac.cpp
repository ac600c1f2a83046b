#include <array>
#include <crypto/hmac.hpp>
#include <initializer_list>
#include <string>

#include "../../support/catch.hpp"
#include "../../support/hex.hpp"

using namespace sessions;
using crypto::Algorithm;
using testing::hex;

namespace {

std::string hmac(Algorithm algorithm, std::string_view key, std::initializer_list<std::string_view> pieces) {
  const auto made = crypto::Hmac::make(algorithm, key);
  REQUIRE(made);
  std::string out(algorithm == Algorithm::sha1 ? crypto::sha1_size : crypto::sha256_size, '\0');
  (*made)->compute(pieces, out.data());
  return hex(out);
}

}  // namespace

TEST_CASE("HMAC has its known answers, again and again from one key") {
  // RFC 2202 cases 1, 2 and 6, RFC 4231 cases 2 and 6.
  const std::string_view long_key_text = "Test Using Larger Than Block-Size Key - Hash Key First";
  CHECK(hmac(Algorithm::sha1, std::string(80, '\xaa'), {long_key_text}) == "aa4ae5e15272d00e95705637ce8a3b55ed402112");
  CHECK(hmac(Algorithm::sha256, std::string(131, '\xaa'), {long_key_text}) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(hmac(Algorithm::sha1, std::string(20, '\x0b'), {"Hi There"}) == "b617318655057264e28bc0b6fb378c8ef146be00");
  CHECK(hmac(Algorithm::sha1, "Jefe", {"what do ya want ", "for nothing?"}) ==
        "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  CHECK(hmac(Algorithm::sha256, "Jefe", {"what do ya want for nothing?"}) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const auto key = crypto::Hmac::make(Algorithm::sha1, "Jefe");
  REQUIRE(key);
  for (int i = 0; i < 40; ++i) {
    std::array<char, crypto::sha1_size> out{};
    (*key)->compute({"what do ya want for nothing?"}, out.data());
    CHECK(hex({out.data(), out.size()}) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  }
}
