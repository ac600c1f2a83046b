#include <pthread.h>

#include <mutex>
#include <new>
#include <store/sqlite_fork.hpp>
#include <utility>

namespace sessions::store {

namespace {

// All that there are in this process. Held by the forking thread over the fork.
constinit std::mutex mutex;
constinit SqliteFork* first = nullptr;
constinit std::once_flag registered;

}  // namespace

SqliteFork::SqliteFork(std::function<void()> before, std::function<void()> after)
    : before_(std::move(before)), after_(std::move(after)) {
  // First of all: a fork that knows nothing of the lock must not find it taken.
  std::call_once(registered, [] {
    if (pthread_atfork(&prepare, &parent, &child) != 0) {
      throw std::bad_alloc();
    }
  });
  const std::lock_guard lock(mutex);
  next_ = first;
  if (next_ != nullptr) {
    next_->previous_ = this;
  }
  first = this;
}

SqliteFork::~SqliteFork() {
  const std::lock_guard lock(mutex);
  (previous_ == nullptr ? first : previous_->next_) = next_;
  if (next_ != nullptr) {
    next_->previous_ = previous_;
  }
}

void SqliteFork::prepare() {
  mutex.lock();
  for (const SqliteFork* each = first; each != nullptr; each = each->next_) {
    each->before_();
  }
}

void SqliteFork::parent() {
  for (const SqliteFork* each = first; each != nullptr; each = each->next_) {
    each->after_();
  }
  mutex.unlock();
}

void SqliteFork::child() {
  first = nullptr;
  mutex.unlock();
}

}  // namespace sessions::store
