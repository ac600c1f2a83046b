// Calling a store and waiting for its answer.
#pragma once

#include <base/result.hpp>
#include <memory>
#include <store/store.hpp>
#include <utility>

namespace sessions::manager {

// `start` makes the call with the completion that it is given; `late` is the status when no answer comes in time. It
// has no words of its own: by then the store may have written, and nothing that needs memory may hide that.
template <class Reply, class Start>
Result<Reply> ask(store::Store& store, const store::Call& call, Status late, Start start) {
  using Answer = store::Answer<Reply>;
  const auto reply_in = [&](const std::shared_ptr<Answer>& answer) {
    start(store::Completion<Reply>(answer));
    if (!answer->is_delivered()) {
      store.wait_for(*answer, call.deadline());
    }
    if (!answer->is_delivered()) {
      return Result<Reply>(Error{late, {}});
    }
    return answer->take();
  };
  if (!store.answers_at_once()) {
    return reply_in(std::make_shared<Answer>());
  }
  Answer here;
  return reply_in({std::shared_ptr<void>(), &here});  // points, but owns nothing
}

inline constexpr Status load_late = Status::timeout;
inline constexpr Status write_late = Status::unknown;

}  // namespace sessions::manager
