// Sessions: the session of one request. All since 0.1.
#pragma once

#include <sessions/cjson.h>
#include <sessions/session.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <sessions/border.hpp>
#include <sessions/config.hpp>
#include <sessions/queue.hpp>
#include <string>
#include <string_view>
#include <type_traits>

namespace sessions {
inline namespace v0 {

// SESSIONS_ORIGIN_...
enum class Origin : std::int32_t {
  new_session = SESSIONS_ORIGIN_NEW,
  restored = SESSIONS_ORIGIN_RESTORED,
  refused_malformed = SESSIONS_ORIGIN_REFUSED_MALFORMED,
  refused_signature = SESSIONS_ORIGIN_REFUSED_SIGNATURE,
  refused_expired = SESSIONS_ORIGIN_REFUSED_EXPIRED,
  refused_future = SESSIONS_ORIGIN_REFUSED_FUTURE,
  refused_unknown = SESSIONS_ORIGIN_REFUSED_UNKNOWN,
  refused_content = SESSIONS_ORIGIN_REFUSED_CONTENT,
};

// SESSIONS_TYPE_...
enum class Type : std::int32_t {
  null = SESSIONS_TYPE_NULL,
  boolean = SESSIONS_TYPE_BOOL,
  int64 = SESSIONS_TYPE_INT64,
  uint64 = SESSIONS_TYPE_UINT64,
  real = SESSIONS_TYPE_DOUBLE,
  number = SESSIONS_TYPE_NUMBER,
  string = SESSIONS_TYPE_STRING,
  array = SESSIONS_TYPE_ARRAY,
  object = SESSIONS_TYPE_OBJECT,
};

// SESSIONS_OUTCOME_...
enum class Outcome : std::int32_t {
  unchanged = SESSIONS_OUTCOME_UNCHANGED,
  created = SESSIONS_OUTCOME_CREATED,
  saved = SESSIONS_OUTCOME_SAVED,
  touched = SESSIONS_OUTCOME_TOUCHED,
  regenerated = SESSIONS_OUTCOME_REGENERATED,
  destroyed = SESSIONS_OUTCOME_DESTROYED,
  gone = SESSIONS_OUTCOME_GONE,
  merged = SESSIONS_OUTCOME_MERGED,
  conflict = SESSIONS_OUTCOME_CONFLICT,
};

// Ranges of std::string_view. The session must not change while one is in use.
using Keys = border::Texts<sessions_session_count, sessions_session_key_at>;
using ContestedKeys = border::Texts<sessions_session_contested_count, sessions_session_contested_key>;
using CookieLines = border::Texts<sessions_session_cookie_count, sessions_session_cookie_line>;

namespace border {

template <class T, class... Others>
inline constexpr bool is_one_of = (std::is_same_v<T, Others> || ...);

// Neither bool nor characters.
template <class T>
inline constexpr bool is_integer = is_one_of<T, signed char, unsigned char, short, unsigned short, int, unsigned, long,
                                             unsigned long, long long, unsigned long long>;

template <class T>
inline constexpr bool never = false;

// A number that was read, as a smaller type.
template <class Small, class Large>
Result<std::optional<Small>> narrowed(sessions_status status, Large value) {
  if (status == SESSIONS_OK &&
      (value < std::numeric_limits<Small>::min() || value > std::numeric_limits<Small>::max())) {
    return Error(Status::range);
  }
  return found<Small>(status, static_cast<Small>(value));
}

}  // namespace border

// One thread at a time; may move between threads. Functions that take a key fail with Status::invalid when it is not
// UTF-8.
class Session {
 public:
  using Handle = sessions_session;

  // Takes over a handle of C. Sessions are made by Manager.
  explicit Session(sessions_session* handle) noexcept : handle_(handle) {}

  sessions_session* handle() const noexcept { return handle_.get(); }
  sessions_session* release() noexcept { return handle_.release(); }

#if __cplusplus >= 202002L && defined(__cpp_impl_coroutine)
  // ---- for coroutines: co_await gives the Result<void>; what is handed over has to be good until then ----

  auto load(std::string_view cookie_header, Queue& queue) {
    return border::Awaitable(queue.thrown_, Load{handle(), cookie_header, queue.handle()});
  }
  auto load_value(std::string_view cookie_value, Queue& queue) {
    return border::Awaitable(queue.thrown_, LoadValue{handle(), cookie_value, queue.handle()});
  }
  auto commit(Queue& queue) { return border::Awaitable(queue.thrown_, Commit{handle(), queue.handle()}); }
  auto regenerate(Queue& queue) { return border::Awaitable(queue.thrown_, Regenerate{handle(), queue.handle()}); }
  auto destroy(Queue& queue) { return border::Awaitable(queue.thrown_, Destroy{handle(), queue.handle()}); }
#endif

  // ---- settings of this session ----

  Result<void> set_timeout(std::chrono::milliseconds timeout) {
    return border::checked([&](sessions_error** error) {
      return sessions_session_set_timeout_ms(handle(), std::int64_t{timeout.count()}, error);
    });
  }

  Result<void> set_commit_mode(CommitMode mode) {
    return border::checked([&](sessions_error** error) {
      return sessions_session_set_commit_mode(handle(), static_cast<std::int32_t>(mode), error);
    });
  }

  // ---- loading, of a session that Manager::new_session() has made ----

  Result<void> load(std::string_view cookie_header) {
    return border::checked([&](sessions_error** error) {
      return sessions_session_load(handle(), cookie_header.data(), cookie_header.size(), error);
    });
  }

  Result<void> load_value(std::string_view cookie_value) {
    return border::checked([&](sessions_error** error) {
      return sessions_session_load_value(handle(), cookie_value.data(), cookie_value.size(), error);
    });
  }

  // The same without waiting, see <sessions/queue.hpp>; done takes a Result<void>.
  template <class Done>
  void load(std::string_view cookie_header, Queue& queue, Done done) {
    border::start(queue.thrown_, std::move(done), Load{handle(), cookie_header, queue.handle()});
  }
  template <class Done>
  void load_value(std::string_view cookie_value, Queue& queue, Done done) {
    border::start(queue.thrown_, std::move(done), LoadValue{handle(), cookie_value, queue.handle()});
  }

  // What loading found.
  Origin origin() const noexcept { return static_cast<Origin>(sessions_session_origin(handle())); }

  // ---- reading ----

  // Reads a value as a T: bool, any integer type, double, std::string_view, std::string (a copy), or std::nullptr_t (it
  // is null). No value when there is no such key. Status::type when it is of another type, Status::range when T does
  // not hold the number exactly.
  template <class T>
  Result<std::optional<T>> get(std::string_view key) const& {
    return read<T>(key);
  }
  template <class T>
  Result<std::optional<T>> get(std::string_view key) const&& {
    static_assert(!std::is_same_v<T, std::string_view>, "the view would outlive this temporary session");
    return read<T>(key);
  }

  // Reads a value of any type as JSON text.
  Result<std::optional<std::string_view>> get_json(std::string_view key) const& {
    const char* json = nullptr;
    std::size_t size = 0;
    const sessions_status status = sessions_session_get_json(handle(), key.data(), key.size(), &json, &size);
    return border::found(status, std::string_view(json, size));
  }
  Result<std::optional<std::string_view>> get_json(std::string_view key) const&& = delete;

  // Reads a value as a new tree, which the caller frees with cJSON_Delete().
  Result<std::optional<cJSON*>> get_cjson(std::string_view key) const {
    cJSON* tree = nullptr;
    sessions_error* error = nullptr;
    const sessions_status status = sessions_session_get_cjson(handle(), key.data(), key.size(), &tree, &error);
    const border::Owned<sessions_error, sessions_error_free> owned(error);
    if (status != SESSIONS_OK && status != SESSIONS_E_NOT_FOUND) {
      return Error(static_cast<Status>(status), error);
    }
    return border::found(status, tree);
  }

  // The type of a value.
  Result<std::optional<Type>> type(std::string_view key) const {
    std::int32_t type = 0;
    const sessions_status status = sessions_session_get_type(handle(), key.data(), key.size(), &type);
    return border::found(status, static_cast<Type>(type));
  }

  Result<bool> contains(std::string_view key) const {
    std::int32_t contains = 0;
    const sessions_status status = sessions_session_contains(handle(), key.data(), key.size(), &contains);
    return status == SESSIONS_OK ? Result<bool>(contains != 0) : Error(static_cast<Status>(status));
  }

  // How many keys there are.
  std::size_t size() const noexcept { return sessions_session_count(handle()); }
  bool empty() const noexcept { return size() == 0; }

  // The keys, in the order in which they were first set. Fails with Status::nomem.
  Result<Keys> keys() const& {
    for (std::size_t i = 0; i < size(); ++i) {  // the first call for a key makes its text, and may fail
      const char* key = nullptr;
      std::size_t length = 0;
      if (const sessions_status status = sessions_session_key_at(handle(), i, &key, &length); status != SESSIONS_OK) {
        return Error(static_cast<Status>(status));
      }
    }
    return Keys(handle());
  }
  Result<Keys> keys() const&& = delete;

  // The whole content as one JSON object.
  Result<std::string_view> to_json() const& {
    const char* json = nullptr;
    std::size_t size = 0;
    const sessions_status status = sessions_session_to_json(handle(), &json, &size);
    return status == SESSIONS_OK ? Result<std::string_view>(std::string_view(json, size))
                                 : Error(static_cast<Status>(status));
  }
  Result<std::string_view> to_json() const&& = delete;

  // ---- changing ----

  // Sets a value: bool, any integer type, float or double, text (UTF-8), or nullptr for null.
  template <class T>
  Result<void> set(std::string_view key, const T& value) {
    return border::checked(write(key, value));
  }

  // Sets a value from JSON text of any type.
  Result<void> set_json(std::string_view key, std::string_view json) {
    return border::checked([&](sessions_error** error) {
      return sessions_session_set_json(handle(), key.data(), key.size(), json.data(), json.size(), error);
    });
  }

  // Sets a value from a tree, which stays the caller's.
  Result<void> set_cjson(std::string_view key, const cJSON* tree) {
    return border::checked([&](sessions_error** error) {
      return sessions_session_set_cjson(handle(), key.data(), key.size(), tree, error);
    });
  }

  // Replaces the whole content by that of a JSON object.
  Result<void> from_json(std::string_view json) {
    return border::checked(
        [&](sessions_error** error) { return sessions_session_from_json(handle(), json.data(), json.size(), error); });
  }

  // Adds to an integer, of which 0 counts when there is none; gives the sum as this session sees it.
  Result<std::int64_t> increment(std::string_view key, std::int64_t delta = 1) {
    std::int64_t sum = 0;
    const sessions_status status = sessions_session_increment(handle(), key.data(), key.size(), delta, &sum);
    return status == SESSIONS_OK ? Result<std::int64_t>(sum) : Error(static_cast<Status>(status));
  }

  // Removes a key; gives whether there was one.
  Result<bool> remove(std::string_view key) {
    const sessions_status status = sessions_session_remove(handle(), key.data(), key.size());
    return status == SESSIONS_OK || status == SESSIONS_E_NOT_FOUND ? Result<bool>(status == SESSIONS_OK)
                                                                   : Error(static_cast<Status>(status));
  }

  // The next commit is done only if no other request has changed this key since it was loaded; else the outcome is
  // CONFLICT. Status::misuse after clear() and from_json().
  Result<void> require_unchanged(std::string_view key) {
    return border::checked(sessions_session_require_unchanged(handle(), key.data(), key.size()));
  }

  // Read a value and remove its key.
  Result<std::optional<std::string_view>> pop_string(std::string_view key) & {
    const char* text = nullptr;
    std::size_t size = 0;
    const sessions_status status = sessions_session_pop_string(handle(), key.data(), key.size(), &text, &size);
    return border::found(status, std::string_view(text, size));
  }
  Result<std::optional<std::string_view>> pop_json(std::string_view key) & {
    const char* json = nullptr;
    std::size_t size = 0;
    const sessions_status status = sessions_session_pop_json(handle(), key.data(), key.size(), &json, &size);
    return border::found(status, std::string_view(json, size));
  }

  // Removes everything.
  Result<void> clear() { return border::checked(sessions_session_clear(handle())); }

  // ---- ending the request ----

  // Writes what this request did, and works out the Set-Cookie lines and the outcome.
  Result<void> commit() {
    return border::checked([&](sessions_error** error) { return sessions_session_commit(handle(), error); });
  }

  // Moves the session to a new id: call it when a user logs in.
  Result<void> regenerate() {
    return border::checked([&](sessions_error** error) { return sessions_session_regenerate(handle(), error); });
  }

  // Ends the session at once: call it when a user logs out.
  Result<void> destroy() {
    return border::checked([&](sessions_error** error) { return sessions_session_destroy(handle(), error); });
  }

  // The same without waiting, see <sessions/queue.hpp>; done takes a Result<void>.
  template <class Done>
  void commit(Queue& queue, Done done) {
    border::start(queue.thrown_, std::move(done), Commit{handle(), queue.handle()});
  }
  template <class Done>
  void regenerate(Queue& queue, Done done) {
    border::start(queue.thrown_, std::move(done), Regenerate{handle(), queue.handle()});
  }
  template <class Done>
  void destroy(Queue& queue, Done done) {
    border::start(queue.thrown_, std::move(done), Destroy{handle(), queue.handle()});
  }

  // What the last of these three did.
  Outcome outcome() const noexcept { return static_cast<Outcome>(sessions_session_outcome(handle())); }

  // Whether no replica has confirmed it, see sessions_session_degraded().
  bool is_degraded() const noexcept { return sessions_session_degraded(handle()) != 0; }

  // The keys that parallel requests had changed too.
  ContestedKeys contested_keys() const& noexcept { return ContestedKeys(handle()); }
  ContestedKeys contested_keys() const&& = delete;

  // The values of the Set-Cookie headers that the response must carry.
  CookieLines cookie_lines() const& noexcept { return CookieLines(handle()); }
  CookieLines cookie_lines() const&& = delete;

  // Whether the response must carry `Vary: Cookie`: not when it must not be cached at all.
  bool varies_by_cookie() const noexcept { return sessions_session_varies_by_cookie(handle()) != 0; }

  // Whether the response must carry `Cache-Control: private, no-store`.
  bool must_not_be_cached() const noexcept { return sessions_session_must_not_be_cached(handle()) != 0; }

 private:
  template <class T>
  Result<std::optional<T>> read(std::string_view key) const {
    const auto ask = [&](auto get_value, auto&... value) {
      return get_value(handle_.get(), key.data(), key.size(), &value...);
    };
    if constexpr (std::is_same_v<T, bool>) {
      std::int32_t value = 0;
      const sessions_status status = ask(sessions_session_get_bool, value);
      return border::found(status, value != 0);
    } else if constexpr (border::is_integer<T> && std::is_signed_v<T>) {
      std::int64_t value = 0;
      const sessions_status status = ask(sessions_session_get_int64, value);
      return border::narrowed<T>(status, value);
    } else if constexpr (border::is_integer<T>) {
      std::uint64_t value = 0;
      const sessions_status status = ask(sessions_session_get_uint64, value);
      return border::narrowed<T>(status, value);
    } else if constexpr (std::is_same_v<T, double>) {
      double value = 0;
      const sessions_status status = ask(sessions_session_get_double, value);
      return border::found(status, value);
    } else if constexpr (std::is_same_v<T, std::nullptr_t>) {
      return border::found(ask(sessions_session_get_null), nullptr);
    } else if constexpr (std::is_same_v<T, std::string_view> || std::is_same_v<T, std::string>) {
      const char* text = nullptr;
      std::size_t size = 0;
      const sessions_status status = ask(sessions_session_get_string, text, size);
      return border::found(status, T(text == nullptr ? "" : text, size));
    } else {
      static_assert(border::never<T>, "T is bool, an integer, double, std::string_view, std::string or std::nullptr_t");
    }
  }

  template <class T>
  sessions_status write(std::string_view key, const T& value) {
    sessions_session* const session = handle_.get();
    if constexpr (std::is_same_v<T, bool>) {
      return sessions_session_set_bool(session, key.data(), key.size(), value ? 1 : 0);
    } else if constexpr (border::is_integer<T> && std::is_signed_v<T>) {
      return sessions_session_set_int64(session, key.data(), key.size(), value);
    } else if constexpr (border::is_integer<T>) {
      return sessions_session_set_uint64(session, key.data(), key.size(), value);
    } else if constexpr (std::is_same_v<T, double> || std::is_same_v<T, float>) {
      return sessions_session_set_double(session, key.data(), key.size(), static_cast<double>(value));
    } else if constexpr (std::is_same_v<T, std::nullptr_t>) {
      return sessions_session_set_null(session, key.data(), key.size());
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      const std::string_view text = value;
      return sessions_session_set_string(session, key.data(), key.size(), text.data(), text.size());
    } else {
      static_assert(border::never<T>, "a value is bool, an integer, float, double, text or nullptr");
    }
  }

  using Load = border::LoadCall<sessions_session_load_async>;
  using LoadValue = border::LoadCall<sessions_session_load_value_async>;
  using Commit = border::EndCall<sessions_session_commit_async>;
  using Regenerate = border::EndCall<sessions_session_regenerate_async>;
  using Destroy = border::EndCall<sessions_session_destroy_async>;

  border::Owned<sessions_session, sessions_session_free> handle_;
};

}  // namespace v0
}  // namespace sessions
