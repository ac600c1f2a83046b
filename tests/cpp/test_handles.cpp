// Handles: moved from, adopted and given away, ended in any order.
#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <support/catch.hpp>
#include <type_traits>
#include <utility>

#include "world.hpp"

using sessions::Backend;
using sessions::Config;
using sessions::Manager;
using sessions::Session;
using sessions::Status;
using std::chrono::milliseconds;
using std::chrono::seconds;
using world::World;

namespace {

template <class Handle>
constexpr bool can_only_be_moved =
    !std::is_copy_constructible_v<Handle> && !std::is_copy_assignable_v<Handle> &&
    std::is_nothrow_move_constructible_v<Handle> && std::is_nothrow_move_assignable_v<Handle>;

static_assert(can_only_be_moved<Backend>);
static_assert(can_only_be_moved<Config>);
static_assert(can_only_be_moved<Manager>);
static_assert(can_only_be_moved<Session>);

// All that was moved from.
struct Hollow {
  World world;
  Manager manager = world.manager();
  Session session = manager.load("").value_or_throw();
  Backend backend = Backend(world.backend.release());
  Config config = Config(world.config.release());
  Manager kept_manager = std::move(manager);
  Session kept_session = std::move(session);
};

}  // namespace

TEST_CASE("what was moved from refuses or is empty: backend and config") {
  Hollow hollow;
  const Backend& backend = hollow.world.backend;
  Config& config = hollow.world.config;
  CHECK(backend.handle() == nullptr);
  CHECK(Manager::make(backend).status() == Status::invalid);
  CHECK(Manager::make(hollow.backend, config).status() == Status::invalid);
  CHECK(Backend::open("memory:", config).status() == Status::invalid);

  CHECK(config.add_key("key").status() == Status::invalid);
  CHECK(config.set_store_credentials("", "password").status() == Status::invalid);
  CHECK(config.set_cookie_name("name").status() == Status::invalid);
  CHECK(config.set_cookie_path("/").status() == Status::invalid);
  CHECK(config.set_cookie_domain("").status() == Status::invalid);
  CHECK(config.set_same_site(sessions::SameSite::lax).status() == Status::invalid);
  CHECK(config.set_secure(true).status() == Status::invalid);
  CHECK(config.set_http_only(true).status() == Status::invalid);
  CHECK(config.set_partitioned(false).status() == Status::invalid);
  CHECK(config.set_persistent(true).status() == Status::invalid);
  CHECK(config.set_plain_http().status() == Status::invalid);
  CHECK(config.set_lifetime(seconds(1)).status() == Status::invalid);
  CHECK(config.set_renew_after(seconds(1)).status() == Status::invalid);
  CHECK(config.set_commit_mode(sessions::CommitMode::merge).status() == Status::invalid);
  CHECK(config.set_timeout(milliseconds(1)).status() == Status::invalid);
  CHECK(config.set_max_content_bytes(1000).status() == Status::invalid);
  CHECK(config.set_clock([] { return 0; }).status() == Status::invalid);
  CHECK(config.set_random([](void*, std::size_t) { return true; }).status() == Status::invalid);
  CHECK(config.set_log([](sessions::LogLevel, std::string_view) {}).status() == Status::invalid);
}

TEST_CASE("what was moved from refuses or is empty: manager and session") {
  Hollow hollow;
  const Manager& manager = hollow.manager;
  CHECK(manager.load("").status() == Status::invalid);
  CHECK(manager.load_value("").status() == Status::invalid);
  CHECK(manager.new_session().status() == Status::invalid);
  CHECK(manager.ping().status() == Status::invalid);
  CHECK(manager.sweep(1).status() == Status::invalid);
  CHECK(manager.statistics().status() == Status::invalid);

  Session& session = hollow.session;
  CHECK(session.handle() == nullptr);
  CHECK(session.set_timeout(milliseconds(1)).status() == Status::invalid);
  CHECK(session.set_commit_mode(sessions::CommitMode::merge).status() == Status::invalid);
  CHECK(session.load("").status() == Status::invalid);
  CHECK(session.load_value("").status() == Status::invalid);
  CHECK(session.origin() == sessions::Origin::new_session);
  CHECK(session.get<bool>("key").status() == Status::invalid);
  CHECK(session.get<int>("key").status() == Status::invalid);
  CHECK(session.get<unsigned>("key").status() == Status::invalid);
  CHECK(session.get<double>("key").status() == Status::invalid);
  CHECK(session.get<std::nullptr_t>("key").status() == Status::invalid);
  CHECK(session.get<std::string_view>("key").status() == Status::invalid);
  CHECK(session.get<std::string>("key").status() == Status::invalid);
  CHECK(session.get_json("key").status() == Status::invalid);
  CHECK(session.get_cjson("key").status() == Status::invalid);
  CHECK(session.type("key").status() == Status::invalid);
  CHECK(session.contains("key").status() == Status::invalid);
  CHECK(session.empty());
  CHECK(session.keys().value_or_throw().empty());
  CHECK(session.to_json().status() == Status::invalid);
  CHECK(session.set("key", 1).status() == Status::invalid);
  CHECK(session.set("key", "text").status() == Status::invalid);
  CHECK(session.set_json("key", "1").status() == Status::invalid);
  CHECK(session.set_cjson("key", nullptr).status() == Status::invalid);
  CHECK(session.from_json("{}").status() == Status::invalid);
  CHECK(session.increment("key").status() == Status::invalid);
  CHECK(session.remove("key").status() == Status::invalid);
  CHECK(session.pop_string("key").status() == Status::invalid);
  CHECK(session.pop_json("key").status() == Status::invalid);
  CHECK(session.clear().status() == Status::invalid);
  CHECK(session.commit().status() == Status::invalid);
  CHECK(session.regenerate().status() == Status::invalid);
  CHECK(session.destroy().status() == Status::invalid);
  CHECK(session.outcome() == sessions::Outcome::unchanged);
  CHECK_FALSE(session.is_degraded());
  CHECK(session.contested_keys().empty());
  CHECK(session.cookie_lines().empty());
  CHECK_FALSE(session.varies_by_cookie());
  CHECK_FALSE(session.must_not_be_cached());
}

TEST_CASE("what was moved from may be assigned to") {
  Hollow hollow;
  hollow.session = std::move(hollow.kept_session);
  CHECK(hollow.session.set("key", 1));
  hollow.manager = std::move(hollow.kept_manager);
  CHECK(hollow.manager.load(""));
  hollow.session = hollow.manager.load("").value_or_throw();
  CHECK(hollow.session.empty());
}

TEST_CASE("handles of C are adopted and given away") {
  World world;
  Manager manager = world.manager();
  sessions_manager* const raw = manager.release();
  CHECK(manager.handle() == nullptr);
  const Manager again(raw);
  CHECK(again.handle() == raw);
  Session session(again.load("").value_or_throw().release());
  CHECK(session.set("key", 1));
}

TEST_CASE("handles end in any order") {
  std::array<int, 4> order = {0, 1, 2, 3};
  do {
    World world;
    auto config = std::make_unique<Config>(std::move(world.config));
    auto backend = std::make_unique<Backend>(std::move(world.backend));
    auto manager = std::make_unique<Manager>(Manager::make(*backend, *config).value_or_throw());
    auto session = std::make_unique<Session>(manager->load("").value_or_throw());
    REQUIRE(session->set("key", "value"));
    const auto end = [&](int which) {
      which == 0 ? config.reset() : which == 1 ? backend.reset() : which == 2 ? manager.reset() : session.reset();
    };
    for (const int which : order) {
      end(which);
      if (session) {
        CHECK(session->get<std::string_view>("key").value_or_throw() == "value");
        CHECK(session->commit());
        CHECK(session->cookie_lines().size() == 1);
      }
    }
  } while (std::next_permutation(order.begin(), order.end()));
}
