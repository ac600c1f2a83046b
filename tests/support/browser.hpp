// What a browser does with Set-Cookie lines, as far as sessions need it; and a manager under a clock that is set by
// hand.
#pragma once

#include <cstdint>
#include <manager/backend.hpp>
#include <manager/manager.hpp>
#include <manager/session.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "catch.hpp"

namespace sessions::testing {

class Browser {
 public:
  void take(const manager::Session& session) {
    for (const std::string& line : session.lines()) {
      const std::size_t end = line.find(';');
      if (line.find("; Max-Age=0") == std::string::npos) {
        cookie_ = line.substr(0, end);
      } else {
        cookie_.clear();
      }
    }
  }

  // The Cookie header.
  const std::string& header() const { return cookie_; }
  std::string value() const { return cookie_.substr(cookie_.find('=') + 1); }

 private:
  std::string cookie_;
};

class World {
 public:
  explicit World(const manager::Backend& backend, manager::Config config = signing())
      : now_(std::make_shared<std::int64_t>(start)) {
    config.set_clock([now = now_] { return *now; });
    auto made = manager::Manager::make(backend, config);
    REQUIRE(made);
    manager_ = std::move(*made);
  }

  static manager::Config signing() {
    manager::Config config;
    REQUIRE(config.add_key("a signing key of thirty-two bytes"));
    return config;
  }

  static manager::Backend open(std::string_view url) {
    auto backend = manager::open_backend(url);
    REQUIRE(backend);
    return *backend;
  }

  std::unique_ptr<manager::Session> load(const std::string& header) const {
    auto session = std::make_unique<manager::Session>(manager_);
    REQUIRE(session->load_header(header));
    return session;
  }

  void pass(std::int64_t seconds) { *now_ += seconds; }
  std::int64_t now() const { return *now_; }
  const std::shared_ptr<const manager::Manager>& manager() const { return manager_; }

  static constexpr std::int64_t start = 1'700'000'000;

 private:
  std::shared_ptr<std::int64_t> now_;
  std::shared_ptr<const manager::Manager> manager_;
};

}  // namespace sessions::testing
