// What a manager is told: cookie attributes, lifetimes, keys, limits and hooks. Setters validate at once.
#pragma once

#include <algorithm>
#include <base/clock.hpp>
#include <base/log.hpp>
#include <base/random.hpp>
#include <base/result.hpp>
#include <chrono>
#include <cookie/attributes.hpp>
#include <crypto/secret.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <store/codec.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sessions::manager {

// What parallel requests may do to each other's changes. The numbers are those of <sessions/types.h>.
enum class CommitMode : std::int32_t { merge = 1, strict, last_write };

// Documented in <sessions/config.h>. Every setter leaves the config as it was when it refuses.
struct StoreCredentials {
  std::string user;
  crypto::Secret password;
};

class Config {
 public:
  Result<void> add_key(std::string_view key);

  // Both empty: none.
  Result<void> set_store_credentials(std::string_view user, std::string_view password);

  Result<void> set_cookie_name(std::string_view name);
  Result<void> set_cookie_path(std::string_view path);
  Result<void> set_cookie_domain(std::string_view domain);
  Result<void> set_same_site(std::int32_t same_site);
  Result<void> set_secure(std::int32_t secure);
  Result<void> set_http_only(std::int32_t http_only);
  Result<void> set_partitioned(std::int32_t partitioned);
  Result<void> set_plain_http();

  Result<void> set_lifetime_seconds(std::int64_t seconds);
  Result<void> set_renew_after_seconds(std::int64_t seconds);
  Result<void> set_persistent(std::int32_t persistent);
  Result<void> set_commit_mode(std::int32_t mode);
  Result<void> set_timeout_ms(std::int64_t milliseconds);
  Result<void> set_max_content_bytes(std::int64_t bytes);

  // Empty restores the system's, or silence.
  void set_clock(Clock clock) { clock_ = std::move(clock); }
  void set_random(RandomSource random) { random_ = std::move(random); }
  void set_log(Log log) { log_ = std::move(log); }
  void set_codec(std::shared_ptr<const store::Codec> codec) { codec_ = std::move(codec); }

  const cookie::Attributes& cookie() const noexcept { return cookie_; }
  const std::vector<crypto::Secret>& keys() const noexcept { return keys_; }
  const std::optional<StoreCredentials>& store_credentials() const noexcept { return store_credentials_; }
  std::int64_t lifetime() const noexcept { return lifetime_; }
  std::int64_t renew_after() const noexcept {
    return renew_after_ < 0 ? std::max<std::int64_t>(1, lifetime_ / 10) : renew_after_;
  }
  bool persistent() const noexcept { return persistent_; }
  CommitMode commit_mode() const noexcept { return commit_mode_; }
  std::chrono::milliseconds timeout() const noexcept { return timeout_; }
  std::size_t max_content_bytes() const noexcept { return max_content_bytes_; }

  const std::shared_ptr<const store::Codec>& codec() const noexcept { return codec_; }

  std::int64_t now() const;
  Result<void> random(std::span<char> bytes) const { return random_ ? random_(bytes) : system_random(bytes); }
  void log(LogLevel level, std::string_view message) const;

  bool has_own_clock() const noexcept { return static_cast<bool>(clock_); }
  bool has_own_random() const noexcept { return static_cast<bool>(random_); }

 private:
  Result<void> set_cookie(cookie::Attributes changed);

  cookie::Attributes cookie_;
  std::vector<crypto::Secret> keys_;
  std::optional<StoreCredentials> store_credentials_;
  std::int64_t lifetime_ = 1'209'600;
  std::int64_t renew_after_ = -1;  // a tenth of the lifetime
  bool persistent_ = true;
  CommitMode commit_mode_ = CommitMode::merge;
  std::chrono::milliseconds timeout_{2'000};
  std::size_t max_content_bytes_ = 65'536;
  Clock clock_;
  RandomSource random_;
  Log log_;
  std::shared_ptr<const store::Codec> codec_;
};

// Also for one session.
Result<CommitMode> check_commit_mode(std::int32_t mode);
Result<std::chrono::milliseconds> check_timeout_ms(std::int64_t milliseconds);

}  // namespace sessions::manager
