#include <unistd.h>

#include <array>
#include <store/redis/event_wait.hpp>
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

// How many waits are slept through until one is tried awake again, and does not pay either.
int slept_through(Wakefulness& wakefulness) {
  int waits = 0;
  for (; !wakefulness.is_due(); ++waits) {
  }
  wakefulness.has_paid(false);
  return waits;
}

}  // namespace

TEST_CASE("staying awake is given up for longer and longer, until it pays again and again") {
  Wakefulness wakefulness;
  CHECK(wakefulness.is_due());
  wakefulness.has_paid(true);
  for (const int waits : {0, 2, 4, 8, 16, 32, 64, 128, 256, 256}) {
    CHECK(slept_through(wakefulness) == waits);
  }
  for (int i = 0; i < 256; ++i) {
    CHECK_FALSE(wakefulness.is_due());
  }
  for (int i = 0; i < 6; ++i) {
    CHECK(wakefulness.is_due());
    wakefulness.has_paid(true);
  }
  for (const int waits : {0, 8, 16}) {
    CHECK(slept_through(wakefulness) == waits);
  }
  wakefulness.put_off();
  CHECK(slept_through(wakefulness) == 32);
  wakefulness.has_paid(true);
  wakefulness.put_off();
  wakefulness.put_off();
  CHECK(slept_through(wakefulness) == 16);
}

TEST_CASE("events are seen whether awake or asleep") {
  const Pipe quiet;
  for (int i = 0; i < 400; ++i) {
    EventWait wait;
    const bool is_alone = i % 4 != 0;
    const Pipe busy;
    std::array<pollfd, 2> descriptors = {{{quiet.ends[0], POLLIN, 0}, {busy.ends[0], POLLIN, 0}}};
    std::thread writer([&] { static_cast<void>(write(busy.ends[1], "x", 1)); });
    wait(descriptors, steady_clock::now(), Deadline::max(), is_alone);
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
    const Deadline now = steady_clock::now();
    const Deadline until = now + std::chrono::milliseconds(1);
    wait(descriptors, now, until, true);
    CHECK(steady_clock::now() >= until);
    CHECK(descriptors[0].revents == 0);
    wait(descriptors, until, Deadline(), i % 2 == 0);
    CHECK(descriptors[0].revents == 0);
  }
}
