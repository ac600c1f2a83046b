// What connections need of the system: tests put time of their own in its place.
#pragma once

#include <poll.h>

#include <base/clock.hpp>
#include <chrono>
#include <functional>
#include <span>

namespace sessions::store::redis {

struct Environment {
  std::function<Deadline()> now = [] { return std::chrono::steady_clock::now(); };

  // poll(2), up to a moment.
  std::function<void(std::span<pollfd>, Deadline until)> poll = &wait_for_events;

  static void wait_for_events(std::span<pollfd> descriptors, Deadline until);
};

}  // namespace sessions::store::redis
