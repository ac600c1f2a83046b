// A lock for what all threads of a process share, and a forked child must be able to take.
#pragma once

#include <unistd.h>

#include <atomic>

namespace sessions {

// Needs no destructor, so it can guard a static. The holder's process is in it: what a thread of the parent held at the
// time of a fork is free in the child, where that thread does not exist.
class ProcessLock {
 public:
  void lock() noexcept {
    const pid_t me = getpid();
    pid_t holder = free;
    while (!holder_.compare_exchange_strong(holder, me, std::memory_order_acquire, std::memory_order_relaxed)) {
      if (holder == me) {
        holder_.wait(me, std::memory_order_relaxed);
        holder = free;
      }
    }
  }

  void unlock() noexcept {
    holder_.store(free, std::memory_order_release);
    holder_.notify_one();
  }

 private:
  static constexpr pid_t free = 0;

  std::atomic<pid_t> holder_ = free;
};

}  // namespace sessions
