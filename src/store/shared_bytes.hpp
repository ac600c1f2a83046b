// Bytes in one allocation, written once and then shared by reference.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace sessions::store {

// What std::make_shared_for_overwrite<char[]>() gives, which not every C++20 library has, in half the overhead. Empty
// by default. Copies may be made and dropped by any thread.
class SharedBytes {
 public:
  SharedBytes() = default;

  // Room for so many bytes, not initialised. Throws std::bad_alloc.
  explicit SharedBytes(std::size_t size) {
    const std::size_t words = (size + sizeof(Word) - 1) / sizeof(Word) + 1;
    head_ = reinterpret_cast<Head*>(std::allocator<Word>().allocate(words));
    std::construct_at(head_, words);
  }

  SharedBytes(const SharedBytes& other) noexcept : head_(other.head_) {
    if (head_ != nullptr) {
      head_->owners.fetch_add(1, std::memory_order_relaxed);
    }
  }
  SharedBytes(SharedBytes&& other) noexcept : head_(std::exchange(other.head_, nullptr)) {}
  SharedBytes& operator=(const SharedBytes& other) noexcept { return *this = SharedBytes(other); }
  SharedBytes& operator=(SharedBytes&& other) noexcept {
    std::swap(head_, other.head_);
    return *this;
  }

  ~SharedBytes() {
    if (head_ != nullptr && head_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      const std::size_t words = head_->words;
      std::destroy_at(head_);
      std::allocator<Word>().deallocate(reinterpret_cast<Word*>(head_), words);
    }
  }

  explicit operator bool() const noexcept { return head_ != nullptr; }

  char* data() noexcept { return reinterpret_cast<char*>(head_ + 1); }
  const char* data() const noexcept { return reinterpret_cast<const char*>(head_ + 1); }

 private:
  using Word = std::uint64_t;

  struct Head {
    explicit Head(std::size_t count) : words(static_cast<std::uint32_t>(count)) {}

    std::atomic<std::uint32_t> owners = 1;
    std::uint32_t words;  // with this one
  };
  static_assert(sizeof(Head) == sizeof(Word));

  Head* head_ = nullptr;
};

}  // namespace sessions::store
