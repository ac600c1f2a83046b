#include <unistd.h>

#include <array>
#include <store/redis/event_wait.hpp>
#include <string>
#include <thread>

#include "../../../support/catch.hpp"

using namespace sessions::store::redis;
using sessions::Deadline;
using std::chrono::steady_clock;

namespace {

struct Pipe {
  Pipe() { REQUIRE(pipe(ends.data()) == 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  Pipe(Pipe&&) = delete;
  Pipe& operator=(Pipe&&) = delete;
  ~Pipe() {
    close(ends[0]);
    close(ends[1]);
  }

  std::array<int, 2> ends{};
};

// Which of so many waits would be tried awake, when none of them pays.
std::string tried(Wakefulness& wakefulness, int waits) {
  std::string tried;
  for (int i = 0; i < waits; ++i) {
    const bool is_due = wakefulness.is_due();
    if (is_due) {
      wakefulness.has_paid(false);
    }
    tried += is_due ? '+' : '.';
  }
  return tried;
}

}  // namespace

TEST_CASE("staying awake is given up for longer and longer, until it pays again") {
  Wakefulness wakefulness;
  CHECK(wakefulness.is_due());
  wakefulness.has_paid(true);
  CHECK(tried(wakefulness, 17) == "+..+....+........");
  const std::string rest = "+" + std::string(16, '.') + "+" + std::string(32, '.') + "+" + std::string(64, '.');
  CHECK(tried(wakefulness, 115) == rest);
  CHECK(tried(wakefulness, 65) == "+" + std::string(64, '.'));
  CHECK(wakefulness.is_due());
  wakefulness.has_paid(true);
  CHECK(tried(wakefulness, 4) == "+..+");
}

TEST_CASE("events are seen whether awake or asleep") {
  EventWait wait;
  const Pipe quiet;
  for (int i = 0; i < 300; ++i) {
    const Pipe busy;
    std::array<pollfd, 2> descriptors = {{{quiet.ends[0], POLLIN, 0}, {busy.ends[0], POLLIN, 0}}};
    std::thread writer([&] { static_cast<void>(write(busy.ends[1], "x", 1)); });
    wait(descriptors, Deadline::max());
    writer.join();
    CHECK(descriptors[0].revents == 0);
    CHECK(descriptors[1].revents == POLLIN);
  }
}

TEST_CASE("without events it lasts until the moment") {
  EventWait wait;
  const Pipe quiet;
  for (int i = 0; i < 10; ++i) {
    std::array<pollfd, 1> descriptors = {{{quiet.ends[0], POLLIN, 0}}};
    const Deadline until = steady_clock::now() + std::chrono::milliseconds(1);
    wait(descriptors, until);
    CHECK(steady_clock::now() >= until);
    CHECK(descriptors[0].revents == 0);
    wait(descriptors, Deadline());
    CHECK(descriptors[0].revents == 0);
  }
}
