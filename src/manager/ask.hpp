// Asking a store, whose answer comes at once or later.
#pragma once

#include <base/result.hpp>
#include <memory>
#include <new>
#include <optional>
#include <store/store.hpp>
#include <utility>

namespace sessions::manager {

inline constexpr Status load_late = Status::timeout;
inline constexpr Status write_late = Status::unknown;

// One question at a time. When the answer does not come at once, ask() says Status::pending; the caller returns to
// its own caller, and does the same again when there is an answer, or none is waited for any more: ask() then gives
// what has come, without asking again.
class Asked {
 public:
  // `start` makes the call with the completion that it is given, and returns why it could not. `late` is the status
  // when no answer came in time. It has no words of its own: by then the store may have written, and nothing that needs
  // memory may hide that.
  template <class Reply, class Start>
  Result<Reply> ask(const store::Store& store, Status late, Start start) {
    using Answer = store::Answer<Reply>;
    if (is_open()) {
      auto answer = std::static_pointer_cast<Answer>(std::exchange(answer_, nullptr));
      return answer->is_delivered() ? take(std::move(answer), late) : Error{late, {}};
    }
    if (std::exchange(is_put_off_, false)) {
      return Error{Status::pending, {}};
    }
    if (store.answers_at_once()) {
      Answer here;
      const Result<void> started = start(store::Completion<Reply>({std::shared_ptr<void>(), &here}));  // owns nothing
      return started ? here.take() : started.error();
    }
    auto answer = std::make_shared<Answer>();
    if (Result<void> started = start(store::Completion<Reply>(answer)); !started) {
      return std::move(started.error());
    }
    return take(std::move(answer), late);
  }

  bool is_open() const noexcept { return answer_ != nullptr; }

  // The next question is not asked when it comes up, but when the caller does the same again.
  void put_off() noexcept { is_put_off_ = true; }

  // While it is open.
  store::Awaited& answer() const noexcept { return *answer_; }

  // Nobody will ask for the answer.
  void forget() noexcept {
    answer_.reset();
    is_put_off_ = false;
  }

 private:
  template <class Reply>
  Result<Reply> take(std::shared_ptr<store::Answer<Reply>> answer, Status late) {
    try {
      if (std::optional<Result<Reply>> reply = store::go_on(answer)) {
        return std::move(*reply);
      }
    } catch (const std::bad_alloc&) {
      return Error{late == write_late ? Status::unknown : Status::nomem, {}};  // a write may be what is done already
    }
    answer_ = std::move(answer);
    return Error{Status::pending, {}};
  }

  std::shared_ptr<store::Awaited> answer_;
  bool is_put_off_ = false;
};

inline bool is_pending(const Error& error) noexcept { return error.status == Status::pending; }

}  // namespace sessions::manager
