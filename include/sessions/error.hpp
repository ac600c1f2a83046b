// How a call ended: statuses, and errors as values. All since 0.1.
#pragma once

#include <sessions/status.h>
#include <sessions/version.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

// The inner namespace keeps the names of these headers apart from those inside a libsessions that is linked statically,
// and is the epoch of the ABI.
namespace sessions {
inline namespace v0 {

// SESSIONS_E_... without its prefix. A library that is newer than these headers may return other numbers, which go by
// their category.
enum class Status : sessions_status {
  ok = SESSIONS_OK,
  invalid = SESSIONS_E_INVALID,
  misuse = SESSIONS_E_MISUSE,
  type = SESSIONS_E_TYPE,
  range = SESSIONS_E_RANGE,
  not_found = SESSIONS_E_NOT_FOUND,
  limit = SESSIONS_E_LIMIT,
  unsupported = SESSIONS_E_UNSUPPORTED,
  canceled = SESSIONS_E_CANCELED,
  unavailable = SESSIONS_E_UNAVAILABLE,
  timeout = SESSIONS_E_TIMEOUT,
  unknown = SESSIONS_E_UNKNOWN,
  random = SESSIONS_E_RANDOM,
  busy = SESSIONS_E_BUSY,
  full = SESSIONS_E_FULL,
  read_only = SESSIONS_E_READ_ONLY,
  corrupt = SESSIONS_E_CORRUPT,
  newer = SESSIONS_E_NEWER,
  nomem = SESSIONS_E_NOMEM,
  internal = SESSIONS_E_INTERNAL,
  callback = SESSIONS_E_CALLBACK,
};

// SESSIONS_CATEGORY_..., and what sessions_status_category() says of a number outside all categories.
enum class Category : std::int32_t {
  none = -1,
  ok = SESSIONS_CATEGORY_OK,
  caller = SESSIONS_CATEGORY_CALLER,
  environment = SESSIONS_CATEGORY_ENVIRONMENT,
  stored_data = SESSIONS_CATEGORY_STORED_DATA,
  internal = SESSIONS_CATEGORY_INTERNAL,
  callback = SESSIONS_CATEGORY_CALLBACK,
};

inline Category category(Status status) noexcept {
  return static_cast<Category>(sessions_status_category(static_cast<sessions_status>(status)));
}

// The name in C, such as "SESSIONS_E_LIMIT". The string is constant.
inline std::string_view name(Status status) noexcept {
  return sessions_status_name(static_cast<sessions_status>(status));
}

// One sentence about the status. The string is constant.
inline std::string_view message(Status status) noexcept {
  return sessions_status_message(static_cast<sessions_status>(status));
}

// The version of the library that is running, such as "0.1.0". The string is constant.
inline std::string_view version() noexcept { return sessions_version(); }

// What went wrong in one call. Moved from, it keeps its status.
class Error {
 public:
  // With the general message of the status.
  explicit Error(Status status) noexcept : status_(status) {}

  // Copies an error of C, which stays its owner's; NULL is Status::ok.
  explicit Error(const sessions_error* error) noexcept
      : Error(static_cast<Status>(sessions_error_status(error)), error) {}

  // The same for a call whose status is known, and that may have given no error object.
  Error(Status status, const sessions_error* error) noexcept : status_(status), text_(copy(error)) {}

  Status status() const noexcept { return status_; }

  Category category() const noexcept { return v0::category(status_); }

  // The status by its name in C, such as "SESSIONS_E_LIMIT". The string is constant.
  std::string_view name() const noexcept { return v0::name(status_); }

  // One line, UTF-8, that says what was wrong and what to do about it; it never holds a key, an id, a cookie's value or
  // session content. It belongs to the error, and ends with a NUL.
  std::string_view message() const noexcept { return text_ ? text_.get() : v0::message(status_); }

 private:
  // Null when there is nothing to copy, or no memory: then the general message has to do.
  static std::unique_ptr<char[]> copy(const sessions_error* error) noexcept {
    if (error == nullptr) {
      return nullptr;
    }
    const char* const text = sessions_error_message(error);
    const std::size_t size = std::strlen(text) + 1;
    std::unique_ptr<char[]> copied(new (std::nothrow) char[size]);
    if (copied) {
      std::memcpy(copied.get(), text, size);
    }
    return copied;
  }

  Status status_;
  std::unique_ptr<char[]> text_;
};

}  // namespace v0
}  // namespace sessions
