#include <array>
#include <crypto/digest.hpp>
#include <crypto/hmac.hpp>
#include <string>
#include <thread>
#include <vector>

#include "../../support/catch.hpp"
#include "../../support/hex.hpp"

using namespace sessions;
using crypto::Algorithm;
using testing::hex;

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
