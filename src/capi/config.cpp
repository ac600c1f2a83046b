#include <sessions.h>

#include <capi/guard.hpp>
#include <capi/handles.hpp>
#include <optional>

using namespace sessions;
using manager::Config;

namespace {

template <class Set>
sessions_status change(sessions_config* config, sessions_error** error, Set set) noexcept {
  return capi::guard(error, [&]() -> Result<void> {
    if (config == nullptr) {
      return capi::null_argument("config");
    }
    return set(config->config);
  });
}

sessions_status change_text(sessions_config* config, const char* name, const void* text, size_t length,
                            sessions_error** error, Result<void> (Config::*set)(std::string_view)) noexcept {
  return change(config, error, [&](Config& changed) -> Result<void> {
    const Result<std::string_view> value = capi::text(name, text, length);
    return value ? (changed.*set)(*value) : value.error();
  });
}

// Takes over the user data whatever happens, so that it is released exactly once.
template <class Set>
sessions_status change_hook(sessions_config* config, void* user_data, sessions_destroy_fn destroy,
                            sessions_error** error, Set set) noexcept {
  return capi::guard(error, [&]() -> Result<void> {
    std::shared_ptr<void> owned = capi::own(user_data, destroy);
    if (config == nullptr) {
      return capi::null_argument("config");
    }
    set(config->config, std::move(owned));
    return {};
  });
}

}  // namespace

sessions_status sessions_config_new(sessions_config** config) {
  return capi::guard([&] {
    if (config == nullptr) {
      return Status::invalid;
    }
    *config = nullptr;
    *config = std::make_unique<sessions_config>().release();
    return Status::ok;
  });
}

void sessions_config_free(sessions_config* config) { const std::unique_ptr<sessions_config> owned(config); }

sessions_status sessions_config_add_key(sessions_config* config, const void* key, size_t key_len,
                                        sessions_error** error) {
  return change_text(config, "key", key, key_len, error, &Config::add_key);
}

sessions_status sessions_config_set_store_credentials(sessions_config* config, const char* user, size_t user_len,
                                                      const char* password, size_t password_len,
                                                      sessions_error** error) {
  return change(config, error, [&](Config& changed) -> Result<void> {
    const Result<std::string_view> name = capi::text("user", user, user_len);
    const Result<std::string_view> secret = capi::text("password", password, password_len);
    if (!name || !secret) {
      return !name ? name.error() : secret.error();
    }
    return changed.set_store_credentials(*name, *secret);
  });
}

sessions_status sessions_config_set_cookie_name(sessions_config* config, const char* name, size_t name_len,
                                                sessions_error** error) {
  return change_text(config, "name", name, name_len, error, &Config::set_cookie_name);
}

sessions_status sessions_config_set_cookie_path(sessions_config* config, const char* path, size_t path_len,
                                                sessions_error** error) {
  return change_text(config, "path", path, path_len, error, &Config::set_cookie_path);
}

sessions_status sessions_config_set_cookie_domain(sessions_config* config, const char* domain, size_t domain_len,
                                                  sessions_error** error) {
  return change_text(config, "domain", domain, domain_len, error, &Config::set_cookie_domain);
}

sessions_status sessions_config_set_same_site(sessions_config* config, int32_t same_site, sessions_error** error) {
  return change(config, error, [&](Config& changed) { return changed.set_same_site(same_site); });
}

sessions_status sessions_config_set_secure(sessions_config* config, int32_t secure, sessions_error** error) {
  return change(config, error, [&](Config& changed) { return changed.set_secure(secure); });
}

sessions_status sessions_config_set_http_only(sessions_config* config, int32_t http_only, sessions_error** error) {
  return change(config, error, [&](Config& changed) { return changed.set_http_only(http_only); });
}

sessions_status sessions_config_set_partitioned(sessions_config* config, int32_t partitioned, sessions_error** error) {
  return change(config, error, [&](Config& changed) { return changed.set_partitioned(partitioned); });
}

sessions_status sessions_config_set_plain_http(sessions_config* config, sessions_error** error) {
  return change(config, error, [](Config& changed) { return changed.set_plain_http(); });
}

sessions_status sessions_config_set_lifetime_seconds(sessions_config* config, int64_t seconds, sessions_error** error) {
  return change(config, error, [&](Config& changed) { return changed.set_lifetime_seconds(seconds); });
}

sessions_status sessions_config_set_renew_after_seconds(sessions_config* config, int64_t seconds,
                                                        sessions_error** error) {
  return change(config, error, [&](Config& changed) { return changed.set_renew_after_seconds(seconds); });
}

sessions_status sessions_config_set_persistent(sessions_config* config, int32_t persistent, sessions_error** error) {
  return change(config, error, [&](Config& changed) { return changed.set_persistent(persistent); });
}

sessions_status sessions_config_set_commit_mode(sessions_config* config, int32_t mode, sessions_error** error) {
  return change(config, error, [&](Config& changed) { return changed.set_commit_mode(mode); });
}

sessions_status sessions_config_set_timeout_ms(sessions_config* config, int64_t milliseconds, sessions_error** error) {
  return change(config, error, [&](Config& changed) { return changed.set_timeout_ms(milliseconds); });
}

sessions_status sessions_config_set_max_content_bytes(sessions_config* config, int64_t bytes, sessions_error** error) {
  return change(config, error, [&](Config& changed) { return changed.set_max_content_bytes(bytes); });
}

sessions_status sessions_config_set_clock(sessions_config* config, sessions_clock_fn clock, void* user_data,
                                          sessions_destroy_fn destroy, sessions_error** error) {
  return change_hook(config, user_data, destroy, error, [&](Config& changed, std::shared_ptr<void> owned) {
    const auto ask = [clock, owned = std::move(owned)] {
      return capi::call([&] { return std::optional(clock(owned.get())); }, std::nullopt).value_or(system_clock());
    };
    changed.set_clock(clock == nullptr ? Clock() : ask);
  });
}

sessions_status sessions_config_set_random(sessions_config* config, sessions_random_fn random, void* user_data,
                                           sessions_destroy_fn destroy, sessions_error** error) {
  return change_hook(config, user_data, destroy, error, [&](Config& changed, std::shared_ptr<void> owned) {
    const auto fill = [random, owned = std::move(owned)](std::span<char> bytes) -> Result<void> {
      const auto fill_all = [&] { return random(owned.get(), bytes.data(), bytes.size()); };
      if (capi::call(fill_all, SESSIONS_E_CALLBACK) == SESSIONS_OK) {
        return {};
      }
      return Error{Status::callback, "the random source of the config reported a failure, so no session id was made"};
    };
    changed.set_random(random == nullptr ? RandomSource() : fill);
  });
}

sessions_status sessions_config_set_log(sessions_config* config, sessions_log_fn log, void* user_data,
                                        sessions_destroy_fn destroy, sessions_error** error) {
  return change_hook(config, user_data, destroy, error, [&](Config& changed, std::shared_ptr<void> owned) {
    const auto write = [log, owned = std::move(owned)](LogLevel level, std::string_view message) {
      capi::call([&] { log(owned.get(), static_cast<int32_t>(level), message.data(), message.size()); });
    };
    changed.set_log(log == nullptr ? Log() : write);
  });
}
