// What every backend does with a session, from Cookie header to Set-Cookie lines.
#include <functional>
#include <manager/upkeep.hpp>
#include <memory>
#include <store/memory.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "../support/browser.hpp"
#include "../support/catch.hpp"
#include "../support/custom_store.hpp"
#include "../support/deferred_store.hpp"
#include "../support/redis_store.hpp"
#include "../support/temporary_database.hpp"

using namespace sessions;
using manager::Backend;
using manager::Config;
using manager::Origin;
using manager::Outcome;
using manager::Session;
using testing::Browser;
using testing::World;

namespace {

constexpr std::int64_t lifetime = 1'209'600;

struct Subject {
  const char* name;
  std::function<Backend()> open;
  bool is_store;
  bool keeps_time;
};

Backend open_deferred() {
  const auto inner = std::make_shared<store::Memory>(store::MemoryBounds{});
  return {Backend::Kind::store, std::make_shared<testing::DeferredStore>(inner)};
}

const std::vector<Subject>& subjects() {
  static const std::vector<Subject> all = {
      {"memory:", [] { return World::open("memory:"); }, true, true},
      {"deferred", open_deferred, true, true},
      {"SQLite",
       [] {
         return Backend{Backend::Kind::store, testing::open_fresh_sqlite()};
       },
       true, true},
      {"custom",
       [] {
         return Backend{Backend::Kind::store, testing::open_custom_at_once()};
       },
       true, true},
      {"custom, later",
       [] {
         return Backend{Backend::Kind::store, testing::open_custom_later()};
       },
       true, true},
      {"custom, in one step",
       [] {
         return Backend{Backend::Kind::store, testing::open_changing_at_once()};
       },
       true, true},
      {"Redis",
       [] {
         return Backend{Backend::Kind::store, testing::open_fresh_redis()};
       },
       true, true},
      {"signed-cookie:", [] { return World::open("signed-cookie:"); }, false, true},
      {"cookie:", [] { return World::open("cookie:"); }, false, false}};
  return all;
}

// With a server that is given it is about the way there alone.
std::vector<Subject> some(bool are_stores) {
  std::vector<Subject> some;
  for (const Subject& subject : subjects()) {
    const bool is_meant = testing::given_redis_url() == nullptr || std::string_view(subject.name) == "Redis";
    if (is_meant && (subject.is_store || !are_stores)) {
      some.push_back(subject);
    }
  }
  return some;
}

Subject any_backend() { return GENERATE_COPY(from_range(some(false))); }
Subject any_store() { return GENERATE_COPY(from_range(some(true))); }

// Somebody who has visited once and has {"n":1}.
Browser visited(const World& world) {
  Browser browser;
  const auto session = world.load("");
  REQUIRE(session->content().set("n", "1") == Status::ok);
  REQUIRE(session->commit());
  REQUIRE(session->outcome() == Outcome::created);
  REQUIRE(session->lines().size() == 1);
  browser.take(*session);
  return browser;
}

std::string content(const World& world, const std::string& header) { return world.load(header)->content().to_json(); }

void commit(Session& session, Outcome expected) {
  REQUIRE(session.commit());
  CHECK(session.outcome() == expected);
}

}  // namespace

TEST_CASE("a request that does not use its session neither writes nor sends") {
  const Subject subject = any_backend();
  CAPTURE(subject.name);
  World world(subject.open());
  Browser browser = visited(world);
  for (const std::string& header : {std::string(), browser.header(), std::string("__Host-session=nonsense")}) {
    world.pass(lifetime / 2);
    const auto session = world.load(header);
    commit(*session, Outcome::unchanged);
    CHECK(session->lines().empty());
    CHECK_FALSE(session->varies_by_cookie());
    CHECK_FALSE(session->must_not_be_cached());
  }
}

TEST_CASE("an empty new session is neither stored nor sent, though it was read") {
  const Subject subject = any_backend();
  CAPTURE(subject.name);
  const World world(subject.open());
  const auto session = world.load("");
  CHECK(session->origin() == Origin::fresh);
  CHECK_FALSE(session->content().find("n"));
  commit(*session, Outcome::unchanged);
  CHECK(session->lines().empty());
  CHECK(session->varies_by_cookie());
  CHECK_FALSE(session->must_not_be_cached());
}

TEST_CASE("what one request sets the next one reads") {
  const Subject subject = any_backend();
  CAPTURE(subject.name);
  const World world(subject.open());
  Browser browser = visited(world);
  const auto session = world.load("other=1; " + browser.header() + "; more=2");
  CHECK(session->origin() == Origin::restored);
  CHECK(session->content().to_json() == R"({"n":1})");
  CHECK(session->must_not_be_cached());
  CHECK_FALSE(session->varies_by_cookie());
  REQUIRE(session->content().set("s", R"("é")") == Status::ok);
  REQUIRE(session->content().set("n", "2") == Status::ok);
  commit(*session, Outcome::saved);
  browser.take(*session);
  CHECK(content(world, browser.header()) == (subject.is_store ? R"({"n":2,"s":"é"})" : R"({"n":2,"s":"\u00e9"})"));
}

TEST_CASE("a value may be as deep in what is kept as it may be set") {
  const Subject subject = any_backend();
  CAPTURE(subject.name);
  const World world(subject.open());
  Browser browser = visited(world);
  const std::string value = std::string(64, '[') + std::string(64, ']');
  const auto session = world.load(browser.header());
  REQUIRE(session->content().set("deep", value) == Status::ok);
  REQUIRE(session->commit());
  browser.take(*session);
  const auto next = world.load(browser.header());
  CHECK(next->origin() == Origin::restored);
  const std::string whole = next->content().to_json();
  CHECK(whole == R"({"n":1,"deep":)" + value + "}");
  CHECK(next->content().assign(whole));
}

TEST_CASE("a second commit without changes is unchanged and yields the same lines") {
  const Subject subject = any_backend();
  CAPTURE(subject.name);
  World world(subject.open());
  const auto session = world.load("");
  REQUIRE(session->content().set("n", "1") == Status::ok);
  commit(*session, Outcome::created);
  const std::vector<std::string> lines(session->lines().begin(), session->lines().end());
  world.pass(lifetime / 2);
  commit(*session, Outcome::unchanged);
  CHECK(std::vector<std::string>(session->lines().begin(), session->lines().end()) == lines);
}

TEST_CASE("use renews, when a tenth of the lifetime has passed where the time is kept") {
  const Subject subject = any_backend();
  CAPTURE(subject.name);
  World world(subject.open());
  Browser browser = visited(world);
  world.pass(lifetime / 10 - 1);
  auto session = world.load(browser.header());
  REQUIRE(session->content().find("n"));
  commit(*session, subject.keeps_time ? Outcome::unchanged : Outcome::touched);
  CHECK(session->lines().size() == (subject.keeps_time ? 0 : 1));
  world.pass(1);
  session = world.load(browser.header());
  REQUIRE(session->content().find("n"));
  commit(*session, Outcome::touched);
  CHECK(session->lines().size() == 1);
  browser.take(*session);
  world.pass(lifetime);
  CHECK(content(world, browser.header()) == R"({"n":1})");
}

TEST_CASE("a session lives as long as its lifetime and not a second longer") {
  const Subject subject = any_backend();
  CAPTURE(subject.name);
  World world(subject.open());
  const Browser browser = visited(world);
  world.pass(lifetime);
  CHECK(world.load(browser.header())->origin() == Origin::restored);
  world.pass(1);
  CHECK(world.load(browser.header())->origin() == (subject.keeps_time ? Origin::expired : Origin::restored));
}

TEST_CASE("clearing ends the session and deletes the cookie") {
  const Subject subject = any_backend();
  CAPTURE(subject.name);
  const World world(subject.open());
  Browser browser = visited(world);
  const std::string before = browser.header();
  const auto session = world.load(before);
  session->content().clear();
  commit(*session, Outcome::destroyed);
  REQUIRE(session->lines().size() == 1);
  CHECK(session->lines().front() == "__Host-session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax");
  browser.take(*session);
  CHECK(browser.header().empty());
  CHECK(world.load(before)->origin() == (subject.is_store ? Origin::unknown : Origin::restored));
}

TEST_CASE("clearing and setting keeps the session with the new content") {
  const Subject subject = any_backend();
  CAPTURE(subject.name);
  const World world(subject.open());
  Browser browser = visited(world);
  const std::string before = browser.header();
  const auto session = world.load(before);
  session->content().clear();
  REQUIRE(session->content().set("m", "2") == Status::ok);
  commit(*session, Outcome::saved);
  browser.take(*session);
  CHECK(content(world, browser.header()) == R"({"m":2})");
  CHECK((browser.header() == before) == subject.is_store);
}

TEST_CASE("removing the last key keeps the session") {
  const Subject subject = any_backend();
  CAPTURE(subject.name);
  const World world(subject.open());
  Browser browser = visited(world);
  const auto session = world.load(browser.header());
  REQUIRE(session->content().remove("n") == Status::ok);
  commit(*session, Outcome::saved);
  browser.take(*session);
  CHECK(world.load(browser.header())->origin() == Origin::restored);
  CHECK(content(world, browser.header()) == "{}");
}

TEST_CASE("destroy ends the session; what is set afterwards belongs to another") {
  const Subject subject = any_backend();
  CAPTURE(subject.name);
  const World world(subject.open());
  Browser browser = visited(world);
  const std::string before = browser.value();
  const auto session = world.load(browser.header());
  REQUIRE(session->destroy());
  CHECK(session->outcome() == Outcome::destroyed);
  CHECK(session->lines().size() == 1);
  REQUIRE(session->destroy());
  CHECK(session->outcome() == Outcome::unchanged);
  CHECK(session->lines().size() == 1);
  REQUIRE(session->content().set("m", "3") == Status::ok);
  commit(*session, Outcome::created);
  browser.take(*session);
  CHECK(browser.value() != before);
  CHECK(content(world, browser.header()) == R"({"m":3})");
}

TEST_CASE("destroy without a cookie does nothing, with a refused one it deletes that") {
  const Subject subject = any_backend();
  CAPTURE(subject.name);
  const World world(subject.open());
  auto session = world.load("");
  REQUIRE(session->destroy());
  CHECK(session->outcome() == Outcome::unchanged);
  CHECK(session->lines().empty());
  CHECK(session->varies_by_cookie());
  session = world.load("__Host-session=!");
  CHECK(session->origin() == Origin::malformed);
  REQUIRE(session->destroy());
  CHECK(session->outcome() == Outcome::destroyed);
  CHECK(session->lines().size() == 1);
}

TEST_CASE("regenerate gives a fresh cookie with the changes") {
  const Subject subject = any_backend();
  CAPTURE(subject.name);
  World world(subject.open());
  Browser browser = visited(world);
  const std::string before = browser.header();
  world.pass(1);
  const auto session = world.load(before);
  REQUIRE(session->content().set("user", "7") == Status::ok);
  REQUIRE(session->regenerate());
  CHECK(session->outcome() == Outcome::regenerated);
  browser.take(*session);
  CHECK(browser.header() != before);
  CHECK(content(world, browser.header()) == R"({"n":1,"user":7})");
  CHECK(world.load(before)->origin() == (subject.is_store ? Origin::unknown : Origin::restored));
}

TEST_CASE("regenerate of a session that does not exist yet commits it") {
  const Subject subject = any_backend();
  CAPTURE(subject.name);
  const World world(subject.open());
  auto session = world.load("");
  REQUIRE(session->regenerate());
  CHECK(session->outcome() == Outcome::unchanged);
  CHECK(session->varies_by_cookie());
  REQUIRE(session->content().set("user", "7") == Status::ok);
  REQUIRE(session->regenerate());
  CHECK(session->outcome() == Outcome::created);
}

TEST_CASE("regenerate after clearing ends the session, after removing the last key it does not") {
  const Subject subject = any_backend();
  CAPTURE(subject.name);
  World world(subject.open());
  const Browser browser = visited(world);
  world.pass(1);
  auto session = world.load(browser.header());
  REQUIRE(session->content().remove("n") == Status::ok);
  REQUIRE(session->regenerate());
  CHECK(session->outcome() == Outcome::regenerated);
  Browser moved;
  moved.take(*session);
  session = world.load(moved.header());
  session->content().clear();
  REQUIRE(session->regenerate());
  CHECK(session->outcome() == Outcome::destroyed);
}

TEST_CASE("a browser-session cookie has no Max-Age, and is sent when its value changes") {
  const Subject subject = any_backend();
  CAPTURE(subject.name);
  Config config = World::signing();
  REQUIRE(config.set_persistent(0));
  World world(subject.open(), config);
  const Browser browser = visited(world);
  world.pass(lifetime / 2);
  const auto session = world.load(browser.header());
  REQUIRE(session->content().set("n", "2") == Status::ok);
  commit(*session, Outcome::saved);
  CHECK(session->lines().size() == (subject.is_store ? 0 : 1));
  for (const std::string& line : session->lines()) {
    CHECK(line.find("Max-Age") == std::string::npos);
  }
}

TEST_CASE("a session is loaded once, before it is used") {
  const Subject subject = any_backend();
  CAPTURE(subject.name);
  const World world(subject.open());
  const auto loaded = world.load("");
  const auto again = loaded->load_header("");
  REQUIRE_FALSE(again);
  CHECK(again.error().status == Status::misuse);
  Session used(world.manager());
  static_cast<void>(used.content());
  CHECK_FALSE(used.load_header(""));
}

TEST_CASE("of several cookies the first good one counts, and only eight are considered") {
  const Subject subject = any_backend();
  CAPTURE(subject.name);
  const World world(subject.open());
  const Browser browser = visited(world);
  std::string bad;
  for (int i = 0; i < 7; ++i) {
    bad += "__Host-session=bad; ";
  }
  CHECK(world.load(bad + browser.header())->origin() == Origin::restored);
  CHECK(world.load(bad + "__Host-session=bad; " + browser.header())->origin() == Origin::malformed);
}

TEST_CASE("parallel requests that change different keys both keep their change") {
  const Subject subject = any_store();
  CAPTURE(subject.name);
  const World world(subject.open());
  const Browser browser = visited(world);
  const auto one = world.load(browser.header());
  const auto two = world.load(browser.header());
  std::int64_t sum = 0;
  REQUIRE(one->content().set("a", "1") == Status::ok);
  REQUIRE(two->content().set("b", "2") == Status::ok);
  REQUIRE(one->content().increment("n", 10, sum) == Status::ok);
  REQUIRE(two->content().increment("n", 100, sum) == Status::ok);
  CHECK(sum == 101);
  commit(*one, Outcome::saved);
  commit(*two, Outcome::merged);
  CHECK(two->contested_keys().empty());
  CHECK(content(world, browser.header()) == R"({"n":111,"a":1,"b":2})");
  CHECK(two->content().to_json() == R"({"n":111,"a":1,"b":2})");
}

TEST_CASE("on the same key the last commit wins and says so, but a removal beats a stale edit") {
  const Subject subject = any_store();
  CAPTURE(subject.name);
  const World world(subject.open());
  const Browser browser = visited(world);
  const auto one = world.load(browser.header());
  const auto two = world.load(browser.header());
  const auto three = world.load(browser.header());
  REQUIRE(one->content().set("n", "7") == Status::ok);
  commit(*one, Outcome::saved);
  REQUIRE(two->content().set("n", "8") == Status::ok);
  commit(*two, Outcome::merged);
  REQUIRE(two->contested_keys().size() == 1);
  CHECK(two->contested_keys().front() == "n");
  CHECK(content(world, browser.header()) == R"({"n":8})");
  REQUIRE(two->content().remove("n") == Status::ok);
  REQUIRE(two->content().set("other", "1") == Status::ok);
  commit(*two, Outcome::saved);
  CHECK(two->contested_keys().empty());
  REQUIRE(three->content().set("n", "9") == Status::ok);
  commit(*three, Outcome::merged);
  REQUIRE(three->contested_keys().size() == 1);
  CHECK(three->content().to_json() == R"({"other":1})");
  CHECK(content(world, browser.header()) == R"({"other":1})");
  // It has seen now that the key is gone.
  REQUIRE(three->content().set("n", "10") == Status::ok);
  commit(*three, Outcome::saved);
  CHECK(content(world, browser.header()) == R"({"other":1,"n":10})");
}

TEST_CASE("a second commit in one handle goes on from what the first has written") {
  const Subject& subject = any_store();
  CAPTURE(subject.name);
  const World world(subject.open());
  Browser browser;
  const auto session = world.load("");
  for (const char* const key : {"a", "b"}) {
    REQUIRE(session->content().set(key, "5") == Status::ok);
  }
  commit(*session, Outcome::created);
  browser.take(*session);
  SECTION("after a save, too") {
    REQUIRE(session->content().set("a", "6") == Status::ok);
    REQUIRE(session->content().set("b", "6") == Status::ok);
    commit(*session, Outcome::saved);
  }
  const auto other = world.load(browser.header());
  REQUIRE(other->content().remove("a") == Status::ok);
  REQUIRE(other->content().set("c", "1") == Status::ok);
  REQUIRE(other->commit());
  REQUIRE(session->content().set("a", "7") == Status::ok);
  REQUIRE(session->content().set("b", "7") == Status::ok);
  commit(*session, Outcome::merged);
  REQUIRE(session->contested_keys().size() == 1);
  CHECK(session->contested_keys().front() == "a");
  CHECK(content(world, browser.header()) == R"({"b":7,"c":1})");
}

TEST_CASE("strict: what was read must be unchanged, and the change can be redone on the fresh content") {
  const Subject subject = any_store();
  CAPTURE(subject.name);
  const World world(subject.open());
  const Browser browser = visited(world);
  const auto strict = [&] {
    auto session = world.load(browser.header());
    session->set_commit_mode(manager::CommitMode::strict);
    return session;
  };
  const auto change_elsewhere = [&](std::string_view key, std::string_view value) {
    const auto other = world.load(browser.header());
    REQUIRE(other->content().set(key, value) == Status::ok);
    REQUIRE(other->commit());
  };
  SECTION("a key that was read") {
    const auto session = strict();
    CHECK(session->content().find("n") == "1");
    REQUIRE(session->content().set("sum", "2") == Status::ok);
    change_elsewhere("n", "5");
    commit(*session, Outcome::conflict);
    REQUIRE(session->contested_keys().size() == 1);
    CHECK(session->contested_keys().front() == "n");
    CHECK(session->content().to_json() == R"({"n":5})");
    REQUIRE(session->content().set("sum", "6") == Status::ok);
    commit(*session, Outcome::saved);
    CHECK(content(world, browser.header()) == R"({"n":5,"sum":6})");
  }
  SECTION("a key that was looked for and not there") {
    const auto session = strict();
    CHECK_FALSE(session->content().find("sum"));
    REQUIRE(session->content().set("sum", "2") == Status::ok);
    change_elsewhere("sum", "3");
    commit(*session, Outcome::conflict);
    CHECK(content(world, browser.header()) == R"({"n":1,"sum":3})");
  }
  SECTION("a key that was only set") {
    const auto session = strict();
    REQUIRE(session->content().set("n", "2") == Status::ok);
    change_elsewhere("n", "5");
    commit(*session, Outcome::merged);
    CHECK(content(world, browser.header()) == R"({"n":2})");
  }
  SECTION("everything was read") {
    for (const int how : {0, 1, 2}) {
      const auto session = strict();
      if (how == 0) {
        CHECK(session->count() > 0);
      } else if (how == 1) {
        CHECK(session->content().key_at(0) != nullptr);
      } else {
        CHECK_FALSE(session->content().to_json().empty());
      }
      REQUIRE(session->content().set("sum", "2") == Status::ok);
      change_elsewhere("other", std::to_string(how));
      commit(*session, Outcome::conflict);
      REQUIRE(session->contested_keys().size() == 1);
      CHECK(session->contested_keys().front() == "other");
    }
  }
  SECTION("everything was read, and much has changed") {
    change_elsewhere("a", "1");
    change_elsewhere("b", "1");
    const auto session = strict();
    CHECK_FALSE(session->content().to_json().empty());
    REQUIRE(session->content().set("n", "2") == Status::ok);
    REQUIRE(session->content().remove("b") == Status::ok);
    const auto other = world.load(browser.header());
    REQUIRE(other->content().remove("a") == Status::ok);
    REQUIRE(other->content().set("b", "2") == Status::ok);
    REQUIRE(other->content().set("new", "1") == Status::ok);
    REQUIRE(other->commit());
    commit(*session, Outcome::conflict);
    CHECK(std::vector<std::string>(session->contested_keys().begin(), session->contested_keys().end()) ==
          std::vector<std::string>{"b", "new", "a"});
  }
  SECTION("a key that was removed") {
    const auto session = strict();
    const auto other = strict();
    REQUIRE(other->content().remove("n") == Status::ok);
    commit(*other, Outcome::saved);
    REQUIRE(session->content().remove("n") == Status::ok);
    commit(*session, Outcome::conflict);
    CHECK(std::vector<std::string>(session->contested_keys().begin(), session->contested_keys().end()) ==
          std::vector<std::string>{"n"});
    CHECK(session->content().remove("n") == Status::not_found);
  }
  SECTION("what it has set itself is its own, whether read or removed") {
    const auto session = strict();
    REQUIRE(session->content().set("n", "2") == Status::ok);
    REQUIRE(session->content().set("m", "2") == Status::ok);
    CHECK(session->content().find("n") == "2");
    CHECK(session->content().find("m") == "2");
    REQUIRE(session->content().remove("m") == Status::ok);
    change_elsewhere("n", "5");
    change_elsewhere("m", "5");
    commit(*session, Outcome::merged);
    CHECK(content(world, browser.header()) == R"({"n":2,"m":5})");
  }
  SECTION("a key that was only incremented, unless it is read then") {
    for (const bool is_read : {false, true}) {
      const auto session = strict();
      std::int64_t sum = 0;
      REQUIRE(session->content().increment("n", 10, sum) == Status::ok);
      CHECK((!is_read || session->content().find("n") == std::to_string(sum)));
      const auto other = world.load(browser.header());
      REQUIRE(other->content().increment("n", 1, sum) == Status::ok);
      REQUIRE(other->commit());
      commit(*session, is_read ? Outcome::conflict : Outcome::merged);
      CHECK(content(world, browser.header()) == (is_read ? R"({"n":13})" : R"({"n":12})"));
    }
  }
  SECTION("a missing key that was incremented, and then read or removed") {
    for (const std::string key : {"read", "removed"}) {
      const auto session = strict();
      std::int64_t sum = 0;
      REQUIRE(session->content().increment(key, 10, sum) == Status::ok);
      CHECK((key == "removed" || session->content().find(key) == "10"));
      CHECK((key == "read" || session->content().remove(key) == Status::ok));
      REQUIRE(session->content().set("other", "1") == Status::ok);
      change_elsewhere(key, "5");
      commit(*session, Outcome::conflict);
      CHECK(std::vector<std::string>(session->contested_keys().begin(), session->contested_keys().end()) ==
            std::vector<std::string>{key});
    }
    CHECK(content(world, browser.header()) == R"({"n":1,"read":5,"removed":5})");
  }
  SECTION("a key that was to be removed and not there") {
    const auto session = strict();
    CHECK(session->content().remove("sum") == Status::not_found);
    REQUIRE(session->content().set("other", "2") == Status::ok);
    change_elsewhere("sum", "3");
    commit(*session, Outcome::conflict);
    REQUIRE(session->contested_keys().size() == 1);
    CHECK(session->contested_keys().front() == "sum");
  }
  SECTION("what was read before everything was replaced") {
    const auto session = strict();
    CHECK(session->content().find("n") == "1");
    SECTION("key by key") { session->content().clear(); }
    SECTION("as a whole") {
      CHECK_FALSE(session->content().to_json().empty());
      REQUIRE(session->content().assign(R"({"n":2})"));
    }
    REQUIRE(session->content().set("sum", "2") == Status::ok);
    change_elsewhere("n", "77");
    commit(*session, Outcome::conflict);
    REQUIRE(session->contested_keys().size() == 1);
    CHECK(session->contested_keys().front() == "n");
    CHECK(content(world, browser.header()) == R"({"n":77})");
  }
  SECTION("what it has removed or cleared itself is not there for itself alone") {
    const auto session = strict();
    REQUIRE(session->content().remove("n") == Status::ok);
    CHECK_FALSE(session->content().find("n"));
    REQUIRE(session->content().set("sum", "2") == Status::ok);
    commit(*session, Outcome::saved);
    session->content().clear();
    CHECK_FALSE(session->content().find("sum"));
    CHECK(session->content().to_json() == "{}");
    REQUIRE(session->content().set("m", "1") == Status::ok);
    change_elsewhere("other", "3");
    commit(*session, Outcome::merged);
    CHECK(content(world, browser.header()) == R"({"m":1})");
  }
  SECTION("what it has written itself is no change of others") {
    auto session = world.load("");
    session->set_commit_mode(manager::CommitMode::strict);
    for (const std::string value : {"1", "2", "3"}) {
      session->content().find("k");
      CHECK_FALSE(session->content().to_json().empty());
      REQUIRE(session->content().set("k", value) == Status::ok);
      commit(*session, value == "1" ? Outcome::created : Outcome::saved);
    }
    REQUIRE(session->content().find("k"));
    REQUIRE(session->content().remove("k") == Status::ok);
    commit(*session, Outcome::saved);
    session->content().find("k");
    REQUIRE(session->content().set("k", "5") == Status::ok);
    commit(*session, Outcome::saved);
  }
  SECTION("an edit of a key that was read and changed here") {
    const auto session = strict();
    CHECK(session->content().find("n") == "1");
    REQUIRE(session->content().set("n", "2") == Status::ok);
    REQUIRE(session->content().remove("n") == Status::ok);
    change_elsewhere("n", "5");
    commit(*session, Outcome::conflict);
    CHECK(content(world, browser.header()) == R"({"n":5})");
  }
  SECTION("regenerate") {
    const auto session = strict();
    CHECK(session->content().find("n") == "1");
    change_elsewhere("n", "5");
    REQUIRE(session->regenerate());
    CHECK(session->outcome() == Outcome::conflict);
    CHECK(session->lines().empty());
    REQUIRE(session->regenerate());
    CHECK(session->outcome() == Outcome::regenerated);
    CHECK(world.load(browser.header())->origin() == Origin::unknown);
  }
}

TEST_CASE("limits hold for what parallel requests store together") {
  const Subject subject = any_store();
  CAPTURE(subject.name);
  Config config;
  REQUIRE(config.set_max_content_bytes(10'000));
  const World world(subject.open(), std::move(config));
  const Browser browser = visited(world);
  const auto load = [&] { return world.load(browser.header()); };
  SECTION("keys") {
    const auto one = load();
    const auto two = load();
    for (int i = 0; i < 600; ++i) {
      REQUIRE(one->content().set("a" + std::to_string(i), "1") == Status::ok);
      REQUIRE(two->content().set("b" + std::to_string(i), "1") == Status::ok);
    }
    REQUIRE(one->commit());
    const auto refused = two->commit();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().status == Status::limit);
    CHECK(load()->count() == 601);
  }
  SECTION("bytes") {
    const auto one = load();
    const auto two = load();
    REQUIRE(one->content().set("a", '"' + std::string(6'000, 'x') + '"') == Status::ok);
    REQUIRE(two->content().set("b", '"' + std::string(6'000, 'x') + '"') == Status::ok);
    REQUIRE(one->commit());
    const auto refused = two->commit();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().status == Status::limit);
    CHECK(load()->count() == 2);
  }
}

TEST_CASE("managers with different lifetimes agree about when a session is over") {
  const Subject subject = any_store();
  CAPTURE(subject.name);
  const Backend backend = subject.open();
  Config hurried;
  REQUIRE(hurried.set_lifetime_seconds(10));
  const World brief(backend, std::move(hurried));
  World patient(backend);
  const Browser browser = visited(brief);
  patient.pass(10);
  CHECK(patient.load(browser.header())->origin() == Origin::restored);
  patient.pass(1);
  CHECK(patient.load(browser.header())->origin() == Origin::expired);
}

TEST_CASE("a regenerate that fails has not used the session") {
  const Subject subject = any_store();
  CAPTURE(subject.name);
  Config config;
  bool has_random = true;
  config.set_random([&has_random](std::span<char> bytes) -> Result<void> {
    return has_random ? system_random(bytes) : Error{Status::random, {}};
  });
  REQUIRE(config.set_renew_after_seconds(0));
  const World world(subject.open(), std::move(config));
  const Browser browser = visited(world);
  const auto session = world.load(browser.header());
  has_random = false;
  REQUIRE_FALSE(session->regenerate());
  commit(*session, Outcome::unchanged);
  CHECK_FALSE(session->varies_by_cookie());
}

TEST_CASE("last write: the content replaces what is stored, when asked for") {
  const Subject subject = any_store();
  CAPTURE(subject.name);
  const World world(subject.open());
  const Browser browser = visited(world);
  const auto one = world.load(browser.header());
  const auto two = world.load(browser.header());
  REQUIRE(one->content().set("a", "1") == Status::ok);
  REQUIRE(one->content().remove("n") == Status::ok);
  commit(*one, Outcome::saved);
  two->set_commit_mode(manager::CommitMode::last_write);
  REQUIRE(two->content().set("b", "2") == Status::ok);
  REQUIRE(two->commit());
  CHECK(content(world, browser.header()) == R"({"n":1,"b":2})");
}

TEST_CASE("a session that was ended meanwhile is gone, and no cookie is sent") {
  const Subject subject = any_store();
  CAPTURE(subject.name);
  const World world(subject.open());
  const Browser browser = visited(world);
  const auto slow = world.load(browser.header());
  const auto unused = world.load(browser.header());
  const auto logout = world.load(browser.header());
  REQUIRE(logout->destroy());
  REQUIRE(slow->content().set("n", "9") == Status::ok);
  commit(*slow, Outcome::gone);
  CHECK(slow->lines().empty());
  commit(*slow, Outcome::gone);
  REQUIRE(slow->regenerate());
  CHECK(slow->outcome() == Outcome::gone);
  REQUIRE(unused->regenerate());
  CHECK(unused->outcome() == Outcome::gone);
  CHECK(unused->must_not_be_cached());
  CHECK(world.load(browser.header())->origin() == Origin::unknown);
  REQUIRE(slow->destroy());
  CHECK(slow->outcome() == Outcome::destroyed);
  CHECK(slow->lines().size() == 1);
}

TEST_CASE("unknown ids never become sessions") {
  const auto memory = std::make_shared<store::Memory>(store::MemoryBounds{});
  const World world({Backend::Kind::store, memory});
  std::string id(43, 'A');
  for (int i = 0; i < 100'000; ++i) {
    const std::string digits = std::to_string(i);
    id.replace(0, digits.size(), digits);
    const auto session = world.load("__Host-session=" + id);
    REQUIRE(session->origin() == Origin::unknown);
    REQUIRE(session->content().size() == 0);
    REQUIRE(session->commit());
    REQUIRE(session->destroy());
  }
  CHECK(manager::statistics(*world.manager())->sessions == 0);
  // What such a client is given is an id of ours.
  const auto session = world.load("__Host-session=" + id);
  REQUIRE(session->content().set("n", "1") == Status::ok);
  commit(*session, Outcome::created);
  CHECK(session->lines().front().find(id) == std::string::npos);
}

TEST_CASE("stored sessions are refused by value, each for its reason") {
  const Subject subject = any_store();
  CAPTURE(subject.name);
  const World world(subject.open());
  const Browser browser = visited(world);
  const std::string value = browser.value();
  const auto origin = [&](const std::string& changed) { return world.load("__Host-session=" + changed)->origin(); };
  CHECK(origin(value) == Origin::restored);
  CHECK(origin("") == Origin::malformed);
  CHECK(origin(value.substr(1)) == Origin::malformed);
  CHECK(origin(value + "A") == Origin::malformed);
  CHECK(origin(value + "=") == Origin::malformed);
  for (std::size_t i = 0; i < value.size(); ++i) {
    std::string changed = value;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    const Origin found = origin(changed);
    CHECK((found == Origin::unknown || found == Origin::malformed));
  }
}

TEST_CASE("what no replica has confirmed is told, as long as it was the last that was done") {
  store::redis::Options options;
  options.path = testing::shared_redis_server().socket_path();
  World world({Backend::Kind::store, testing::open_redis(std::make_shared<store::redis::Client>(options, nullptr),
                                                         {"session:", std::chrono::milliseconds(1)})});
  const Browser browser = visited(world);
  const auto session = world.load(browser.header());
  CHECK_FALSE(session->degraded());
  REQUIRE(session->regenerate());
  CHECK(session->outcome() == Outcome::regenerated);
  CHECK(session->degraded());
  REQUIRE(session->content().set("k", "1") == Status::ok);
  commit(*session, Outcome::saved);
  CHECK_FALSE(session->degraded());
  REQUIRE(session->destroy());
  CHECK(session->outcome() == Outcome::destroyed);
  CHECK(session->degraded());
}
