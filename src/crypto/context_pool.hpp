// OpenSSL contexts that are used again, so that the hot path neither fetches an algorithm nor keys one.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <thread>

namespace sessions::crypto {

// A few places and no lock: each thread begins to look at a place of its own, so that they do not pass cache lines to
// each other, and one that finds all in use makes a context for once. After fork a child never touches what another
// thread was using. `Owned` is a std::unique_ptr; `make` gives null when memory is short.
template <class Owned, Owned (*make)() noexcept>
class ContextPool {
  struct alignas(64) Place {  // in a cache line of its own
    Place() = default;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Place(Place&&) = delete;
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (is_in_use) {
        static_cast<void>(context.release());
      }
    }

    std::atomic<bool> is_in_use = false;
    Owned context;
  };

 public:
  // A context for one thread, in whatever state it was left; null when memory is short.
  class Lease {
   public:
    explicit Lease(Place* place) noexcept : place_(place) {
      if (Owned& context = place == nullptr ? own_ : place->context; !context) {
        context = make();
      }
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Lease(Lease&&) = delete;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (place_ != nullptr) {
        place_->is_in_use.store(false, std::memory_order_release);
      }
    }

    auto get() const noexcept { return place_ == nullptr ? own_.get() : place_->context.get(); }

   private:
    Place* place_;
    Owned own_;  // where there was no place
  };

  Lease take() noexcept {
    const std::size_t home = home_of_this_thread();
    for (std::size_t i = 0; i < places_.size(); ++i) {
      Place& place = places_[(home + i) % places_.size()];
      if (!place.is_in_use.load(std::memory_order_relaxed) &&
          !place.is_in_use.exchange(true, std::memory_order_acquire)) {
        return Lease(&place);
      }
    }
    return Lease(nullptr);
  }

 private:
  // Spreads threads, whose stacks have even distances; std::hash takes as long as two atomic operations.
  static std::size_t home_of_this_thread() noexcept {
    constexpr std::uint64_t golden_ratio = 0x9e3779b97f4a7c15U;
    return std::bit_cast<std::uintptr_t>(std::this_thread::get_id()) * golden_ratio >> 60U;
  }

  std::array<Place, 16> places_;
};

}  // namespace sessions::crypto
