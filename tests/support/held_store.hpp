// A store that answers when the test says so.
#pragma once

#include <functional>
#include <memory>
#include <store/memory.hpp>
#include <utility>
#include <vector>

#include "store.hpp"

namespace sessions::testing {

class HeldStore final : public ForwardingStore {
 public:
  HeldStore() : ForwardingStore(std::make_shared<store::Memory>(store::MemoryBounds{})) {}

  bool may_block() const noexcept override { return false; }

  bool is_holding = false;
  int calls = 0;

  void let_go() {
    for (const std::function<void()>& call : std::exchange(kept_, {})) {
      call();
    }
  }

 protected:
  void forward(std::function<void()> call) override {
    ++calls;
    if (is_holding) {
      kept_.push_back(std::move(call));
    } else {
      call();
    }
  }

 private:
  std::vector<std::function<void()>> kept_;
};

}  // namespace sessions::testing
