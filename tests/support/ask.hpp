// Calling a store and waiting for its answer.
#pragma once

#include <chrono>
#include <memory>
#include <store/store.hpp>
#include <utility>

namespace sessions::testing {

// Makes the call with a completion and waits for the answer, however long it takes.
template <class Reply, class Start>
Result<Reply> ask(store::Store& store, Start start) {
  auto answer = std::make_shared<store::Answer<Reply>>();
  start(store::Completion<Reply>(answer));
  for (std::shared_ptr<store::Answer<Reply>> last; last != answer;) {
    last = answer;
    store.wait_for(*answer, std::chrono::steady_clock::now() + std::chrono::minutes(5));
    answer = store::go_on(std::move(answer));
  }
  if (!answer->is_delivered()) {
    return Error{Status::timeout, "the store does not answer"};
  }
  return answer->take();
}

}  // namespace sessions::testing
