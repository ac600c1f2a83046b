#include <openssl/err.h>

#include <array>
#include <crypto/digest.hpp>
#include <crypto/error_queue.hpp>
#include <crypto/hmac.hpp>
#include <crypto/secret.hpp>
#include <string>
#include <thread>
#include <vector>

#include "../../support/catch.hpp"

using namespace sessions;
using crypto::Algorithm;

namespace {

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    text += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4U];
    text += "0123456789abcdef"[static_cast<unsigned char>(byte) & 0xfU];
  }
  return text;
}

std::string digest(Algorithm algorithm, std::initializer_list<std::string_view> pieces) {
  const auto made = crypto::Digest::make(algorithm);
  REQUIRE(made);
  std::string out(algorithm == Algorithm::sha1 ? crypto::sha1_size : crypto::sha256_size, '\0');
  (*made)->compute(pieces, out.data());
  return hex(out);
}

std::string hmac(Algorithm algorithm, std::string_view key, std::initializer_list<std::string_view> pieces) {
  const auto made = crypto::Hmac::make(algorithm, key);
  REQUIRE(made);
  std::string out(algorithm == Algorithm::sha1 ? crypto::sha1_size : crypto::sha256_size, '\0');
  (*made)->compute(pieces, out.data());
  return hex(out);
}

}  // namespace

TEST_CASE("digests have their known answers, in one piece or several") {
  // FIPS 180-4 examples.
  CHECK(digest(Algorithm::sha1, {"abc"}) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(digest(Algorithm::sha1, {}) == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK(digest(Algorithm::sha256, {"a", "", "bc"}) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

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

TEST_CASE("one key serves many threads") {
  const auto key = crypto::Hmac::make(Algorithm::sha1, "Jefe");
  const auto sha = crypto::Digest::make(Algorithm::sha1);
  REQUIRE(key);
  REQUIRE(sha);
  std::array<int, 24> wrong{};  // more threads than contexts are kept
  std::vector<std::thread> threads;
  for (int& count : wrong) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        std::array<char, crypto::sha1_size> out{};
        (*key)->compute({"what do ya want for nothing?"}, out.data());
        count += hex({out.data(), out.size()}) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" ? 0 : 1;
        (*sha)->compute({"abc"}, out.data());
        count += hex({out.data(), out.size()}) == "a9993e364706816aba3e25717850c26c9cd0d89d" ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(wrong == std::array<int, 24>{});
}

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
