// How a store answers: through a completion, at once or later, from any thread; and how a blocking caller waits for it.
#pragma once

#include <atomic>
#include <base/result.hpp>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace sessions::store {

// One answer that somebody waits for. The waiting caller and the completion share it, so that either may give up first.
template <class Reply>
class Answer {
 public:
  void deliver(Result<Reply> reply) {
    reply_.emplace(std::move(reply));
    if (state_.exchange(State::delivered, std::memory_order_acq_rel) == State::awaited) {
      const std::lock_guard lock(mutex_);  // so that the waiter is not just between its test and its sleep
      delivered_.notify_one();
    }
  }

  // None when the deadline passed first. `deadline` is a function: who finds the answer there needs none.
  template <class DeadlineOf>
  std::optional<Result<Reply>> wait(DeadlineOf deadline) {
    State state = State::open;
    if (state_.load(std::memory_order_acquire) != State::delivered &&
        state_.compare_exchange_strong(state, State::awaited, std::memory_order_acquire)) {
      std::unique_lock lock(mutex_);
      const auto is_delivered = [this] { return state_.load(std::memory_order_acquire) == State::delivered; };
      if (!delivered_.wait_until(lock, deadline(), is_delivered)) {
        return std::nullopt;
      }
    }
    return std::move(reply_);
  }

 private:
  enum class State : std::uint8_t { open, awaited, delivered };

  std::atomic<State> state_ = State::open;
  std::optional<Result<Reply>> reply_;
  std::mutex mutex_;
  std::condition_variable delivered_;
};

// The store's end: called exactly once with the reply. One that is dropped instead answers that the store failed.
template <class Reply>
class Completion {
 public:
  explicit Completion(std::shared_ptr<Answer<Reply>> answer) : answer_(std::move(answer)) {}
  Completion(Completion&&) noexcept = default;
  Completion& operator=(Completion&&) noexcept = delete;
  Completion(const Completion&) = delete;
  Completion& operator=(const Completion&) = delete;

  ~Completion() {
    if (answer_) {
      answer_->deliver(Error{Status::internal, {}});  // no message: memory may be what was missing
    }
  }

  void operator()(Result<Reply> reply) { std::exchange(answer_, nullptr)->deliver(std::move(reply)); }

 private:
  std::shared_ptr<Answer<Reply>> answer_;
};

}  // namespace sessions::store
