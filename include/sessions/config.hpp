// Configs: cookie attributes, lifetimes, keys, limits and hooks. All since 0.1.
#pragma once

#include <sessions/config.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <sessions/border.hpp>

namespace sessions {
inline namespace v0 {

// SESSIONS_SAME_SITE_...
enum class SameSite : std::int32_t {
  lax = SESSIONS_SAME_SITE_LAX,
  strict = SESSIONS_SAME_SITE_STRICT,
  none = SESSIONS_SAME_SITE_NONE,
};

// SESSIONS_COMMIT_...
enum class CommitMode : std::int32_t {
  merge = SESSIONS_COMMIT_MERGE,
  strict = SESSIONS_COMMIT_STRICT,
  last_write = SESSIONS_COMMIT_LAST_WRITE,
};

// SESSIONS_LOG_...
enum class LogLevel : std::int32_t {
  info = SESSIONS_LOG_INFO,
  warning = SESSIONS_LOG_WARNING,
};

// Receives what a codec makes; only good inside the codec's function.
class CodecOutput {
 public:
  explicit CodecOutput(sessions_bytes* bytes) noexcept : bytes_(bytes) {}

  // Status::ok or Status::nomem, for the codec to return.
  Status append(std::string_view bytes) noexcept {
    return static_cast<Status>(sessions_bytes_append(bytes_, bytes.data(), bytes.size()));
  }

 private:
  sessions_bytes* bytes_;
};

// One thread at a time. Setters validate at once, and leave the config as it was when they refuse; defaults, bounds and
// statuses stand at their namesakes in <sessions/config.h>.
class Config {
 public:
  using Handle = sessions_config;

  // With the defaults, which are safe for production over HTTPS. Fails with Status::nomem.
  static Result<Config> make() {
    return border::made<Config>([](sessions_config** config, sessions_error**) { return sessions_config_new(config); });
  }

  // Takes over a handle of C.
  explicit Config(sessions_config* handle) noexcept : handle_(handle) {}

  sessions_config* handle() const noexcept { return handle_.get(); }
  sessions_config* release() noexcept { return handle_.release(); }

  // ---- keys and credentials ----

  Result<void> add_key(std::string_view key) { return set(sessions_config_add_key, key.data(), key.size()); }

  Result<void> set_store_credentials(std::string_view user, std::string_view password) {
    return set(sessions_config_set_store_credentials, user.data(), user.size(), password.data(), password.size());
  }

  // ---- the cookie ----

  Result<void> set_cookie_name(std::string_view name) {
    return set(sessions_config_set_cookie_name, name.data(), name.size());
  }

  Result<void> set_cookie_path(std::string_view path) {
    return set(sessions_config_set_cookie_path, path.data(), path.size());
  }

  Result<void> set_cookie_domain(std::string_view domain) {
    return set(sessions_config_set_cookie_domain, domain.data(), domain.size());
  }

  Result<void> set_same_site(SameSite same_site) {
    return set(sessions_config_set_same_site, static_cast<std::int32_t>(same_site));
  }

  Result<void> set_secure(bool secure) { return set(sessions_config_set_secure, secure ? 1 : 0); }

  Result<void> set_http_only(bool http_only) { return set(sessions_config_set_http_only, http_only ? 1 : 0); }

  Result<void> set_partitioned(bool partitioned) { return set(sessions_config_set_partitioned, partitioned ? 1 : 0); }

  Result<void> set_persistent(bool persistent) { return set(sessions_config_set_persistent, persistent ? 1 : 0); }

  Result<void> set_plain_http() { return set(sessions_config_set_plain_http); }

  // ---- lifetimes, limits and merging ----

  Result<void> set_lifetime(std::chrono::seconds lifetime) {
    return set(sessions_config_set_lifetime_seconds, std::int64_t{lifetime.count()});
  }

  // -1 s stands for a tenth of the lifetime.
  Result<void> set_renew_after(std::chrono::seconds time) {
    return set(sessions_config_set_renew_after_seconds, std::int64_t{time.count()});
  }

  Result<void> set_commit_mode(CommitMode mode) {
    return set(sessions_config_set_commit_mode, static_cast<std::int32_t>(mode));
  }

  Result<void> set_timeout(std::chrono::milliseconds timeout) {
    return set(sessions_config_set_timeout_ms, std::int64_t{timeout.count()});
  }

  Result<void> set_max_content_bytes(std::int64_t bytes) { return set(sessions_config_set_max_content_bytes, bytes); }

  // ---- hooks: called from several threads at once, and so through const; nullptr takes one away ----

  // clock() gives the time in seconds since 1970. Should it throw, the system's time counts.
  template <class Clock>
  Result<void> set_clock(Clock clock) {
    const sessions_clock_fn call = [](void* user_data) -> std::int64_t {
      return border::call_host([&]() -> std::int64_t { return host<Clock>(user_data)(); },
                               [](Status) -> std::int64_t { return std::time(nullptr); });
    };
    return set_hook(sessions_config_set_clock, call, std::move(clock));
  }
  Result<void> set_clock(std::nullptr_t) { return set(sessions_config_set_clock, nullptr, nullptr, nullptr); }

  // random(void* bytes, std::size_t size) fills bytes, and returns whether it could. If not, or when it throws, the
  // call that needed them fails with Status::callback.
  template <class Random>
  Result<void> set_random(Random random) {
    const sessions_random_fn call = [](void* user_data, void* bytes, std::size_t size) -> sessions_status {
      return border::call_host([&] { return host<Random>(user_data)(bytes, size) ? SESSIONS_OK : SESSIONS_E_CALLBACK; },
                               [](Status) { return SESSIONS_E_CALLBACK; });
    };
    return set_hook(sessions_config_set_random, call, std::move(random));
  }
  Result<void> set_random(std::nullptr_t) { return set(sessions_config_set_random, nullptr, nullptr, nullptr); }

  // log(LogLevel level, std::string_view message) takes a message, which is good during the call. What it throws is
  // dropped.
  template <class Log>
  Result<void> set_log(Log log) {
    const sessions_log_fn call = [](void* user_data, std::int32_t level, const char* message, std::size_t message_len) {
      border::call_host(
          [&] { host<Log>(user_data)(static_cast<LogLevel>(level), std::string_view(message, message_len)); },
          [](Status) {});
    };
    return set_hook(sessions_config_set_log, call, std::move(log));
  }
  Result<void> set_log(std::nullptr_t) { return set(sessions_config_set_log, nullptr, nullptr, nullptr); }

  // codec.encode(std::string_view json, CodecOutput& out) and codec.decode(std::string_view bytes, CodecOutput& out)
  // append what they make to out, and return a Status: ok, or that they cannot. When they throw, that is
  // Status::callback, or Status::nomem for std::bad_alloc.
  template <class Codec>
  Result<void> set_codec(Codec codec) {
    sessions_codec table = {};
    table.size = sizeof table;
    table.encode = [](void* user_data, const void* data, std::size_t len, sessions_bytes* out) -> sessions_status {
      return code([&](CodecOutput& output) { return host<Codec>(user_data).encode(view(data, len), output); }, out);
    };
    table.decode = [](void* user_data, const void* data, std::size_t len, sessions_bytes* out) -> sessions_status {
      return code([&](CodecOutput& output) { return host<Codec>(user_data).decode(view(data, len), output); }, out);
    };
    return set_hook(sessions_config_set_codec, &table, std::move(codec));
  }
  Result<void> set_codec(std::nullptr_t) { return set(sessions_config_set_codec, nullptr, nullptr, nullptr); }

 private:
  template <class Setter, class... Values>
  Result<void> set(Setter setter, Values... values) {
    return border::checked([&](sessions_error** error) { return setter(handle(), values..., error); });
  }

  template <class Setter, class Hook, class Host>
  Result<void> set_hook(Setter setter, Hook hook, Host&& host) {
    return border::hand_over(std::forward<Host>(host),
                             [&](void* user_data, sessions_destroy_fn destroy, sessions_error** error) {
                               return setter(handle(), hook, user_data, destroy, error);
                             });
  }

  template <class Host>
  static const Host& host(const void* user_data) noexcept {
    return *static_cast<const Host*>(user_data);
  }

  template <class Work>
  static sessions_status code(const Work& work, sessions_bytes* out) noexcept {
    CodecOutput output(out);
    return static_cast<sessions_status>(
        border::call_host([&]() -> Status { return work(output); }, [](Status status) { return status; }));
  }

  static std::string_view view(const void* data, std::size_t len) noexcept {
    return {static_cast<const char*>(data), len};
  }

  border::Owned<sessions_config, sessions_config_free> handle_;
};

}  // namespace v0
}  // namespace sessions
