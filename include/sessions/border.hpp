// The border between C++ and the C ABI: what the other headers are made of, and nothing for hosts.
#pragma once

#include <sessions/types.h>

#include <memory>
#include <new>
#include <optional>
#include <sessions/result.hpp>
#include <string_view>
#include <utility>

namespace sessions {
inline namespace v0 {
namespace border {

template <auto free>
struct Free {
  template <class Handle>
  void operator()(Handle* handle) const noexcept {
    free(handle);
  }
};

// Owns a handle of C.
template <class Handle, auto free>
using Owned = std::unique_ptr<Handle, Free<free>>;

// Calls a function of C that takes an error last.
template <class Call>
Result<void> checked(Call call) {
  sessions_error* error = nullptr;
  const sessions_status status = call(&error);
  const Owned<sessions_error, sessions_error_free> owned(error);
  return status == SESSIONS_OK ? Result<void>() : Result<void>(Error(static_cast<Status>(status), error));
}

// The end of a function of C that has no error object.
inline Result<void> checked(sessions_status status) noexcept {
  return status == SESSIONS_OK ? Result<void>() : Result<void>(Error(static_cast<Status>(status)));
}

// Calls a function of C that makes a handle, for T to own.
template <class T, class Call>
Result<T> made(Call call) {
  typename T::Handle* handle = nullptr;
  Result<void> ended = checked([&](sessions_error** error) { return call(&handle, error); });
  if (!ended) {
    return std::move(ended).error();
  }
  return T(handle);
}

// What a function of C has read, if it has.
template <class T>
Result<std::optional<T>> found(sessions_status status, const T& value) {
  if (status == SESSIONS_OK) {
    return std::optional<T>(value);
  }
  if (status == SESSIONS_E_NOT_FOUND) {
    return std::optional<T>();
  }
  return Error(static_cast<Status>(status));
}

// Calls the host's code for C, which no exception may reach. failed gives what counts when there was one; it is told
// Status::nomem or Status::callback.
template <class Call, class Failed>
auto call_host(const Call& call, [[maybe_unused]] const Failed& failed) noexcept {
#ifdef __cpp_exceptions
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return failed(Status::nomem);
  } catch (...) {
    return failed(Status::callback);
  }
#else
  return call();
#endif
}

// An object of the host's behind a pointer for C; null when there is no memory for it.
template <class Host>
std::unique_ptr<std::decay_t<Host>> lodge(Host&& host) {
  return std::unique_ptr<std::decay_t<Host>>(new (std::nothrow) std::decay_t<Host>(std::forward<Host>(host)));
}

// The sessions_destroy_fn of what was lodged.
template <class Host>
void destroy(void* user_data) noexcept {
  delete static_cast<Host*>(user_data);
}

// Lodges an object of the host's and hands it to a function of C, which owns it from then on, even if it fails.
template <class Host, class Call>
Result<void> hand_over(Host&& host, Call call) {
  auto lodged = lodge(std::forward<Host>(host));
  if (!lodged) {
    return Error(Status::nomem);
  }
  return checked([&](sessions_error** error) {
    return call(static_cast<void*>(lodged.release()), &destroy<std::decay_t<Host>>, error);
  });
}

// Texts that a handle of C gives by number.
template <auto count, auto at>
class Texts {
 public:
  class Iterator {
   public:
    using iterator_category =
        std::input_iterator_tag;  // of C++17, which wants references; it may be copied and compared
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = std::string_view;

    Iterator() noexcept = default;
    Iterator(const sessions_session* session, std::size_t index) noexcept : session_(session), index_(index) {}

    // Empty when there is no such text any more.
    std::string_view operator*() const noexcept {
      const char* text = nullptr;
      std::size_t size = 0;
      return at(session_, index_, &text, &size) == SESSIONS_OK ? std::string_view(text, size) : std::string_view();
    }
    Iterator& operator++() noexcept {
      ++index_;
      return *this;
    }
    Iterator operator++(int) noexcept { return Iterator(session_, index_++); }
    bool operator==(const Iterator& other) const noexcept { return index_ == other.index_; }
    bool operator!=(const Iterator& other) const noexcept { return index_ != other.index_; }

   private:
    const sessions_session* session_ = nullptr;
    std::size_t index_ = 0;
  };

  using const_iterator = Iterator;
  using iterator = Iterator;

  explicit Texts(const sessions_session* session) noexcept : session_(session), size_(count(session)) {}

  Iterator begin() const noexcept { return Iterator(session_, 0); }
  Iterator end() const noexcept { return Iterator(session_, size_); }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

 private:
  const sessions_session* session_;
  std::size_t size_;
};

}  // namespace border
}  // namespace v0
}  // namespace sessions
