#include <algorithm>
#include <base/limits.hpp>
#include <manager/config.hpp>
#include <string>
#include <utility>

namespace sessions::manager {

namespace {

Error invalid(std::string message) { return {Status::invalid, std::move(message)}; }

Error out_of_bounds(std::string_view what, std::int64_t least, std::int64_t most) {
  return invalid(std::string(what) + " must be from " + std::to_string(least) + " to " + std::to_string(most));
}

Result<bool> to_bool(std::string_view what, std::int32_t value) {
  if (value != 0 && value != 1) {
    return invalid(std::string(what) + " must be 0 or 1");
  }
  return value == 1;
}

}  // namespace

void Config::log(LogLevel level, std::string_view message) const {
  if (log_) {
    log_(level, message);
  }
}

std::int64_t Config::now() const {
  return std::clamp(clock_ ? clock_() : system_clock(), -limits::latest_second, limits::latest_second);
}

Result<void> Config::add_key(std::string_view key) {
  if (key.empty()) {
    return invalid("a signing key must not be empty: give random bytes, at least 32 of them");
  }
  if (keys_.size() == limits::signing_keys) {
    return Error{Status::limit, "a config takes at most 16 signing keys: leave out those whose cookies have expired"};
  }
  keys_.emplace_back(key);
  return {};
}

Result<void> Config::set_store_credentials(std::string_view user, std::string_view password) {
  constexpr std::size_t most_bytes = 4096;
  if (password.empty() && !user.empty()) {
    return invalid("a user of the store needs a password");
  }
  if (user.size() > most_bytes || password.size() > most_bytes) {
    return invalid("a user or password of the store has more than 4096 bytes");
  }
  store_credentials_.reset();
  if (!password.empty()) {
    store_credentials_.emplace(StoreCredentials{std::string(user), crypto::Secret(password)});
  }
  return {};
}

Result<void> Config::set_cookie(cookie::Attributes changed) {
  Result<void> checked = cookie::check(changed);
  if (checked) {
    cookie_ = std::move(changed);
  }
  return checked;
}

Result<void> Config::set_cookie_name(std::string_view name) {
  cookie::Attributes changed = cookie_;
  changed.name = name;
  return set_cookie(std::move(changed));
}

Result<void> Config::set_cookie_path(std::string_view path) {
  cookie::Attributes changed = cookie_;
  changed.path = path;
  return set_cookie(std::move(changed));
}

Result<void> Config::set_cookie_domain(std::string_view domain) {
  cookie::Attributes changed = cookie_;
  // Browsers drop a leading dot: RFC 6265bis 5.6.3. A dot alone remains, to be refused.
  changed.domain = domain.size() > 1 && domain.front() == '.' ? domain.substr(1) : domain;
  return set_cookie(std::move(changed));
}

Result<void> Config::set_same_site(std::int32_t same_site) {
  if (same_site < 1 || same_site > 3) {
    return invalid("same_site must be one of the constants SESSIONS_SAME_SITE_LAX, _STRICT and _NONE");
  }
  cookie::Attributes changed = cookie_;
  changed.same_site = static_cast<cookie::SameSite>(same_site);
  return set_cookie(std::move(changed));
}

Result<void> Config::set_secure(std::int32_t secure) {
  const Result<bool> value = to_bool("secure", secure);
  if (!value) {
    return value.error();
  }
  cookie::Attributes changed = cookie_;
  changed.secure = *value;
  return set_cookie(std::move(changed));
}

Result<void> Config::set_http_only(std::int32_t http_only) {
  const Result<bool> value = to_bool("http_only", http_only);
  if (!value) {
    return value.error();
  }
  cookie::Attributes changed = cookie_;
  changed.http_only = *value;
  return set_cookie(std::move(changed));
}

Result<void> Config::set_partitioned(std::int32_t partitioned) {
  const Result<bool> value = to_bool("partitioned", partitioned);
  if (!value) {
    return value.error();
  }
  cookie::Attributes changed = cookie_;
  changed.partitioned = *value;
  return set_cookie(std::move(changed));
}

Result<void> Config::set_plain_http() {
  cookie::Attributes changed = cookie_;
  changed.name = "session";
  changed.secure = false;
  return set_cookie(std::move(changed));
}

Result<void> Config::set_lifetime_seconds(std::int64_t seconds) {
  if (seconds < 1 || seconds > limits::lifetime_seconds) {
    return out_of_bounds("the lifetime in seconds", 1, limits::lifetime_seconds);
  }
  lifetime_ = seconds;
  return {};
}

Result<void> Config::set_renew_after_seconds(std::int64_t seconds) {
  if (seconds < -1 || seconds > limits::lifetime_seconds) {
    return out_of_bounds("the seconds until renewal", -1, limits::lifetime_seconds);
  }
  renew_after_ = seconds;
  return {};
}

Result<void> Config::set_persistent(std::int32_t persistent) {
  const Result<bool> value = to_bool("persistent", persistent);
  if (!value) {
    return value.error();
  }
  persistent_ = *value;
  return {};
}

Result<void> Config::set_commit_mode(std::int32_t mode) {
  const Result<CommitMode> value = check_commit_mode(mode);
  if (!value) {
    return value.error();
  }
  commit_mode_ = *value;
  return {};
}

Result<void> Config::set_timeout_ms(std::int64_t milliseconds) {
  const Result<std::chrono::milliseconds> value = check_timeout_ms(milliseconds);
  if (!value) {
    return value.error();
  }
  timeout_ = *value;
  return {};
}

Result<void> Config::set_max_content_bytes(std::int64_t bytes) {
  constexpr std::int64_t least = 64;
  constexpr auto most = static_cast<std::int64_t>(limits::content_bytes);
  if (bytes < least || bytes > most) {
    return out_of_bounds("the greatest number of content bytes", least, most);
  }
  max_content_bytes_ = static_cast<std::size_t>(bytes);
  return {};
}

Result<CommitMode> check_commit_mode(std::int32_t mode) {
  if (mode < 1 || mode > 3) {
    return invalid("the commit mode must be one of the constants SESSIONS_COMMIT_MERGE, _STRICT and _LAST_WRITE");
  }
  return static_cast<CommitMode>(mode);
}

Result<std::chrono::milliseconds> check_timeout_ms(std::int64_t milliseconds) {
  if (milliseconds < 1 || milliseconds > limits::timeout_ms) {
    return out_of_bounds("the timeout in milliseconds", 1, limits::timeout_ms);
  }
  return std::chrono::milliseconds(milliseconds);
}

}  // namespace sessions::manager
