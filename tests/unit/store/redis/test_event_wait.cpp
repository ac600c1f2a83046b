#include <unistd.h>

#include <array>
#include <store/redis/event_wait.hpp>
#include <thread>

#include "../../../support/catch.hpp"

using namespace sessions::store::redis;
using sessions::Deadline;
using std::chrono::microseconds;
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

// How long waits are slept through until one is tried awake again, which does not pay either.
microseconds slept_through(Wakefulness& wakefulness, Deadline& now) {
  const Deadline begin = now;
  for (; !wakefulness.is_due(now); now += microseconds(100)) {
  }
  const auto slept = std::chrono::duration_cast<microseconds>(now - begin);
  wakefulness.has_paid(false, now);
  return slept;
}

}  // namespace

TEST_CASE("staying awake is given up for longer and longer, until it pays again and again") {
  Wakefulness wakefulness;
  Deadline now = steady_clock::now();
  CHECK(wakefulness.is_due(now));
  wakefulness.has_paid(true, now);
  for (const int slept : {0, 200, 400, 800, 1'600, 3'200, 6'400, 12'800, 25'600, 25'600}) {
    CHECK(slept_through(wakefulness, now) == microseconds(slept));
  }
  CHECK_FALSE(wakefulness.is_due(now + microseconds(25'599)));
  now += microseconds(25'600);
  for (int i = 0; i < 6; ++i) {
    CHECK(wakefulness.is_due(now));
    wakefulness.has_paid(true, now);
  }
  for (const int slept : {0, 800, 1'600}) {
    CHECK(slept_through(wakefulness, now) == microseconds(slept));
  }
}

TEST_CASE("staying awake is put off as long as others are about") {
  Wakefulness wakefulness;
  Deadline now = steady_clock::now();
  wakefulness.put_off(now);
  now += microseconds(600);
  wakefulness.put_off(now);
  CHECK(slept_through(wakefulness, now) == microseconds(1'000));
  wakefulness.has_paid(false, now);
  wakefulness.has_paid(false, now);
  wakefulness.has_paid(false, now);
  wakefulness.put_off(now);
  CHECK(slept_through(wakefulness, now) == microseconds(1'600));
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
