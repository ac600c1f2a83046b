// One call of the host: when it is made, until when it may wait, and how content is coded.
#pragma once

#include <base/clock.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace sessions::store {

class Codec;

class Call {
 public:
  Call(std::int64_t now, std::chrono::milliseconds timeout, std::shared_ptr<const Codec> codec = nullptr)
      : now_(now), timeout_(timeout), codec_(std::move(codec)) {}

  // Seconds since 1970, by the clock that sessions live by.
  std::int64_t now() const noexcept { return now_; }

  // What content goes through on its way out of the process: all of it, or each value. May be null.
  const Codec* codec() const noexcept { return codec_.get(); }
  const std::shared_ptr<const Codec>& shared_codec() const noexcept { return codec_; }

  // Makes it end then, whenever it has to wait.
  void end_by(Deadline deadline) noexcept { deadline_ = deadline; }

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
  std::shared_ptr<const Codec> codec_;
  mutable std::optional<Deadline> deadline_;
};

}  // namespace sessions::store
