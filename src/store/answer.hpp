// How a store answers: through a completion, at once or later, from any thread; and how a blocking caller waits for it.
#pragma once

#include <base/clock.hpp>
#include <base/result.hpp>
#include <condition_variable>
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
    {
      const std::lock_guard lock(mutex_);
      reply_.emplace(std::move(reply));
    }
    delivered_.notify_one();
  }

  // None when the deadline passed first.
  std::optional<Result<Reply>> wait(Deadline deadline) {
    std::unique_lock lock(mutex_);
    if (!delivered_.wait_until(lock, deadline, [this] { return reply_.has_value(); })) {
      return std::nullopt;
    }
    return std::move(reply_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable delivered_;
  std::optional<Result<Reply>> reply_;
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
