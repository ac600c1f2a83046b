#include <manager/config.hpp>
#include <string>

#include "../../support/catch.hpp"

using namespace sessions;
using manager::Config;

namespace {

void refuses(const Result<void>& result, std::string_view word) {
  REQUIRE_FALSE(result);
  CHECK(result.error().status == Status::invalid);
  CAPTURE(result.error().message);
  CHECK(result.error().message.find(word) != std::string::npos);
}

}  // namespace

TEST_CASE("a fresh config is safe") {
  const Config config;
  CHECK(config.cookie().name == "__Host-session");
  CHECK(config.cookie().path == "/");
  CHECK(config.cookie().domain.empty());
  CHECK(config.cookie().same_site == cookie::SameSite::lax);
  CHECK((config.cookie().secure && config.cookie().http_only && !config.cookie().partitioned));
  CHECK(config.lifetime() == 1'209'600);
  CHECK(config.renew_after() == 120'960);
  CHECK(config.persistent());
  CHECK(config.timeout() == std::chrono::milliseconds(2'000));
  CHECK(config.max_content_bytes() == 65'536);
  CHECK(config.keys().empty());
}

TEST_CASE("contradictions are refused when they are set, and leave the config as it was") {
  Config config;
  refuses(config.set_secure(0), "Secure");
  refuses(config.set_cookie_domain("example.com"), "__Host-");
  refuses(config.set_cookie_path("/app"), "__Host-");
  CHECK(config.cookie().secure);
  CHECK(config.cookie().domain.empty());
  CHECK(config.cookie().path == "/");
  REQUIRE(config.set_cookie_name("app"));
  REQUIRE(config.set_cookie_domain(".example.com"));
  CHECK(config.cookie().domain == "example.com");
  refuses(config.set_cookie_name("__hOsT-app"), "Domain");
  REQUIRE(config.set_same_site(3));
  refuses(config.set_secure(0), "SameSite=None");
  refuses(config.set_plain_http(), "SameSite=None");
  CHECK(config.cookie().name == "app");
  REQUIRE(config.set_same_site(1));
  REQUIRE(config.set_partitioned(1));
  refuses(config.set_secure(0), "Partitioned");
  REQUIRE(config.set_partitioned(0));
  REQUIRE(config.set_plain_http());
  CHECK(config.cookie().name == "session");
  CHECK_FALSE(config.cookie().secure);
  refuses(config.set_same_site(3), "Secure");
}

TEST_CASE("bytes that would break out of the header are refused") {
  Config config;
  for (const std::string& bad : {std::string("a\r"), std::string("a\n"), std::string("a;b"), std::string("a\0b", 3)}) {
    refuses(config.set_cookie_name(bad), "name");
    refuses(config.set_cookie_path("/" + bad), "path");
  }
  REQUIRE(config.set_cookie_name("app"));
  for (const std::string& bad : {std::string("a\r"), std::string("a\n"), std::string("a;b"), std::string("a\0b", 3)}) {
    refuses(config.set_cookie_domain(bad), "omain");
  }
  refuses(config.set_cookie_domain("."), "omain");
}

TEST_CASE("numbers have bounds") {
  Config config;
  refuses(config.set_lifetime_seconds(0), "from 1 to 3155760000");
  refuses(config.set_lifetime_seconds(3'155'760'001), "from 1 to");
  REQUIRE(config.set_lifetime_seconds(3'155'760'000));
  refuses(config.set_renew_after_seconds(-2), "from -1 to");
  REQUIRE(config.set_renew_after_seconds(0));
  CHECK(config.renew_after() == 0);
  REQUIRE(config.set_renew_after_seconds(-1));
  CHECK(config.renew_after() == 315'576'000);
  refuses(config.set_timeout_ms(0), "from 1 to 3600000");
  refuses(config.set_max_content_bytes(63), "from 64 to");
  for (const std::int32_t bad : {-1, 2}) {
    refuses(config.set_secure(bad), "0 or 1");
    refuses(config.set_http_only(bad), "0 or 1");
    refuses(config.set_partitioned(bad), "0 or 1");
    refuses(config.set_persistent(bad), "0 or 1");
  }
  refuses(config.set_same_site(0), "SESSIONS_SAME_SITE");
  refuses(config.set_same_site(4), "SESSIONS_SAME_SITE");
}

TEST_CASE("keys are added up to sixteen") {
  Config config;
  refuses(config.add_key(""), "empty");
  for (int i = 0; i < 16; ++i) {
    REQUIRE(config.add_key(std::string(1, static_cast<char>(i))));
  }
  const auto refused = config.add_key("x");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().status == Status::limit);
  CHECK(config.keys().size() == 16);
}
