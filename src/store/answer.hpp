// How a store answers: through a completion, at once or later, from any thread; and how a blocking caller waits for it.
#pragma once

#include <atomic>
#include <base/clock.hpp>
#include <base/result.hpp>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace sessions::store {

// Is told of an answer by whoever has it, instead of waiting for it. Called on any thread, under any lock of a store.
class Watcher {
 public:
  Watcher() = default;
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  Watcher(Watcher&&) = delete;
  Watcher& operator=(Watcher&&) = delete;

  // Once.
  virtual void delivered() noexcept = 0;

  // As Awaited::rouse(): false when nobody on this side will look after the store.
  virtual bool rouse() noexcept = 0;

 protected:
  ~Watcher() = default;
};

// What a caller waits for, whatever the answer is. One caller waits or has it watched; any thread delivers or rouses.
class Awaited {
 public:
  Awaited() = default;
  Awaited(const Awaited&) = delete;
  Awaited& operator=(const Awaited&) = delete;
  Awaited(Awaited&&) = delete;
  Awaited& operator=(Awaited&&) = delete;

  bool is_delivered() const noexcept { return state_.load(std::memory_order_acquire) == State::delivered; }

  // Returns when it is delivered, when somebody has roused the caller, since this was last called or now, or when the
  // deadline has passed.
  void wait(Deadline deadline);

  // Makes wait() return. False when there is none any more, or the answer is there.
  bool rouse() noexcept;

  // The caller no longer waits.
  void give_up() noexcept;

  // Has somebody told of the answer. False when it is there already: then nobody is told.
  bool watch(std::shared_ptr<Watcher> watcher) noexcept;

  // From here on the caller may wait again. False when the watcher is being told, or has been.
  bool unwatch() noexcept;

 protected:
  ~Awaited() = default;

  void announce() noexcept;

 private:
  void wake() noexcept;

  enum class State : std::uint8_t { open, asleep, roused, watched, given_up, delivered };

  std::atomic<State> state_ = State::open;
  std::shared_ptr<Watcher> watcher_;  // set once, before anybody can see that there is one
  std::mutex mutex_;
  std::condition_variable changed_;
};

template <class Reply>
class Completion;

// What is left of a call for whoever waits for it to do: it runs the host's code, which takes its time and may fail in
// ways of its own, so that it runs on the thread of that host's call and nobody else waits for it.
template <class Reply>
class Rest {
 public:
  Rest() = default;
  Rest(const Rest&) = delete;
  Rest& operator=(const Rest&) = delete;
  Rest(Rest&&) = delete;
  Rest& operator=(Rest&&) = delete;
  virtual ~Rest() = default;

  // Once. Answers at once or later, or leaves a rest in turn.
  virtual void go_on(Completion<Reply> done) = 0;
};

// The waiting caller and the completion share it, so that either may give up first.
template <class Reply>
class Answer final : public Awaited {
 public:
  void deliver(Result<Reply> reply) noexcept {
    reply_.emplace(std::move(reply));
    announce();
  }

  void leave(std::unique_ptr<Rest<Reply>> rest) noexcept {
    rest_ = std::move(rest);
    announce();
  }

  // Once delivered. When there is a rest it comes first, and another answer instead of this one.
  std::unique_ptr<Rest<Reply>> rest() noexcept { return std::move(rest_); }
  Result<Reply> take() { return reply_ ? std::move(*reply_) : Result<Reply>(Error{Status::internal, {}}); }

 private:
  std::optional<Result<Reply>> reply_;
  std::unique_ptr<Rest<Reply>> rest_;
};

// The store's end: called exactly once, with the reply or the rest. One that is dropped instead answers that the store
// failed.
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

  void operator()(Result<Reply> reply) noexcept { std::exchange(answer_, nullptr)->deliver(std::move(reply)); }

  void leave(std::unique_ptr<Rest<Reply>> rest) noexcept { std::exchange(answer_, nullptr)->leave(std::move(rest)); }

  Awaited* awaited() const noexcept { return answer_.get(); }

 private:
  std::shared_ptr<Answer<Reply>> answer_;
};

// For whoever waits: does what is left to be done, and returns the reply when it is there. Otherwise `answer` is the
// one to wait for now. Without memory it throws, and what was written stays written.
template <class Reply>
std::optional<Result<Reply>> go_on(std::shared_ptr<Answer<Reply>>& answer) {
  while (answer->is_delivered()) {
    const std::unique_ptr<Rest<Reply>> rest = answer->rest();
    if (rest == nullptr) {
      return answer->take();
    }
    answer = std::make_shared<Answer<Reply>>();
    rest->go_on(Completion<Reply>(answer));
  }
  return std::nullopt;
}

}  // namespace sessions::store
