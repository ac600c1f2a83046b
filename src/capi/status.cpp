#include <sessions.h>

#include <algorithm>
#include <array>
#include <base/status.hpp>
#include <capi/guard.hpp>
#include <capi/handles.hpp>
#include <memory>
#include <new>
#include <string>

namespace {

using sessions::Status;

// The general error is what a caller gets when there is no memory for a better one.
struct Entry {
  Status status;
  const char* name;
  sessions_error general;
};

constexpr std::array<Entry, 22> entries = {{
    {Status::ok, "SESSIONS_OK", {SESSIONS_OK, "the call succeeded"}},
    {Status::pending, "SESSIONS_PENDING", {SESSIONS_PENDING, "the call is under way: it will call back"}},
    {Status::invalid,
     "SESSIONS_E_INVALID",
     {SESSIONS_E_INVALID, "an argument is not acceptable: the function's documentation says what it takes"}},
    {Status::misuse,
     "SESSIONS_E_MISUSE",
     {SESSIONS_E_MISUSE, "the call came at the wrong time: the function's documentation says when it may be called"}},
    {Status::type,
     "SESSIONS_E_TYPE",
     {SESSIONS_E_TYPE,
      "the value has another type: sessions_session_get_type tells which, sessions_session_get_json reads any"}},
    {Status::range,
     "SESSIONS_E_RANGE",
     {SESSIONS_E_RANGE, "the number does not fit the type exactly: sessions_session_get_json gives its digits"}},
    {Status::not_found, "SESSIONS_E_NOT_FOUND", {SESSIONS_E_NOT_FOUND, "there is no such key or index"}},
    {Status::limit,
     "SESSIONS_E_LIMIT",
     {SESSIONS_E_LIMIT,
      "a limit would be exceeded: store less, or raise it where the function's documentation says how"}},
    {Status::unsupported,
     "SESSIONS_E_UNSUPPORTED",
     {SESSIONS_E_UNSUPPORTED, "this build, backend or format cannot do it: choose another backend"}},
    {Status::canceled,
     "SESSIONS_E_CANCELED",
     {SESSIONS_E_CANCELED,
      "the session or the queue was freed while the call was under way: a write may be applied or not"}},
    {Status::unavailable,
     "SESSIONS_E_UNAVAILABLE",
     {SESSIONS_E_UNAVAILABLE,
      "the store could not be asked and nothing was changed: answer the request with 503 and try again later"}},
    {Status::timeout,
     "SESSIONS_E_TIMEOUT",
     {SESSIONS_E_TIMEOUT,
      "the store did not answer in time and nothing was changed: answer the request with 503 and try again later"}},
    {Status::unknown,
     "SESSIONS_E_UNKNOWN",
     {SESSIONS_E_UNKNOWN, "it is not known whether the store has written: load the session again to see"}},
    {Status::random,
     "SESSIONS_E_RANDOM",
     {SESSIONS_E_RANDOM, "the system's random source failed, so nothing was written: try again later"}},
    {Status::busy,
     "SESSIONS_E_BUSY",
     {SESSIONS_E_BUSY, "others kept the store busy for the time allowed and nothing was changed: try again"}},
    {Status::full,
     "SESSIONS_E_FULL",
     {SESSIONS_E_FULL, "the store has no room left and nothing was changed: free some, or raise its limit"}},
    {Status::read_only,
     "SESSIONS_E_READ_ONLY",
     {SESSIONS_E_READ_ONLY, "the store may not be written to and nothing was changed: see to its permissions"}},
    {Status::corrupt,
     "SESSIONS_E_CORRUPT",
     {SESSIONS_E_CORRUPT,
      "what is stored is damaged, or was not written by libsessions: restore it from a backup, or begin a new "
      "session"}},
    {Status::newer,
     "SESSIONS_E_NEWER",
     {SESSIONS_E_NEWER, "a newer libsessions has written what is stored: update this one"}},
    {Status::nomem, "SESSIONS_E_NOMEM", {SESSIONS_E_NOMEM, "out of memory: nothing was changed"}},
    {Status::internal,
     "SESSIONS_E_INTERNAL",
     {SESSIONS_E_INTERNAL,
      "a defect of libsessions or of a library under it, or an exception from a callback: please report it"}},
    {Status::callback, "SESSIONS_E_CALLBACK", {SESSIONS_E_CALLBACK, "a callback of the caller's reported a failure"}},
}};

constexpr bool numbers_agree() {
  for (const Entry& entry : entries) {
    if (static_cast<sessions_status>(entry.status) != entry.general.status) {
      return false;
    }
  }
  return true;
}
static_assert(numbers_agree());

// Statuses of custom stores that are none of ours, from -201 to -599: what a caller gets of one without a message, or
// when there is no memory for it. Without texts there is nothing to relocate when the library is loaded.
constexpr sessions_status first_foreign = -201;
constexpr std::array<sessions_error, 399> foreign = [] {
  std::array<sessions_error, 399> errors{};
  for (std::size_t i = 0; i < errors.size(); ++i) {
    errors[i] = {first_foreign - static_cast<sessions_status>(i), nullptr};
  }
  return errors;
}();

const Entry* find(sessions_status status) {
  for (const Entry& entry : entries) {
    if (entry.general.status == status) {
      return &entry;
    }
  }
  return nullptr;
}

struct OwnedError final : sessions_error {
  OwnedError(sessions_status code, std::string_view words) : sessions_error{code, nullptr}, text(words) {
    message = text.c_str();
  }

  std::string text;
};

const sessions_error* general(sessions_status status) {
  const Entry* entry = find(status);
  return entry == nullptr ? &foreign[static_cast<std::size_t>(first_foreign - status)] : &entry->general;
}

bool is_general(const sessions_error* error) {
  return std::any_of(entries.begin(), entries.end(), [error](const Entry& entry) { return error == &entry.general; }) ||
         std::any_of(foreign.begin(), foreign.end(), [error](const sessions_error& other) { return error == &other; });
}

}  // namespace

void sessions::capi::report(sessions_error** error, Status status, std::string_view message) noexcept {
  if (error == nullptr) {
    return;
  }
  const auto code = static_cast<sessions_status>(status);
  if (!message.empty()) {
    try {
      *error = std::make_unique<OwnedError>(code, message).release();
      return;
    } catch (const std::bad_alloc&) {
      message = {};
    }
  }
  *error = const_cast<sessions_error*>(general(code));  // callers can only read it
}

sessions_status sessions_error_status(const sessions_error* error) {
  return error == nullptr ? SESSIONS_OK : error->status;
}

const char* sessions_error_message(const sessions_error* error) {
  if (error == nullptr) {
    return "";
  }
  return error->message == nullptr ? sessions_status_message(error->status) : error->message;
}

void sessions_error_free(sessions_error* error) {
  if (error != nullptr && !is_general(error)) {
    const std::unique_ptr<OwnedError> owned(static_cast<OwnedError*>(error));
  }
}

const char* sessions_status_name(sessions_status status) {
  const Entry* entry = find(status);
  return entry == nullptr ? "SESSIONS_E_?" : entry->name;
}

const char* sessions_status_message(sessions_status status) {
  const Entry* entry = find(status);
  return entry == nullptr
             ? "a status that this version of libsessions does not have, or a custom store's own: go by its category"
             : entry->general.message;
}

int32_t sessions_status_category(sessions_status status) {
  if (status == SESSIONS_OK || status == SESSIONS_PENDING) {
    return SESSIONS_CATEGORY_OK;
  }
  return status > -100 || status < -599 || status % 100 == 0 ? -1 : -(status / 100);
}
