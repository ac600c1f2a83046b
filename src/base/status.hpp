// How an operation ended: the statuses of the C ABI, and an error that carries one with its message.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace sessions {

// The numbers are those of <sessions/status.h>; src/capi checks that they agree.
enum class Status : std::int32_t {
  ok = 0,
  pending = 1,
  invalid = -101,
  misuse = -102,
  type = -103,
  range = -104,
  not_found = -105,
  limit = -106,
  unsupported = -107,
  canceled = -108,
  unavailable = -201,
  timeout = -202,
  unknown = -203,
  random = -204,
  busy = -205,
  full = -206,
  read_only = -207,
  corrupt = -301,
  newer = -302,
  nomem = -401,
  internal = -402,
  callback = -501,
};

// Of the environment: the same call may succeed later.
constexpr bool is_passing(Status status) noexcept {
  const auto number = static_cast<std::int32_t>(status);
  return number <= -201 && number >= -299;
}

// message is one line that says what was wrong and what to do; never a key, an id, a cookie's value or session content.
// What makes, moves and ends one is kept out of the way of what goes well.
struct Error {
  [[gnu::cold]] Error(Status kind, std::string words) noexcept;
  [[gnu::cold]] Error(const Error& other);
  [[gnu::cold]] Error(Error&& other) noexcept;
  [[gnu::cold]] Error& operator=(const Error& other);
  [[gnu::cold]] Error& operator=(Error&& other) noexcept;
  [[gnu::cold]] ~Error();

  Status status;
  std::string message;
};

// Without the words, when there is no memory for them.
Error in_words(Status status, std::string_view words) noexcept;

}  // namespace sessions
