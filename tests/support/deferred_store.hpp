// A store that answers later, from a thread of its own: what a store does that asks somebody over a network.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "store.hpp"

namespace sessions::testing {

class DeferredStore final : public ForwardingStore {
 public:
  explicit DeferredStore(std::shared_ptr<store::Store> inner)
      : ForwardingStore(std::move(inner)), worker_([this] { work(); }) {}

  ~DeferredStore() override {
    {
      const std::lock_guard lock(mutex_);
      is_closing_ = true;
    }
    changed_.notify_one();
    worker_.join();
  }

 protected:
  void forward(std::function<void()> call) override {
    {
      const std::lock_guard lock(mutex_);
      calls_.push_back(std::move(call));
    }
    changed_.notify_one();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return is_closing_ || !calls_.empty(); });
      if (calls_.empty()) {
        return;
      }
      const std::function<void()> call = std::move(calls_.front());
      calls_.pop_front();
      lock.unlock();
      call();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> calls_;
  bool is_closing_ = false;
  std::thread worker_;
};

}  // namespace sessions::testing
