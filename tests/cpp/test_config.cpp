// Configs: every setter with good and bad input, and the hooks.
#include <atomic>
#include <chrono>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>
#include <support/catch.hpp>
#include <vector>

#include "world.hpp"

using sessions::Config;
using sessions::Manager;
using sessions::Session;
using sessions::Status;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using world::World;

namespace {

std::string line_of(const Config& config) {
  const auto backend = sessions::Backend::open("memory:").value_or_throw();
  auto session = Manager::make(backend, config).value_or_throw().load("").value_or_throw();
  session.set("key", 1).value_or_throw();
  session.commit().value_or_throw();
  return std::string(*session.cookie_lines().begin());
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// Counts how many of it are alive.
class Counted {
 public:
  explicit Counted(int& alive) : alive_(&alive) { ++*alive_; }
  Counted(const Counted& other) : alive_(other.alive_) { ++*alive_; }
  Counted(Counted&& other) noexcept : alive_(other.alive_) { ++*alive_; }
  Counted& operator=(const Counted&) = delete;
  Counted& operator=(Counted&&) = delete;
  ~Counted() { --*alive_; }

 private:
  int* alive_;
};

// A clock that there is never any memory for.
struct Large {
  static void* operator new(std::size_t /*size*/, const std::nothrow_t& /*tag*/) noexcept { return nullptr; }
  static void operator delete(void* /*memory*/) noexcept {}

  std::int64_t operator()() const { return 0; }
};

// Turns every byte around, and does as it is told.
struct Codec {
  std::shared_ptr<int> mode = std::make_shared<int>(0);

  sessions::Status encode(std::string_view json, sessions::CodecOutput& out) const { return turn(json, out); }
  sessions::Status decode(std::string_view bytes, sessions::CodecOutput& out) const { return turn(bytes, out); }

  sessions::Status turn(std::string_view text, sessions::CodecOutput& out) const {
    switch (*mode) {
      case 1:
        return static_cast<Status>(-517);
      case 2:
        throw std::runtime_error("cannot");
      case 3:
        throw std::bad_alloc();
      default:
        return out.append(std::string(text.rbegin(), text.rend()));
    }
  }
};

}  // namespace

TEST_CASE("attributes go into the line") {
  Config config = Config::make().value_or_throw();
  CHECK(has(line_of(config), "__Host-session="));
  REQUIRE(config.set_cookie_name("sid"));
  REQUIRE(config.set_cookie_path("/app"));
  REQUIRE(config.set_cookie_domain("example.org"));
  REQUIRE(config.set_same_site(sessions::SameSite::strict));
  REQUIRE(config.set_http_only(false));
  REQUIRE(config.set_partitioned(true));
  REQUIRE(config.set_lifetime(hours(1)));
  const std::string line = line_of(config);
  CHECK(line.substr(0, 4) == "sid=");
  for (const char* const part :
       {"Path=/app", "Domain=example.org", "SameSite=Strict", "Secure", "Partitioned", "Max-Age=3600"}) {
    CHECK(has(line, part));
  }
  CHECK_FALSE(has(line, "HttpOnly"));
  REQUIRE(config.set_partitioned(false));
  REQUIRE(config.set_secure(false));
  REQUIRE(config.set_persistent(false));
  CHECK_FALSE(has(line_of(config), "Secure"));
  CHECK_FALSE(has(line_of(config), "Max-Age"));
  REQUIRE(config.set_plain_http());
  CHECK(line_of(config).substr(0, 8) == "session=");
}

TEST_CASE("settings that are refused say why and change nothing") {
  Config config = Config::make().value_or_throw();
  const std::vector<sessions::Result<void>> ended = [&] {
    std::vector<sessions::Result<void>> results;
    results.push_back(config.add_key(""));
    results.push_back(config.set_store_credentials("user", ""));
    results.push_back(config.set_cookie_name("a b"));
    results.push_back(config.set_cookie_path("relative"));
    results.push_back(config.set_cookie_domain("example.org"));
    results.push_back(config.set_same_site(static_cast<sessions::SameSite>(7)));
    results.push_back(config.set_secure(false));
    results.push_back(config.set_lifetime(seconds(0)));
    results.push_back(config.set_lifetime(seconds(std::numeric_limits<seconds::rep>::max())));
    results.push_back(config.set_renew_after(seconds(-2)));
    results.push_back(config.set_commit_mode(static_cast<sessions::CommitMode>(0)));
    results.push_back(config.set_timeout(milliseconds(0)));
    results.push_back(config.set_max_content_bytes(63));
    return results;
  }();
  for (const auto& result : ended) {
    CHECK(result.status() == Status::invalid);
    CHECK(result.error().message() != message(Status::invalid));
  }
  CHECK(has(line_of(config), "__Host-session="));
}

TEST_CASE("lifetimes, renewal, modes, timeouts and limits are taken") {
  World world;
  REQUIRE(world.config.set_lifetime(seconds(100)));
  REQUIRE(world.config.set_renew_after(seconds(-1)));
  REQUIRE(world.config.set_renew_after(seconds(0)));
  REQUIRE(world.config.set_timeout(milliseconds(1)));
  REQUIRE(world.config.set_max_content_bytes(64));
  REQUIRE(world.config.set_commit_mode(sessions::CommitMode::last_write));
  REQUIRE(world.config.set_http_only(true));
  REQUIRE(world.config.set_persistent(true));
  const Manager manager = world.manager();
  const std::string header = world::stored(manager, "key", 1);
  CHECK(manager.load("").value_or_throw().set("key", std::string(70, 'x')).status() == Status::limit);
  *world.now += 100;
  CHECK(manager.load(header).value_or_throw().origin() == sessions::Origin::restored);
  *world.now += 1;
  CHECK(manager.load(header).value_or_throw().origin() == sessions::Origin::refused_expired);
}

TEST_CASE("credentials are for Redis") {
  Config config = Config::make().value_or_throw();
  CHECK(sessions::Backend::open("memory:", config));
  REQUIRE(config.set_store_credentials("", "password"));
  CHECK(sessions::Backend::open("memory:", config).status() == Status::invalid);
  REQUIRE(config.set_store_credentials("", ""));
  CHECK(sessions::Backend::open("memory:", config));
}

TEST_CASE("keys are bytes, and sign") {
  World world("signed-cookie:");
  const std::string header = world::stored(world.manager(), "key", 1);
  Config other = Config::make().value_or_throw();
  REQUIRE(other.set_plain_http());
  CHECK(Manager::make(world.backend, other).status() == Status::invalid);
  REQUIRE(other.add_key(std::string_view("\0another key of thirty-two bytes or more", 40)));
  const Manager manager = Manager::make(world.backend, other).value_or_throw();
  CHECK(manager.load(header).value_or_throw().origin() == sessions::Origin::refused_signature);
  CHECK(Manager::make(world.backend).status() == Status::invalid);
}

TEST_CASE("a clock that throws is the system's") {
  World world;
  const std::string header = world::stored(world.manager(), "key", 1);
  REQUIRE(world.config.set_clock([]() -> std::int64_t { throw std::runtime_error("no time"); }));
  CHECK(world.manager().load(header).value_or_throw().origin() == sessions::Origin::refused_expired);
  REQUIRE(world.config.set_clock([] { return world::start; }));
  CHECK(world.manager().load(header).value_or_throw().origin() == sessions::Origin::restored);
  REQUIRE(world.config.set_clock(nullptr));
  CHECK(world.manager().load(header).value_or_throw().origin() == sessions::Origin::refused_expired);
}

TEST_CASE("randomness of the host's makes ids, or fails the call") {
  World world;
  REQUIRE(world.config.set_random([](void* bytes, std::size_t size) { return std::memset(bytes, 0, size) == bytes; }));
  const std::string zeros = world::stored(world.manager(), "key", 1);
  CHECK(zeros == "session=" + std::string(43, 'A'));
  REQUIRE(world.config.set_random([](void*, std::size_t) { return false; }));
  Session refused = world.manager().load("").value_or_throw();
  REQUIRE(refused.set("key", 1));
  CHECK(refused.commit().status() == Status::callback);
  REQUIRE(world.config.set_random([](void*, std::size_t) -> bool { throw 7; }));
  Session thrown = world.manager().load("").value_or_throw();
  REQUIRE(thrown.set("key", 1));
  CHECK(thrown.commit().status() == Status::callback);
  REQUIRE(world.config.set_random(nullptr));
  CHECK(world::stored(world.manager(), "key", 1) != zeros);
}

TEST_CASE("a log takes messages, and may throw") {
  World world;
  auto warnings = std::make_shared<std::atomic<int>>(0);
  REQUIRE(world.config.set_log([warnings](sessions::LogLevel level, std::string_view message) {
    *warnings += level == sessions::LogLevel::warning && !message.empty() ? 1 : 0;
    throw std::runtime_error("dropped");
  }));
  const Manager manager = world.manager();
  const int logged = *warnings;
  CHECK(logged >= 2);  // the clock, and plain HTTP
  REQUIRE(world.config.set_log(nullptr));
  const Manager silent = world.manager();
  CHECK(*warnings == logged);
}

TEST_CASE("hooks live as long as somebody may call them") {
  int alive = 0;
  {
    World world;
    REQUIRE(world.config.set_clock([counted = Counted(alive)] { return world::start; }));
    CHECK(alive == 1);
    const Manager manager = world.manager();
    REQUIRE(world.config.set_clock(nullptr));
    CHECK(alive == 1);
    CHECK(manager.load(""));
  }
  CHECK(alive == 0);
  Config hollow = Config::make().value_or_throw();
  const Config taken = std::move(hollow);
  CHECK(hollow.set_clock([counted = Counted(alive)] { return world::start; }).status() == Status::invalid);
  CHECK(alive == 0);
}

TEST_CASE("hooks that there is no memory for are refused, and change nothing") {
  World world;
  const std::string header = world::stored(world.manager(), "key", 1);
  CHECK(world.config.set_clock(Large()).status() == Status::nomem);
  CHECK(world.manager().load(header).value_or_throw().origin() == sessions::Origin::restored);
}

TEST_CASE("hooks that can only be moved are taken") {
  World world;
  REQUIRE(world.config.set_clock([time = std::make_unique<std::int64_t>(world::start)] { return *time; }));
  CHECK(world.manager().load(""));
}

TEST_CASE("a codec codes, fails and throws") {
  World world("cookie:");
  const Codec codec;
  REQUIRE(world.config.set_codec(codec));
  const Manager manager = world.manager();
  const std::string header = world::stored(manager, "key", 7);
  CHECK(manager.load(header).value_or_throw().get<int>("key").value_or_throw() == 7);

  Session session = manager.load("").value_or_throw();
  REQUIRE(session.set("key", 1));
  *codec.mode = 1;
  CHECK(session.commit().status() == static_cast<Status>(-517));
  CHECK(session.commit().error().category() == sessions::Category::callback);
  *codec.mode = 2;
  CHECK(session.commit().status() == Status::callback);
  CHECK(manager.load(header).value_or_throw().origin() == sessions::Origin::refused_content);
  *codec.mode = 3;
  CHECK(session.commit().status() == Status::nomem);
  *codec.mode = 0;
  CHECK(session.commit());

  REQUIRE(world.config.set_codec(nullptr));
  CHECK(world.manager().load(header).value_or_throw().origin() == sessions::Origin::refused_content);
}
