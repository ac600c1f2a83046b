// Idle OpenSSL contexts, so that the hot path neither fetches an algorithm nor keys one.
#pragma once

#include <array>
#include <atomic>
#include <memory>

namespace sessions::crypto {

// A few slots and no lock: a thread that finds none makes a context of its own, and one that finds no room frees it.
// After fork a child can use what is here, for a context in use by another thread is in no slot.
template <class T, void (*Free)(T*)>
class ContextPool {
 public:
  struct Release {
    void operator()(T* context) const noexcept { Free(context); }
  };
  using Owned = std::unique_ptr<T, Release>;

  ContextPool() = default;
  ContextPool(const ContextPool&) = delete;
  ContextPool& operator=(const ContextPool&) = delete;
  ContextPool(ContextPool&&) = delete;
  ContextPool& operator=(ContextPool&&) = delete;
  ~ContextPool() {
    for (std::atomic<T*>& slot : slots_) {
      Free(slot.load());
    }
  }

  // Null when none is idle.
  Owned take() noexcept {
    for (std::atomic<T*>& slot : slots_) {
      if (slot.load(std::memory_order_relaxed) != nullptr) {
        if (T* context = slot.exchange(nullptr, std::memory_order_acquire)) {
          return Owned(context);
        }
      }
    }
    return nullptr;
  }

  void give(Owned context) noexcept {
    for (std::atomic<T*>& slot : slots_) {
      T* none = nullptr;
      if (slot.load(std::memory_order_relaxed) == nullptr &&
          slot.compare_exchange_strong(none, context.get(), std::memory_order_release, std::memory_order_relaxed)) {
        static_cast<void>(context.release());
        return;
      }
    }
  }

 private:
  std::array<std::atomic<T*>, 16> slots_{};
};

}  // namespace sessions::crypto
