// Calling a store and waiting for its answer.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
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
    if (std::optional<Result<Reply>> reply = store::go_on(answer)) {
      return std::move(*reply);
    }
  }
  return Error{Status::timeout, "the store does not answer"};
}

}  // namespace sessions::testing
