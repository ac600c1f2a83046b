// A store that answers later, from a thread of its own: what a store does that asks somebody over a network.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <store/store.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sessions::testing {

class DeferredStore final : public store::Store {
 public:
  explicit DeferredStore(std::shared_ptr<store::Store> inner) : inner_(std::move(inner)), worker_([this] { work(); }) {}

  ~DeferredStore() override {
    {
      const std::lock_guard lock(mutex_);
      is_closing_ = true;
    }
    changed_.notify_one();
    worker_.join();
  }

  void load(const store::Key& key, std::int64_t now, store::Completion<store::Found> done) override {
    later(std::move(done), [=, this](auto answer) { inner_->load(key, now, std::move(answer)); });
  }

  void create(const store::Key& key, const store::Record& record, store::Completion<store::Found> done) override {
    later(std::move(done), [=, this](auto answer) { inner_->create(key, record, std::move(answer)); });
  }

  void commit(const store::Key& key, const store::Changes& changes, const store::Times& times,
              store::Completion<store::Found> done) override {
    later(std::move(done), [=, this, copy = std::make_shared<Copy>(changes)](auto answer) {
      inner_->commit(key, copy->changes(), times, std::move(answer));
    });
  }

  void touch(const store::Key& key, const store::Times& times, store::Completion<store::Found> done) override {
    later(std::move(done), [=, this](auto answer) { inner_->touch(key, times, std::move(answer)); });
  }

  void regenerate(const store::Key& from, const store::Key& to, const store::Changes& changes,
                  const store::Times& times, store::Completion<store::Found> done) override {
    later(std::move(done), [=, this, copy = std::make_shared<Copy>(changes)](auto answer) {
      inner_->regenerate(from, to, copy->changes(), times, std::move(answer));
    });
  }

  void destroy(const store::Key& key, std::int64_t now, store::Completion<bool> done) override {
    later(std::move(done), [=, this](auto answer) { inner_->destroy(key, now, std::move(answer)); });
  }

 private:
  // The texts of changes, which their owner may take back as soon as the call has returned.
  class Copy {
   public:
    explicit Copy(const store::Changes& changes) : clear_(changes.clear) {
      for (const store::Change& change : changes.each) {
        texts_.emplace_back(change.key);
        texts_.emplace_back(change.value);
        each_.push_back({change.kind, texts_[texts_.size() - 2], texts_.back(), change.delta});
      }
    }

    store::Changes changes() const { return {clear_, each_}; }

   private:
    bool clear_;
    std::deque<std::string> texts_;
    std::vector<store::Change> each_;
  };

  template <class Reply, class Call>
  void later(store::Completion<Reply> done, Call call) {
    auto kept = std::make_shared<store::Completion<Reply>>(std::move(done));
    {
      const std::lock_guard lock(mutex_);
      calls_.emplace_back([call, kept] { call(std::move(*kept)); });
    }
    changed_.notify_one();
  }

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

  std::shared_ptr<store::Store> inner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> calls_;
  bool is_closing_ = false;
  std::thread worker_;
};

}  // namespace sessions::testing
