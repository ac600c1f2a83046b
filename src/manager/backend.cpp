#include <manager/backend.hpp>
#include <manager/redis_url.hpp>
#include <manager/url.hpp>
#include <store/memory.hpp>
#include <store/redis/open.hpp>
#include <store/sqlite.hpp>
#include <string>

namespace sessions::manager {

namespace {

Result<Backend> open_memory(const Url& url) {
  store::MemoryBounds bounds;
  for (const auto& [name, value] : url.parameters) {
    std::int64_t* bound = name == "max_sessions" ? &bounds.max_sessions
                          : name == "max_bytes"  ? &bounds.max_bytes
                                                 : nullptr;
    if (bound == nullptr) {
      return unknown_parameter(url, name);
    }
    const bool is_count = bound == &bounds.max_sessions;
    const Result<std::int64_t> number =
        to_number(url, name, value, is_count ? 1 : 65'536, is_count ? 1'000'000'000 : 1LL << 50U);
    if (!number) {
      return number.error();
    }
    *bound = *number;
  }
  return Backend{Backend::Kind::store, std::make_shared<store::Memory>(bounds)};
}

Result<store::SqliteOptions> sqlite_options(const Url& url) {
  using Synchronous = store::SqliteOptions::Synchronous;
  Result<std::string> path = decode_path(url);
  if (!path) {
    return path.error();
  }
  store::SqliteOptions options;
  options.path = std::move(*path);
  for (const auto& [name, value] : url.parameters) {
    if (name == "connections") {
      const Result<std::int64_t> number = to_number(url, name, value, 1, 64);
      if (!number) {
        return number.error();
      }
      options.connections = static_cast<std::size_t>(*number);
    } else if (name == "synchronous") {
      if (value != "off" && value != "normal" && value != "full") {
        return Error{Status::invalid,
                     "the parameter \"synchronous\" in the backend URL \"sqlite:...\" must be off, normal or full"};
      }
      options.synchronous = value == "off"    ? Synchronous::off
                            : value == "full" ? Synchronous::full
                                              : Synchronous::normal;
    } else {
      return unknown_parameter(url, name);
    }
  }
  return options;
}

Result<Backend> open_sqlite(const Url& url) {
  const Result<store::SqliteOptions> options = sqlite_options(url);
  if (!options) {
    return options.error();
  }
  Result<std::shared_ptr<store::Store>> opened = store::open_sqlite(*options);
  return opened ? Result<Backend>(Backend{Backend::Kind::store, std::move(*opened)}) : opened.error();
}

Result<Backend> open_redis(const Url& url, const std::optional<StoreCredentials>& credentials) {
  Result<store::redis::Options> options = redis_options(url);
  if (!options) {
    return options.error();
  }
  if (credentials) {
    options->user = credentials->user;
    options->password = credentials->password.view();
  }
  Result<store::redis::Opened> opened = store::redis::open(*options);
  return opened ? Result<Backend>(Backend{Backend::Kind::store, std::move(opened->store), std::move(opened->warning)})
                : opened.error();
}

Result<Backend> open_cookie(const Url& url, Backend::Kind kind) {
  if (!url.parameters.empty()) {
    return unknown_parameter(url, url.parameters.front().first);
  }
  return Backend{kind, nullptr};
}

// Where a scheme is missing, what stands before the first colon may be somebody's name, or password.
Error unknown_scheme(const Url& url) {
  const bool may_be_secret = url.rest.find('@') != std::string_view::npos && !url.rest.starts_with("//");
  return {Status::unsupported,
          (may_be_secret ? std::string("the backend URL has no scheme that is known")
                         : "the backend scheme \"" + std::string(url.scheme) + ":\" is unknown") +
              ": there are memory:, sqlite:, redis:, rediss:, redis+unix:, cookie: and signed-cookie:"};
}

}  // namespace

Result<Backend> open_backend(std::string_view text, const Config* config) {
  const Result<Url> url = parse_url(text);
  if (!url) {
    return url.error();
  }
  const std::string scheme(url->scheme);
  const std::optional<StoreCredentials> credentials = config ? config->store_credentials() : std::nullopt;
  if (scheme == "redis" || scheme == "rediss" || scheme == "redis+unix") {
    return open_redis(*url, credentials);
  }
  if (credentials) {
    return Error{Status::invalid, "the config has credentials for a store, but a backend \"" + scheme +
                                      ":\" takes none: only those of Redis do"};
  }
  if (scheme == "sqlite") {
    return open_sqlite(*url);
  }
  if (scheme != "memory" && scheme != "cookie" && scheme != "signed-cookie") {
    return unknown_scheme(*url);
  }
  if (!url->rest.empty()) {
    return Error{Status::invalid,
                 "a backend URL \"" + scheme + ":\" takes no host or path, only parameters after \"?\""};
  }
  if (scheme == "memory") {
    return open_memory(*url);
  }
  return open_cookie(*url, scheme == "cookie" ? Backend::Kind::plain_cookie : Backend::Kind::signed_cookie);
}

}  // namespace sessions::manager
