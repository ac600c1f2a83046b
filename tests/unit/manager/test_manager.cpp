#include <manager/manager.hpp>
#include <string>
#include <vector>

#include "../../support/browser.hpp"
#include "../../support/catch.hpp"

using namespace sessions;
using manager::Config;
using manager::Manager;
using testing::World;

namespace {

// The warnings of a manager over this backend.
std::string warnings(std::string_view url, Config config) {
  std::string all;
  config.set_log([&all](LogLevel level, std::string_view message) {
    CHECK(level == LogLevel::warning);
    all += std::string(message) + "\n";
  });
  REQUIRE(Manager::make(World::open(url), config));
  return all;
}

}  // namespace

TEST_CASE("a manager that signs needs a key, the others do not") {
  const auto refused = Manager::make(World::open("signed-cookie:"), Config());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().status == Status::invalid);
  CHECK(refused.error().message.find("sessions_config_add_key") != std::string::npos);
  CHECK(Manager::make(World::open("cookie:"), Config()));
  CHECK(Manager::make(World::open("memory:"), Config()));
}

TEST_CASE("what should not stay so in production is logged, what is fine is not") {
  CHECK(warnings("memory:", Config()).empty());
  CHECK(warnings("signed-cookie:", World::signing()).empty());
  CHECK(warnings("cookie:", Config()).find("forge") != std::string::npos);
  CHECK(warnings("memory:", World::signing()).find("does not sign") != std::string::npos);
  Config config;
  REQUIRE(config.add_key("short key"));
  REQUIRE(config.set_plain_http());
  REQUIRE(config.set_lifetime_seconds(40'000'000));
  config.set_clock([] { return std::int64_t{0}; });
  config.set_random(system_random);
  const std::string all = warnings("signed-cookie:", config);
  for (const char* word : {"32 bytes", "Secure", "400 days", "clock", "random"}) {
    CHECK(all.find(word) != std::string::npos);
  }
  CHECK(all.find("short key") == std::string::npos);
}

TEST_CASE("the longest attributes leave room for an id") {
  Config config;
  REQUIRE(config.set_cookie_name(std::string(256, 'n')));
  REQUIRE(config.set_cookie_path("/" + std::string(1'023, 'p')));
  const auto manager = Manager::make(World::open("memory:"), config);
  REQUIRE(manager);
  CHECK((*manager)->lines().before_value().size() + 43 + (*manager)->lines().after_value().size() <= 4'096);
}
