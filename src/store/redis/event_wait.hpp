// How a caller waits for a server: at first awake, as long as that pays. A server on the same machine answers within a
// tenth of a millisecond or so, and a core that has gone to sleep takes longer than that to wake up.
#pragma once

#include <poll.h>

#include <base/clock.hpp>
#include <span>

namespace sessions::store::redis {

// Whether it pays to stay awake. It does not where the server is far, or needs this core: each time that it has not,
// it is not tried for a while, 0.2 milliseconds, then 0.4, up to 25.6, so that trying in vain takes hardly half a
// hundredth of the time. Each time that it has, one doubling is taken back.
class Wakefulness {
 public:
  bool is_due(Deadline now) const noexcept { return now >= next_; }
  void has_paid(bool paid, Deadline now) noexcept;

  // Others are about, and will be soon again: not for a millisecond.
  void put_off(Deadline now) noexcept;

 private:
  unsigned doublings_ = 0;
  Deadline next_{};
};

// ppoll(2), up to a moment. One thread at a time.
class EventWait {
 public:
  // `is_alone`: others, whom it could keep from their work, do not wait for the same server.
  void operator()(std::span<pollfd> descriptors, Deadline now, Deadline until, bool is_alone);

 private:
  Wakefulness wakefulness_;
};

}  // namespace sessions::store::redis
