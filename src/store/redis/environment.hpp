// What connections need of the system: tests put time of their own in its place.
#pragma once

#include <chrono>
#include <functional>
#include <store/redis/event_wait.hpp>

namespace sessions::store::redis {

struct Environment {
  std::function<Deadline()> now = [] { return std::chrono::steady_clock::now(); };

  // Waits for one of the events, up to a moment, as EventWait does; whoever copies it gets one that learns by itself.
  std::function<void(std::span<pollfd>, Deadline now, Deadline until, bool is_alone)> poll = EventWait();
};

}  // namespace sessions::store::redis
