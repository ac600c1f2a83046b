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
Result<Reply> ask(const store::Call& call, Status late, Start start) {
  auto answer = std::make_shared<store::Answer<Reply>>();
  start(store::Completion<Reply>(answer));
  auto reply = answer->wait([&call] { return call.deadline(); });
  return reply ? std::move(*reply) : Result<Reply>(Error{late, {}});
}

inline constexpr Status load_late = Status::timeout;
inline constexpr Status write_late = Status::unknown;

}  // namespace sessions::manager
