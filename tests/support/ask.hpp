// Calling a store and waiting for its answer.
#pragma once

#include <chrono>
#include <memory>
#include <store/store.hpp>
#include <utility>

namespace sessions::testing {

template <class Reply, class Start>
Result<Reply> ask(Start start) {
  auto answer = std::make_shared<store::Answer<Reply>>();
  start(store::Completion<Reply>(answer));
  return *answer->wait([] { return std::chrono::steady_clock::now() + std::chrono::minutes(5); });
}

}  // namespace sessions::testing
