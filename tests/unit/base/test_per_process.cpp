#include <sys/wait.h>
#include <unistd.h>

#include <base/per_process.hpp>
#include <memory>

#include "../../support/catch.hpp"

using sessions::PerProcess;

namespace {

bool ends_well(pid_t process) {
  int status = -1;
  return process > 0 && waitpid(process, &status, 0) == process && status == 0;
}

}  // namespace

TEST_CASE("a process keeps its own, a child gets a fresh one") {
  PerProcess<int> number([] { return std::make_unique<int>(1); });
  number.get() = 2;
  CHECK(number.get() == 2);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const bool is_fresh = number.get() == 1;
    number.get() = 3;
    const pid_t grandchild = fork();
    if (grandchild == 0) {
      _exit(number.get() == 1 ? 0 : 1);
    }
    _exit(is_fresh && number.get() == 3 && ends_well(grandchild) ? 0 : 1);
  }
  CHECK(ends_well(child));
  CHECK(number.get() == 2);
}
