#include <base/big_endian.hpp>
#include <string>

#include "../../support/catch.hpp"

using namespace sessions;

TEST_CASE("integers are bytes, the highest first, and back") {
  const auto bytes = to_big_endian(0x01'23'45'67'89'ab'cd'efU);
  CHECK(std::string(bytes.data(), bytes.size()) == "\x01\x23\x45\x67\x89\xab\xcd\xef");
  CHECK(load_big_endian(bytes.data()) == 0x01'23'45'67'89'ab'cd'efU);
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t number = std::uint64_t{1} << bit;
    CHECK(load_big_endian(to_big_endian(number).data()) == number);
    CHECK(load_big_endian(to_big_endian(~number).data()) == ~number);
  }
}
