// One call of the host: when it is made, and until when it may wait.
#pragma once

#include <base/clock.hpp>
#include <chrono>
#include <cstdint>
#include <optional>

namespace sessions::store {

class Call {
 public:
  Call(std::int64_t now, std::chrono::milliseconds timeout) : now_(now), timeout_(timeout) {}

  // Seconds since 1970, by the clock that sessions live by.
  std::int64_t now() const noexcept { return now_; }

  // Counted from the first time that something has to wait; until then nobody looks at that clock. All that one call
  // waits for ends then. One thread at a time.
  Deadline deadline() const {
    if (!deadline_) {
      deadline_ = std::chrono::steady_clock::now() + timeout_;
    }
    return *deadline_;
  }

 private:
  std::int64_t now_;
  std::chrono::milliseconds timeout_;
  mutable std::optional<Deadline> deadline_;
};

}  // namespace sessions::store
