// A store that cannot be asked, or does not answer in time: never a logout, never an overwrite, never a lie.
#include <functional>
#include <memory>
#include <store/memory.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../support/browser.hpp"
#include "../support/catch.hpp"
#include "../support/store.hpp"

using namespace sessions;
using manager::Backend;
using manager::Config;
using manager::Origin;
using manager::Outcome;
using manager::Session;
using testing::Browser;
using testing::World;

namespace {

// A memory store that can be taken away: answering that it is not there, or keeping calls until they are let go.
class Unreliable final : public testing::ForwardingStore {
 public:
  enum class Mood { answers, is_down, hangs };

  Unreliable() : ForwardingStore(std::make_shared<store::Memory>(store::MemoryBounds{})) {}

  Mood mood = Mood::answers;

  // Lets the calls go that were kept.
  void let_go() {
    for (const std::function<void()>& call : std::exchange(kept_, {})) {
      call();
    }
  }

 protected:
  void forward(std::function<void()> call) override {
    if (mood == Mood::answers) {
      call();
    } else {
      kept_.push_back(std::move(call));
    }
  }

  std::optional<Error> refusal() override {
    return mood == Mood::is_down ? std::optional(Error{Status::unavailable, "the store is down"}) : std::nullopt;
  }

 private:
  std::vector<std::function<void()>> kept_;
};

struct Town {
  Town() : store(std::make_shared<Unreliable>()), world({Backend::Kind::store, store}, hurried()) {
    const auto session = world.load("");
    REQUIRE(session->content().set("n", "1") == Status::ok);
    REQUIRE(session->commit());
    browser.take(*session);
  }

  static Config hurried() {
    Config config;
    REQUIRE(config.set_timeout_ms(1));
    return config;
  }

  Status load_status() const {
    Session session(world.manager());
    const auto loaded = session.load_header(browser.header());
    CHECK(session.origin() == Origin::fresh);
    return loaded ? Status::ok : loaded.error().status;
  }

  std::shared_ptr<Unreliable> store;
  World world;
  Browser browser;
};

}  // namespace

TEST_CASE("a store that is down is an error, and the session is there when it is back") {
  const Town town;
  town.store->mood = Unreliable::Mood::is_down;
  CHECK(town.load_status() == Status::unavailable);
  town.store->mood = Unreliable::Mood::answers;
  CHECK(town.world.load(town.browser.header())->content().to_json() == R"({"n":1})");
}

TEST_CASE("writes that fail leave the session as it was, and can be tried again") {
  const Town town;
  const auto session = town.world.load(town.browser.header());
  REQUIRE(session->content().set("n", "2") == Status::ok);
  town.store->mood = Unreliable::Mood::is_down;
  for (const auto write : {&Session::commit, &Session::regenerate, &Session::destroy}) {
    const auto failed = ((*session).*write)();
    REQUIRE_FALSE(failed);
    CHECK(failed.error().status == Status::unavailable);
    CHECK(session->lines().empty());
    CHECK(session->outcome() == Outcome::unchanged);
  }
  town.store->mood = Unreliable::Mood::answers;
  CHECK(town.world.load(town.browser.header())->content().to_json() == R"({"n":1})");
  REQUIRE(session->commit());
  CHECK(session->outcome() == Outcome::saved);
  CHECK(town.world.load(town.browser.header())->content().to_json() == R"({"n":2})");
}

TEST_CASE("a new session that could not be stored is stored at the second try") {
  const Town town;
  const auto session = town.world.load("");
  REQUIRE(session->content().set("n", "5") == Status::ok);
  town.store->mood = Unreliable::Mood::is_down;
  REQUIRE_FALSE(session->commit());
  CHECK(session->lines().empty());
  town.store->mood = Unreliable::Mood::answers;
  REQUIRE(session->commit());
  CHECK(session->outcome() == Outcome::created);
}

TEST_CASE("a store that does not answer in time: loading may be tried again, of writing nothing is known") {
  const Town town;
  const auto session = town.world.load(town.browser.header());
  REQUIRE(session->content().set("n", "2") == Status::ok);
  town.store->mood = Unreliable::Mood::hangs;
  CHECK(town.load_status() == Status::timeout);
  for (const auto write : {&Session::commit, &Session::regenerate, &Session::destroy}) {
    const auto failed = ((*session).*write)();
    REQUIRE_FALSE(failed);
    CHECK(failed.error().status == Status::unknown);
  }
}

TEST_CASE("an answer that nobody waits for any more is harmless") {
  auto town = std::make_unique<Town>();
  const std::shared_ptr<Unreliable> store = town->store;
  {
    const auto session = town->world.load(town->browser.header());
    REQUIRE(session->content().set("n", "2") == Status::ok);
    store->mood = Unreliable::Mood::hangs;
    REQUIRE_FALSE(session->commit());
    CHECK(town->load_status() == Status::timeout);
  }
  SECTION("while the manager lives") {
    store->let_go();
    store->mood = Unreliable::Mood::answers;
    // It was unknown whether it would be written: it was.
    CHECK(town->world.load(town->browser.header())->content().to_json() == R"({"n":2})");
  }
  SECTION("after everything else is gone") {
    town.reset();
    store->let_go();
  }
}

TEST_CASE("a change that may have been written is not written twice: whoever tries again sees what is there") {
  const Town town;
  const auto session = town.world.load(town.browser.header());
  std::int64_t sum = 0;
  REQUIRE(session->content().increment("n", 1, sum) == Status::ok);
  town.store->mood = Unreliable::Mood::hangs;
  if (GENERATE(false, true)) {  // it ends because nobody waits any longer
    REQUIRE_FALSE(session->begin_commit());
    session->forget();
  } else {
    REQUIRE_FALSE(session->commit());
  }
  town.store->mood = Unreliable::Mood::is_down;
  REQUIRE_FALSE(session->commit());
  town.store->mood = Unreliable::Mood::answers;
  const bool was_written = GENERATE(true, false);
  if (was_written) {
    town.store->let_go();
  }
  REQUIRE(session->commit());
  CHECK(session->outcome() == (was_written ? Outcome::conflict : Outcome::saved));
  CHECK(session->contested_keys().size() == (was_written ? 1 : 0));
  CHECK(session->content().to_json() == R"({"n":2})");
  REQUIRE(session->content().increment("n", 1, sum) == Status::ok);
  const auto other = town.world.load(town.browser.header());
  REQUIRE(other->content().set("other", "1") == Status::ok);
  REQUIRE(other->commit());
  REQUIRE(session->commit());
  CHECK(session->outcome() == Outcome::merged);
  CHECK(town.world.load(town.browser.header())->content().to_json() == R"({"n":3,"other":1})");
}

TEST_CASE("one session may wait longer than its manager's config says") {
  const Town town;
  Session session(town.world.manager());
  session.set_timeout(std::chrono::milliseconds(2));
  town.store->mood = Unreliable::Mood::hangs;
  const auto loaded = session.load_header(town.browser.header());
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().status == Status::timeout);
}
