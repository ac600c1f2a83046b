#include <crypto/digest.hpp>
#include <initializer_list>
#include <string>

#include "../../support/catch.hpp"
#include "../../support/hex.hpp"

using namespace sessions;
using crypto::Algorithm;
using testing::hex;

namespace {

std::string digest(Algorithm algorithm, std::initializer_list<std::string_view> pieces) {
  const auto made = crypto::Digest::make(algorithm);
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
