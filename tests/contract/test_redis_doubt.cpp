// A commit of which nobody knows what became, and that is made again, while the network still holds the first one.
#include <memory>
#include <stdexcept>
#include <string>

#include "../support/browser.hpp"
#include "../support/catch.hpp"
#include "../support/codecs.hpp"
#include "../support/redis_store.hpp"
#include "../support/store.hpp"

using namespace sessions;
using manager::Backend;
using manager::CommitMode;
using manager::Config;
using manager::Outcome;
using manager::Session;
using testing::Browser;
using testing::World;

namespace {

struct Town {
  Town() : world({Backend::Kind::store, testing::open_redis(transport)}, Config()) {
    const auto session = world.load("");
    REQUIRE(session->content().set("n", "1") == Status::ok);
    REQUIRE(session->commit());
    browser.take(*session);
  }

  std::unique_ptr<Session> load() const { return world.load(browser.header()); }

  // What the session does is not delivered yet.
  template <class Do>
  std::string held_back(Do act) {
    std::string held;
    transport->before = [&held](std::string_view command) {
      held = command;
      throw std::runtime_error("held back");
    };
    const Result<void> done = act();
    transport->before = nullptr;
    REQUIRE_FALSE(done);
    CHECK(done.error().status == Status::unknown);
    return held;
  }

  static std::string deliver(const std::string& command) {
    testing::RedisConnection connection(testing::shared_redis_server());
    connection.send(command);
    return std::string(connection.receive()[1].text());
  }

  std::shared_ptr<testing::BlockingTransport> transport =
      std::make_shared<testing::BlockingTransport>(testing::shared_redis_server());
  World world;
  Browser browser;
};

}  // namespace

TEST_CASE("what comes after it was made again has no effect") {
  Town town;
  const auto session = town.load();
  std::int64_t sum = 0;
  const bool is_last_write = GENERATE(false, true);
  if (is_last_write) {
    session->set_commit_mode(CommitMode::last_write);
  }
  REQUIRE(session->content().increment("n", 1, sum) == Status::ok);
  const std::string first = town.held_back([&] { return session->commit(); });
  const std::string second = town.held_back([&] { return session->commit(); });
  REQUIRE(session->commit());
  CHECK(session->outcome() == Outcome::saved);
  REQUIRE(session->content().increment("n", 10, sum) == Status::ok);
  REQUIRE(session->commit());
  CHECK(town.deliver(first) == "duplicate");
  CHECK(town.deliver(second) == "duplicate");
  CHECK(town.load()->content().to_json() == R"({"n":12})");
}

TEST_CASE("a conflict in between does not let it go") {
  Town town;
  const auto session = town.load();
  std::int64_t sum = 0;
  REQUIRE(session->content().increment("n", 1, sum) == Status::ok);
  const std::string first = town.held_back([&] { return session->commit(); });
  const auto other = town.load();
  REQUIRE(other->content().set("n", "5") == Status::ok);
  REQUIRE(other->commit());
  REQUIRE(session->commit());
  CHECK(session->outcome() == Outcome::conflict);
  REQUIRE(session->content().increment("n", 1, sum) == Status::ok);
  const bool comes_before = GENERATE(false, true);
  if (comes_before) {
    CHECK(town.deliver(first) == "merged");
  }
  REQUIRE(session->commit());
  CHECK(session->outcome() == (comes_before ? Outcome::conflict : Outcome::saved));
  if (!comes_before) {
    CHECK(town.deliver(first) == "duplicate");
  }
  CHECK(town.load()->content().to_json() == R"({"n":6})");
}

TEST_CASE("a session that moves meanwhile moves once") {
  Town town;
  const auto session = town.load();
  const std::string first = town.held_back([&] { return session->regenerate(); });
  REQUIRE(session->content().set("n", "2") == Status::ok);
  REQUIRE(session->commit());
  CHECK(town.deliver(first) == "duplicate");
  CHECK(town.load()->content().to_json() == R"({"n":2})");
}
