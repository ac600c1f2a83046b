#include <sys/wait.h>
#include <unistd.h>

#include <base/per_process.hpp>
#include <memory>

#include "../../support/catch.hpp"

using sessions::PerProcess;

TEST_CASE("a process keeps its own, a child gets a fresh one") {
  PerProcess<int> number([] { return std::make_unique<int>(1); });
  number.get() = 2;
  CHECK(number.get() == 2);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const bool is_fresh = number.get() == 1;
    number.get() = 3;
    _exit(is_fresh && number.get() == 3 ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(number.get() == 2);
}
