#include <algorithm>
#include <base/limits.hpp>
#include <envelope/plain.hpp>
#include <envelope/signed.hpp>
#include <manager/in_cookie.hpp>
#include <manager/in_store.hpp>
#include <manager/manager.hpp>
#include <optional>
#include <string>
#include <vector>

namespace sessions::manager {

namespace {

std::optional<std::int64_t> max_age(const Config& config) {
  return config.persistent() ? std::optional(config.lifetime()) : std::nullopt;
}

Result<std::unique_ptr<envelope::Envelope>> make_envelope(Backend::Kind kind, const Config& config) {
  if (kind == Backend::Kind::plain_cookie) {
    return std::unique_ptr<envelope::Envelope>(std::make_unique<envelope::Plain>());
  }
  if (config.keys().empty()) {
    return Error{Status::invalid, "the backend signed-cookie: needs a signing key: call sessions_config_add_key first"};
  }
  std::vector<std::string_view> secrets;
  for (const crypto::Secret& key : config.keys()) {
    secrets.push_back(key.view());
  }
  return envelope::Signed::make(secrets);
}

Result<std::unique_ptr<const Keeper>> make_keeper(const Backend& backend, const Config& config) {
  if (backend.kind == Backend::Kind::store) {
    auto sha256 = crypto::Digest::make(crypto::Algorithm::sha256);
    if (!sha256) {
      return sha256.error();
    }
    return std::unique_ptr<const Keeper>(std::make_unique<InStore>(backend.store, std::move(*sha256), config));
  }
  auto envelope = make_envelope(backend.kind, config);
  if (!envelope) {
    return envelope.error();
  }
  return std::unique_ptr<const Keeper>(std::make_unique<InCookie>(std::move(*envelope), config));
}

// What should not stay so in production.
void warn(const Config& config, const Backend& backend) {
  const auto say = [&config](std::string_view message) { config.log(LogLevel::warning, message); };
  if (config.has_own_clock()) {
    say("the clock is replaced: that is meant for tests");
  }
  if (config.has_own_random()) {
    say("the random source is replaced: that is meant for tests, session ids are only as random as it is");
  }
  if (!config.cookie().secure) {
    say("the session cookie is not Secure: it is also sent over plain HTTP, where others can read it");
  }
  if (!backend.warning.empty()) {
    say(backend.warning);
  }
  if (backend.kind == Backend::Kind::plain_cookie) {
    say("the backend cookie: does not sign: anyone can forge a session");
  }
  const auto is_short = [](const crypto::Secret& key) { return key.view().size() < limits::good_signing_key_bytes; };
  if (backend.kind != Backend::Kind::signed_cookie && !config.keys().empty()) {
    say("the config has signing keys, but the backend does not sign");
  } else if (std::any_of(config.keys().begin(), config.keys().end(), is_short)) {
    say("a signing key has fewer than 32 bytes: it may be guessed from one cookie");
  }
  if (config.persistent() && config.lifetime() > limits::max_age_seconds) {
    say("the lifetime is longer than browsers keep a cookie: Max-Age is sent as 400 days");
  }
}

}  // namespace

Manager::Manager(const Config& config) : config_(config), lines_(config_.cookie(), max_age(config_)) {}

Result<std::shared_ptr<const Manager>> Manager::make(const Backend& backend, const Config& config) {
  auto manager = std::make_shared<Manager>(config);
  auto keeper = make_keeper(backend, manager->config_);
  if (!keeper) {
    return keeper.error();
  }
  manager->keeper_ = std::move(*keeper);
  manager->store_ = backend.store;
  warn(manager->config_, backend);
  return std::shared_ptr<const Manager>(std::move(manager));
}

}  // namespace sessions::manager
