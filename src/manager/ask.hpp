// Calling a store and waiting for its answer.
#pragma once

#include <base/result.hpp>
#include <memory>
#include <store/store.hpp>
#include <utility>

namespace sessions::manager {

// `start` makes the call with the completion that it is given; `late` is what it means when no answer comes in time.
template <class Reply, class Start>
Result<Reply> ask(const store::Call& call, Error (*late)(), Start start) {
  auto answer = std::make_shared<store::Answer<Reply>>();
  start(store::Completion<Reply>(answer));
  auto reply = answer->wait([&call] { return call.deadline(); });
  return reply ? std::move(*reply) : Result<Reply>(late());
}

inline Error load_late() {
  return {Status::timeout, "the store did not answer in time: answer the request with 503, nobody is logged out"};
}

inline Error write_late() {
  return {Status::unknown, "the store did not answer in time: whether it has written is not known"};
}

}  // namespace sessions::manager
