#include <algorithm>
#include <array>
#include <base/random.hpp>

#include "../../support/catch.hpp"

TEST_CASE("the system fills as many bytes as are asked for") {
  std::array<char, 1'000> bytes{};
  REQUIRE(sessions::system_random(bytes));
  // That a quarter of a block stays zero has odds beyond any count of runs.
  for (std::size_t at = 0; at < bytes.size(); at += 50) {
    CHECK(std::count(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                     bytes.begin() + static_cast<std::ptrdiff_t>(at + 50), '\0') < 13);
  }
  CHECK(sessions::system_random({}));
}
