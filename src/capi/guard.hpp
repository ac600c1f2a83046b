// The border: arguments are checked, exceptions stop, results are translated. No logic.
#pragma once

#include <sessions.h>

#include <base/result.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string_view>

namespace sessions::capi {

// An error object for the caller, if it wants one; an empty message stands for that of the status. Never fails: when
// memory is short there is a general one for each status.
void report(sessions_error** error, Status status, std::string_view message) noexcept;

// Runs a body that returns Result<void>.
template <class Body>
sessions_status guard(sessions_error** error, Body body) noexcept {
  Status failure = Status::internal;
  try {
    const Result<void> result = body();
    if (result) {
      if (error != nullptr) {
        *error = nullptr;
      }
      return SESSIONS_OK;
    }
    report(error, result.error().status, result.error().message);
    return static_cast<sessions_status>(result.error().status);
  } catch (const std::bad_alloc&) {
    failure = Status::nomem;
  } catch (...) {
    failure = Status::internal;
  }
  report(error, failure, {});
  return static_cast<sessions_status>(failure);
}

// Runs a body that returns Status, for functions without an error object.
template <class Body>
sessions_status guard(Body body) noexcept {
  try {
    return static_cast<sessions_status>(body());
  } catch (const std::bad_alloc&) {
    return SESSIONS_E_NOMEM;
  } catch (...) {
    return SESSIONS_E_INTERNAL;
  }
}

// Calls back. What the host throws goes no further.
template <class Callback>
void call(Callback callback) noexcept {
  try {
    callback();
  } catch (...) {  // it has been told not to
  }
}

template <class Callback, class Value>
auto call(Callback callback, Value when_thrown) noexcept -> decltype(callback()) {
  try {
    return callback();
  } catch (...) {
    return when_thrown;
  }
}

// An input string. None when the pointer is NULL but the text is not empty, and when no text is that long.
inline std::optional<std::string_view> view(const void* pointer, std::size_t length) noexcept {
  const char* start = static_cast<const char*>(pointer);
  if (start == nullptr) {
    return length == 0 ? std::optional(std::string_view()) : std::nullopt;
  }
  if (length == SESSIONS_NUL_TERMINATED) {
    return std::string_view(start);
  }
  return length <= PTRDIFF_MAX ? std::optional(std::string_view(start, length)) : std::nullopt;
}

// The same, with an error that names the argument.
Result<std::string_view> text(std::string_view name, const void* pointer, std::size_t length);

// A key: UTF-8 text.
Result<std::string_view> key(const char* pointer, std::size_t length);

Error null_argument(std::string_view name);

// The content would get too large.
Error content_limit();

// What the host's call fails with when a store's or a codec's callback has failed: its own status, if it is one that a
// callback may fail with.
std::optional<Status> status_of_callback(sessions_status status) noexcept;

// The user data of a callback, released once, when nobody can call any more; also when taking it over fails.
std::shared_ptr<void> own(void* user_data, sessions_destroy_fn destroy);

}  // namespace sessions::capi
