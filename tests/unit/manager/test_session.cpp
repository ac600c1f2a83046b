#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../../support/browser.hpp"
#include "../../support/catch.hpp"
#include "../../support/held_store.hpp"

using namespace sessions;
using manager::Backend;
using manager::Config;
using manager::Origin;
using manager::Outcome;
using manager::Session;
using testing::Browser;
using testing::HeldStore;
using testing::World;

namespace {

const std::string unknown_cookie = "__Host-session=" + std::string(43, 'A');

// A session {"n":1} that a browser has, in a store that holds answers back.
struct Town {
  explicit Town(const Config& config = {}) : world({Backend::Kind::store, store}, config) {
    const auto session = world.load("");
    REQUIRE(session->content().set("n", "1") == Status::ok);
    REQUIRE(session->commit());
    browser.take(*session);
  }

  std::shared_ptr<HeldStore> store = std::make_shared<HeldStore>();
  World world;
  Browser browser;
};

bool is_pending(const Result<void>& result) { return !result && result.error().status == Status::pending; }

}  // namespace

TEST_CASE("a call that waits for the store is pending, and goes on with the answer") {
  const Town town;
  town.store->is_holding = true;
  Session session(town.world.manager());
  REQUIRE(is_pending(session.begin_load_header(town.browser.header())));
  CHECK(session.has_asked());
  town.store->let_go();
  REQUIRE(session.resume());
  CHECK_FALSE(session.has_asked());
  CHECK(session.origin() == Origin::restored);

  REQUIRE(session.content().set("n", "2") == Status::ok);
  REQUIRE(is_pending(session.begin_commit()));
  CHECK(session.lines().empty());
  CHECK(session.outcome() == Outcome::unchanged);
  town.store->let_go();
  REQUIRE(session.resume());
  CHECK(session.outcome() == Outcome::saved);
  CHECK(session.lines().size() == 1);

  REQUIRE(is_pending(session.begin_destroy()));
  CHECK(session.content().to_json() == R"({"n":2})");
  town.store->let_go();
  REQUIRE(session.resume());
  CHECK(session.outcome() == Outcome::destroyed);
  CHECK(session.content().empty());
}

TEST_CASE("cookies that are still to be looked up outlive their header") {
  const Town town;
  town.store->is_holding = true;
  Session session(town.world.manager());
  auto header = std::make_unique<std::string>(unknown_cookie + "; " + town.browser.header());
  REQUIRE(is_pending(session.begin_load_header(*header)));
  header->assign(header->size(), 'x');
  header.reset();
  town.store->let_go();
  REQUIRE(is_pending(session.resume()));
  town.store->let_go();
  REQUIRE(session.resume());
  CHECK(session.origin() == Origin::restored);
  town.store->is_holding = false;
  REQUIRE(session.content().set("n", "2") == Status::ok);
  REQUIRE(session.commit());
  REQUIRE(session.lines().size() == 1);
  CHECK(session.lines().front().starts_with(town.browser.header()));
}

TEST_CASE("of several cookies that are no good the first says why") {
  const Town town;
  Session session(town.world.manager());
  REQUIRE(session.load_header(unknown_cookie + "; __Host-session=short"));
  CHECK(session.origin() == Origin::unknown);
}

TEST_CASE("several cookies of the name are logged, with how many there were") {
  std::string logged;
  Config config;
  config.set_log([&logged](LogLevel level, std::string_view message) {
    if (level == LogLevel::info) {
      logged += message;
    }
  });
  const Town town(config);
  REQUIRE(town.world.load(town.browser.header()));
  CHECK(logged.empty());
  const auto session = town.world.load(unknown_cookie + "; " + town.browser.header() + "; " + unknown_cookie);
  CHECK(session->origin() == Origin::restored);
  CHECK(logged.find("3 cookies named \"__Host-session\"") != std::string::npos);
  CHECK(logged.find(town.browser.value()) == std::string::npos);
}

TEST_CASE("who puts off asking has the store asked by resuming") {
  const Town town;
  const int before = town.store->calls;
  Session session(town.world.manager());
  session.put_off_asking();
  REQUIRE(is_pending(session.begin_load_header(town.browser.header())));
  CHECK_FALSE(session.has_asked());
  CHECK(town.store->calls == before);
  REQUIRE(session.resume());
  CHECK(town.store->calls == before + 1);
  CHECK(session.origin() == Origin::restored);
}

TEST_CASE("a call that is forgotten before it asked leaves no doubt about what is kept") {
  const Town town;
  const auto session = town.world.load(town.browser.header());
  REQUIRE(session->content().set("n", "2") == Status::ok);
  const bool has_asked = GENERATE(false, true);
  if (has_asked) {
    town.store->is_holding = true;
  } else {
    session->put_off_asking();
  }
  REQUIRE(is_pending(session->begin_commit()));
  session->forget();
  CHECK_FALSE(session->has_asked());
  town.store->is_holding = false;

  const auto other = town.world.load(town.browser.header());
  REQUIRE(other->content().set("other", "1") == Status::ok);
  REQUIRE(other->commit());
  REQUIRE(session->commit());
  CHECK(session->outcome() == (has_asked ? Outcome::conflict : Outcome::merged));
}

TEST_CASE("a call ends when it was told to, the next one after the timeout again") {
  const Town town;
  town.store->is_holding = true;
  Session session(town.world.manager());
  session.set_timeout(std::chrono::minutes(30));
  const Deadline end = std::chrono::steady_clock::now() + std::chrono::hours(5);
  session.end_next_by(end);
  REQUIRE(is_pending(session.begin_load_header(town.browser.header())));
  CHECK(session.deadline() == end);
  town.store->let_go();
  REQUIRE(session.resume());
  REQUIRE(session.content().set("n", "2") == Status::ok);
  REQUIRE(is_pending(session.begin_commit()));
  CHECK(session.deadline() < end);
  session.forget();
}

TEST_CASE("a call that is forgotten takes its end with it") {
  const Town town;
  town.store->is_holding = true;
  Session session(town.world.manager());
  session.set_timeout(std::chrono::minutes(30));
  const Deadline end = std::chrono::steady_clock::now() + std::chrono::hours(5);
  session.end_next_by(end);
  session.forget();
  REQUIRE(is_pending(session.begin_load_header(town.browser.header())));
  CHECK(session.deadline() < end);
  session.forget();
}

TEST_CASE("a cookie that is authentic but no content is found out when somebody looks") {
  const World world(World::open("cookie:"));
  const auto session = world.load("__Host-session=W10=");
  CHECK(session->origin() == Origin::content);
  CHECK(session->count() == 0);
  REQUIRE(session->content().set("n", "1") == Status::ok);
  REQUIRE(session->commit());
  CHECK(session->outcome() == Outcome::created);
}

TEST_CASE("a line that browsers would drop is refused, and the changes are still to be committed") {
  const World world(World::open("cookie:"));
  const auto session = world.load("");
  REQUIRE(session->content().set("k", '"' + std::string(4'096, 'x') + '"') == Status::ok);
  const auto refused = session->commit();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().status == Status::limit);
  CHECK(session->lines().empty());
  REQUIRE(session->content().set("k", "1") == Status::ok);
  REQUIRE(session->commit());
  CHECK(session->outcome() == Outcome::created);
}
