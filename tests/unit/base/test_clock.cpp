#include <base/clock.hpp>
#include <ctime>

#include "../../support/catch.hpp"

TEST_CASE("the system's clock is in whole seconds since 1970") {
  const std::time_t before = std::time(nullptr);
  const std::int64_t now = sessions::system_clock();
  CHECK(now >= before);
  CHECK(now <= std::time(nullptr));
}
