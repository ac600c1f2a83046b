// State that must not be shared over fork.
#pragma once

#include <atomic>
#include <base/process_mark.hpp>
#include <functional>
#include <memory>
#include <utility>

namespace sessions {

// Holds a T for the process that uses it. A child process gets a fresh one at its first use and never touches its
// parent's: a lock in there may be held by a thread that does not exist in the child, and what it guards may be half
// changed. That copy is abandoned, its memory with it. Safe from many threads.
template <class T>
class PerProcess {
 public:
  explicit PerProcess(std::function<std::unique_ptr<T>()> make) : make_(std::move(make)), current_(fresh().release()) {}
  PerProcess(const PerProcess&) = delete;
  PerProcess& operator=(const PerProcess&) = delete;
  PerProcess(PerProcess&&) = delete;
  PerProcess& operator=(PerProcess&&) = delete;

  ~PerProcess() {
    const std::unique_ptr<Owned> last(current_.load());
    if (!last->mark.is_mine()) {
      static_cast<void>(last->value.release());
    }
  }

  T& get() {
    Owned* seen = current_.load(std::memory_order_acquire);
    while (!seen->mark.is_mine()) {
      std::unique_ptr<Owned> mine = fresh();
      if (current_.compare_exchange_strong(seen, mine.get(), std::memory_order_acq_rel)) {
        seen = mine.release();
      }
    }
    return *seen->value;
  }

 private:
  struct Owned {
    explicit Owned(std::unique_ptr<T> made) : value(std::move(made)) {}

    ProcessMark mark;
    std::unique_ptr<T> value;
  };

  std::unique_ptr<Owned> fresh() const { return std::make_unique<Owned>(make_()); }

  std::function<std::unique_ptr<T>()> make_;
  std::atomic<Owned*> current_;
};

}  // namespace sessions
