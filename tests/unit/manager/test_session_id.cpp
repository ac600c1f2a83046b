#include <algorithm>
#include <manager/config.hpp>
#include <manager/session_id.hpp>
#include <string>

#include "../../support/catch.hpp"

using namespace sessions;
using manager::Config;
using manager::SessionId;

namespace {

std::string value_of(const SessionId& id) {
  std::string value;
  value += id.text();
  return value;
}

}  // namespace

TEST_CASE("an id is the 32 bytes of the random source, and nothing else") {
  Config config;
  config.set_random([](std::span<char> bytes) -> Result<void> {
    REQUIRE(bytes.size() == 32);
    std::fill(bytes.begin(), bytes.end(), '\xff');
    return {};
  });
  const auto id = SessionId::random(config);
  REQUIRE(id);
  CHECK(value_of(*id) == std::string(42, '_') + "8");
}

TEST_CASE("without randomness there is no id") {
  Config config;
  config.set_random([](std::span<char>) -> Result<void> { return Error{Status::random, "none"}; });
  const auto id = SessionId::random(config);
  REQUIRE_FALSE(id);
  CHECK(id.error().status == Status::random);
}

TEST_CASE("the system's ids differ") {
  const Config config;
  CHECK(value_of(*SessionId::random(config)) != value_of(*SessionId::random(config)));
}

TEST_CASE("an id has one spelling") {
  const std::string value = std::string(42, '_') + "8";
  REQUIRE(SessionId::parse(value));
  CHECK(value_of(*SessionId::parse(value)) == value);
  for (const std::string& bad : {std::string(), value.substr(1), value + "A", value + "=", std::string(42, '_') + "9",
                                 std::string(42, '/') + "8", std::string(43, '\0')}) {
    CHECK_FALSE(SessionId::parse(bad));
  }
}

TEST_CASE("a store sees a digest that says nothing of the id") {
  const auto sha256 = crypto::Digest::make(crypto::Algorithm::sha256);
  REQUIRE(sha256);
  const auto id = SessionId::parse(std::string(42, '_') + "8");
  const store::Key key = id->store_key(**sha256);
  CHECK(key == id->store_key(**sha256));
  CHECK(std::count(key.begin(), key.end(), '\xff') < 8);
  CHECK(key != SessionId::parse(std::string(43, 'A'))->store_key(**sha256));
}
