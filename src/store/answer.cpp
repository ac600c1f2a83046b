#include <store/answer.hpp>

namespace sessions::store {

// The lock is taken after the state has changed, so that the caller is not just between its test and its sleep, and
// left before the caller is woken, so that it does not wake only to wait for the lock.
void Awaited::wake() noexcept {
  { const std::lock_guard lock(mutex_); }
  changed_.notify_one();
}

void Awaited::wait(Deadline deadline) {
  std::unique_lock lock(mutex_);
  State state = State::open;
  if (state_.compare_exchange_strong(state, State::asleep, std::memory_order_acq_rel)) {
    changed_.wait_until(lock, deadline, [this] { return state_.load(std::memory_order_acquire) != State::asleep; });
    state = State::asleep;
    if (state_.compare_exchange_strong(state, State::open, std::memory_order_acq_rel)) {
      return;
    }
  }
  if (state == State::roused) {
    state_.compare_exchange_strong(state, State::open, std::memory_order_acq_rel);
  }
}

bool Awaited::rouse() noexcept {
  State state = state_.load(std::memory_order_acquire);
  if (state == State::watched) {
    return watcher_->rouse();
  }
  while (state == State::open || state == State::asleep) {
    const bool sleeps = state == State::asleep;
    if (state_.compare_exchange_weak(state, State::roused, std::memory_order_acq_rel)) {
      if (sleeps) {
        wake();
      }
      return true;
    }
  }
  return state == State::roused;
}

bool Awaited::watch(std::shared_ptr<Watcher> watcher) noexcept {
  watcher_ = std::move(watcher);
  State state = State::open;
  if (state_.compare_exchange_strong(state, State::watched, std::memory_order_acq_rel)) {
    return true;
  }
  if (state == State::roused && state_.compare_exchange_strong(state, State::watched, std::memory_order_acq_rel)) {
    static_cast<void>(watcher_->rouse());
    return true;
  }
  return false;
}

bool Awaited::unwatch() noexcept {
  State state = State::watched;
  return state_.compare_exchange_strong(state, State::open, std::memory_order_acq_rel);
}

void Awaited::give_up() noexcept {
  State state = state_.load(std::memory_order_acquire);
  while (state != State::delivered &&
         !state_.compare_exchange_weak(state, State::given_up, std::memory_order_acq_rel)) {
  }
}

void Awaited::announce() noexcept {
  const State state = state_.exchange(State::delivered, std::memory_order_acq_rel);
  if (state == State::asleep) {
    wake();
  } else if (state == State::watched) {
    watcher_->delivered();
  }
}

}  // namespace sessions::store
