// Time: the wall clock that sessions live by, and the deadline of one blocking call.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace sessions {

// Seconds since 1970-01-01T00:00:00Z.
using Clock = std::function<std::int64_t()>;

std::int64_t system_clock();

// Deadlines go by a clock that nobody sets.
using Deadline = std::chrono::steady_clock::time_point;

}  // namespace sessions
