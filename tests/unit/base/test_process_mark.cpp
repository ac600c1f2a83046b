#include <sys/wait.h>
#include <unistd.h>

#include <base/process_mark.hpp>
#include <thread>

#include "../../support/catch.hpp"

using sessions::ProcessMark;

TEST_CASE("a mark is its process's, on every thread, and no child's or grandchild's") {
  const ProcessMark mark;
  CHECK(mark.is_mine());
  bool is_thread_mine = false;
  std::thread([&] { is_thread_mine = mark.is_mine(); }).join();
  CHECK(is_thread_mine);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const ProcessMark own;
    const bool is_right = !mark.is_mine() && own.is_mine();
    const pid_t grandchild = fork();
    if (grandchild == 0) {
      _exit(mark.is_mine() || own.is_mine() ? 1 : 0);
    }
    int status = -1;
    _exit(is_right && waitpid(grandchild, &status, 0) == grandchild && status == 0 && own.is_mine() ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(mark.is_mine());
}
