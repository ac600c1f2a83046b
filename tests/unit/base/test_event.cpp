#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/event.hpp>
#include <thread>

#include "../../support/catch.hpp"

using sessions::Event;

namespace {

bool is_readable(const Event& event, int timeout_ms = 0) {
  pollfd polled{event.descriptor(), POLLIN, 0};
  return poll(&polled, 1, timeout_ms) == 1;
}

}  // namespace

TEST_CASE("an event is readable from when it is set until it is cleared, however often it was set") {
  const Event event;
  CHECK_FALSE(is_readable(event));
  event.set();
  event.set();
  CHECK(is_readable(event));
  CHECK(is_readable(event));
  event.clear();
  CHECK_FALSE(is_readable(event));
  event.clear();  // and does not wait
  event.set();
  CHECK(is_readable(event));
}

TEST_CASE("who polls is woken by another thread") {
  const Event event;
  std::thread other([&event] { event.set(); });
  CHECK(is_readable(event, 60'000));
  other.join();
}

TEST_CASE("the descriptor is closed in other programs, and at the end") {
  int descriptor = -1;
  {
    const Event event;
    descriptor = event.descriptor();
    CHECK((fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(fcntl(descriptor, F_GETFD) == -1);
}

TEST_CASE("without a descriptor an event does nothing") {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit none{0, 0};
    if (setrlimit(RLIMIT_NOFILE, &none) != 0) {
      _exit(1);
    }
    const Event event;
    event.set();
    event.clear();
    _exit(event.descriptor() == -1 ? 0 : 2);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
