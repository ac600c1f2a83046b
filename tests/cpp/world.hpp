// A world under control: managers whose clock stands still, with keys, over plain HTTP.
#pragma once

#include <cstdint>
#include <memory>
#include <sessions.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace world {

inline constexpr std::string_view key = "a signing key of thirty-two bytes or more";
inline constexpr std::int64_t start = 1'700'000'000;

struct World {
  explicit World(std::string_view url = "memory:") : World(sessions::Backend::open(url).value_or_throw()) {}

  explicit World(sessions::Backend opened) : backend(std::move(opened)) {
    config.set_plain_http().value_or_throw();
    config.set_clock([now = now] { return *now; }).value_or_throw();
    config.add_key(key).value_or_throw();
  }

  sessions::Manager manager() const { return sessions::Manager::make(backend, config).value_or_throw(); }

  std::shared_ptr<std::int64_t> now = std::make_shared<std::int64_t>(start);
  sessions::Backend backend;
  sessions::Config config = sessions::Config::make().value_or_throw();
};

// The Cookie header of a browser that got the session's first line.
inline std::string header_of(const sessions::Session& session) {
  const auto lines = session.cookie_lines();
  const std::string_view line = lines.empty() ? std::string_view() : *lines.begin();
  return std::string(line.substr(0, line.find(';')));
}

// A session with one key, stored; gives its Cookie header.
inline std::string stored(const sessions::Manager& manager, std::string_view name, std::int64_t value) {
  auto session = manager.load("").value_or_throw();
  session.set(name, value).value_or_throw();
  session.commit().value_or_throw();
  return header_of(session);
}

}  // namespace world
