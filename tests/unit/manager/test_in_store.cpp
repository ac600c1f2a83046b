#include <algorithm>
#include <manager/in_store.hpp>
#include <memory>
#include <store/memory.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../../support/catch.hpp"
#include "../../support/store.hpp"

using namespace sessions;
using manager::Asked;
using manager::CommitMode;
using manager::Config;
using manager::InStore;
using manager::Kept;
using manager::Origin;
using manager::SessionId;
using manager::Write;
using manager::Written;

namespace {

constexpr std::int64_t now = 1'700'000'000;
constexpr std::int64_t lifetime = 1'000;

// A memory store that tells what the last commit was, and can lose its answer.
class Told final : public testing::ForwardingStore {
 public:
  Told() : ForwardingStore(std::make_shared<store::Memory>(store::MemoryBounds{})) {}

  store::Attempt commit(const store::Key& key, const store::Commit& commit, const store::Call& call,
                        store::Completion<store::Committed> done) override {
    clear = commit.clear;
    only_version = commit.only_version;
    voided.assign(commit.voided.begin(), commit.voided.end());
    keys.clear();
    std::for_each(commit.changes.begin(), commit.changes.end(), [this](const auto& change) { keys += change.key; });
    preconditions = commit.preconditions.size();
    expires = commit.expires;
    max_bytes = commit.max_bytes;
    if (is_losing_answers) {
      done(Error{Status::unknown, "lost"});
    } else {
      ForwardingStore::commit(key, commit, call, std::move(done));
    }
    return {1, ++commits, 0};
  }

  bool is_losing_answers = false;
  std::uint64_t commits = 0;
  bool clear = false;
  std::optional<std::uint64_t> only_version;
  std::vector<store::Attempt> voided;
  std::string keys;
  std::size_t preconditions = 0;
  std::int64_t expires = 0;
  std::size_t max_bytes = 0;
  int calls = 0;

 protected:
  void forward(std::function<void()> call) override {
    ++calls;
    call();
  }
};

std::unique_ptr<crypto::Digest> sha256() { return std::move(*crypto::Digest::make(crypto::Algorithm::sha256)); }

struct World {
  World() : keeper(store, sha256(), config) {
    REQUIRE(config.set_lifetime_seconds(lifetime));
    REQUIRE(config.set_max_content_bytes(5'000));
  }

  Result<Origin> find(std::string_view cookie, std::int64_t when = now) {
    return keeper.find(cookie, {when, std::chrono::minutes(1)}, content, kept, asked);
  }

  // As a session does, in two steps.
  Result<Written> write(Write write, CommitMode mode = CommitMode::merge) {
    value.clear();
    REQUIRE(keeper.append_value(write, kept, content, call, value, next));
    return keeper.perform(write, mode, next, content, call, kept, asked);
  }

  // Somebody else's record under the id "AAA...".
  void put(store::Times times) {
    const store::Field field{"n", "1"};
    const store::Record record({7, 1, times}, {}, {&field, 1});
    const store::Key key = SessionId::parse(an_id)->store_key(*sha256());
    REQUIRE(*testing::ask<bool>(*store, [&](auto done) { store->create(key, record, call, std::move(done)); }));
  }

  // With {"n":1}, which has been created.
  void create() {
    REQUIRE(content.set("n", "1") == Status::ok);
    REQUIRE(write(Write::create));
  }

  std::optional<store::Record> load(const store::Key& key) {
    return *testing::ask<std::optional<store::Record>>(*store,
                                                       [&](auto done) { store->load(key, call, std::move(done)); });
  }

  // Another request sets a key.
  void interfere(const std::string& key) {
    const store::Change change{store::Change::Kind::set, key, "9"};
    store::Commit commit;
    commit.generation = kept.generation;
    commit.expires = now + lifetime;
    commit.changes = {&change, 1};
    REQUIRE(testing::ask<store::Committed>(*store,
                                           [&](auto done) { store->commit(kept.key, commit, call, std::move(done)); }));
  }

  const std::string an_id = std::string(43, 'A');
  Config config;
  std::shared_ptr<Told> store = std::make_shared<Told>();
  InStore keeper;
  manager::Call call{now, std::chrono::minutes(1)};
  session::Content content{5'000};
  Kept kept;
  std::optional<Kept> next;
  Asked asked;
  std::string value;
};

}  // namespace

TEST_CASE("what is no id is not asked for, what nobody has is unknown") {
  World world;
  CHECK(*world.find("AAAA") == Origin::malformed);
  CHECK(world.store->calls == 0);
  CHECK(*world.find(world.an_id) == Origin::unknown);
  CHECK(world.store->calls == 1);
}

TEST_CASE("the shorter of two lifetimes counts, to the second") {
  World world;
  world.put({now - 500, now, store::no_deadline, now + 2 * lifetime});
  CHECK(*world.find(world.an_id, now + lifetime) == Origin::restored);
  CHECK(*world.find(world.an_id, now + lifetime + 1) == Origin::expired);
  World hurried;
  hurried.put({now, now, store::no_deadline, now + 10});
  CHECK(*hurried.find(hurried.an_id, now + 10) == Origin::restored);
  CHECK(*hurried.find(hurried.an_id, now + 11) == Origin::expired);
}

TEST_CASE("a new session is in the store under the digest of the id that its cookie has") {
  World world;
  world.create();
  const auto id = SessionId::parse(world.value);
  REQUIRE(id);
  CHECK(world.kept.key == id->store_key(*sha256()));
  const auto record = world.load(world.kept.key);
  REQUIRE(record);
  CHECK(testing::text(record) == "n=1");
  CHECK(record->head().generation == world.kept.generation);
  CHECK(record->head().times.created == now);
  CHECK(record->expires() == now + lifetime);
  CHECK_FALSE(world.content.changed());
}

TEST_CASE("an id that is in use already is a failure of the random source") {
  World world;
  world.config.set_random([](std::span<char> bytes) -> Result<void> {
    std::fill(bytes.begin(), bytes.end(), 'x');
    return {};
  });
  world.create();
  const auto again = world.write(Write::create);
  REQUIRE_FALSE(again);
  CHECK(again.error().status == Status::internal);
  CHECK(again.error().message.find("random source") != std::string::npos);
}

TEST_CASE("saving and renewing keep the id, moving draws another one and another generation") {
  World world;
  world.create();
  const std::string first = world.value;
  const Kept before = world.kept;
  REQUIRE(world.content.set("n", "2") == Status::ok);
  REQUIRE(world.write(Write::save));
  CHECK(world.value == first);
  REQUIRE(world.write(Write::touch));
  CHECK(world.value == first);
  REQUIRE(world.write(Write::regenerate));
  CHECK(world.value != first);
  CHECK(world.kept.key != before.key);
  CHECK(world.kept.generation != before.generation);
  CHECK(testing::text(world.load(before.key)) == "gone");
  CHECK(testing::text(world.load(world.kept.key)) == "n=2");
}

TEST_CASE("a merge says what has changed, the last write says everything") {
  World world;
  world.create();
  REQUIRE(world.content.set("m", "2") == Status::ok);
  const bool is_last_write = GENERATE(false, true);
  REQUIRE(world.write(Write::save, is_last_write ? CommitMode::last_write : CommitMode::merge));
  CHECK(world.store->clear == is_last_write);
  CHECK(world.store->keys == (is_last_write ? "nm" : "m"));
  CHECK(world.store->expires == now + lifetime);
  CHECK(world.store->max_bytes == 5'000);
}

TEST_CASE("a strict commit requires what was read, and the version when that was everything") {
  World world;
  world.create();
  world.content.remember_reads();
  const bool has_read_everything = GENERATE(false, true);
  if (has_read_everything) {
    world.content.to_json();
  } else {
    CHECK(world.content.find("n"));
  }
  REQUIRE(world.content.set("m", "2") == Status::ok);
  const auto version = world.kept.version;
  REQUIRE(world.write(Write::save, CommitMode::strict));
  CHECK(world.store->preconditions == (has_read_everything ? 0 : 1));
  CHECK(world.store->only_version == (has_read_everything ? std::optional(version) : std::nullopt));
}

TEST_CASE("a change of which nothing is known is voided by the next one, which is about the version") {
  World world;
  world.create();
  REQUIRE(world.content.set("n", "2") == Status::ok);
  world.store->is_losing_answers = true;
  const auto lost = world.write(Write::save);
  REQUIRE_FALSE(lost);
  CHECK(lost.error().status == Status::unknown);
  world.store->is_losing_answers = false;
  const auto version = world.kept.version;
  REQUIRE(world.write(Write::save));
  CHECK(world.store->only_version == version);
  REQUIRE(world.store->voided.size() == 1);
  CHECK(world.store->voided[0].sequence == 1);

  REQUIRE(world.content.set("n", "3") == Status::ok);
  REQUIRE(world.write(Write::save));
  CHECK(world.store->only_version == std::nullopt);
  CHECK(world.store->voided.empty());
}

TEST_CASE("a conflict shows what is there, and which keys it is about") {
  World world;
  world.create();
  REQUIRE(world.content.require_unchanged("n") == Status::ok);
  REQUIRE(world.content.set("m", "2") == Status::ok);
  world.interfere("n");
  const std::string id(world.kept.id.text());
  const auto written = world.write(GENERATE(Write::save, Write::regenerate));
  REQUIRE(written);
  CHECK(written->outcome == Written::Outcome::conflict);
  CHECK(written->keys == std::vector<std::string>{"n"});
  CHECK(world.kept.id.text() == id);
  REQUIRE(world.content.decode());
  CHECK(world.content.to_json() == R"({"n":9})");
}

TEST_CASE("a conflict about everything names the keys that others have changed") {
  World world;
  world.create();
  world.content.remember_reads();
  world.content.to_json();
  REQUIRE(world.content.set("m", "2") == Status::ok);
  world.interfere("k");
  const auto written = world.write(Write::save, CommitMode::strict);
  REQUIRE(written);
  CHECK(written->outcome == Written::Outcome::conflict);
  CHECK(written->keys == std::vector<std::string>{"k"});
}

TEST_CASE("a session that has ended meanwhile is gone, and the content stays") {
  World world;
  world.create();
  REQUIRE(world.keeper.destroy(world.kept, world.call, world.asked)->was_there);
  REQUIRE(world.content.set("m", "2") == Status::ok);
  const auto written = world.write(GENERATE(Write::save, Write::touch, Write::regenerate));
  REQUIRE(written);
  CHECK(written->outcome == Written::Outcome::gone);
  CHECK(world.content.to_json() == R"({"n":1,"m":2})");
}

TEST_CASE("what ends keeps its key for an hour") {
  World world;
  world.create();
  REQUIRE(world.keeper.destroy(world.kept, world.call, world.asked));
  const auto sweep = [&](std::int64_t when) {
    const manager::Call later(when, std::chrono::minutes(1));
    return *testing::ask<std::int64_t>(*world.store,
                                       [&](auto done) { world.store->sweep(10, later, std::move(done)); });
  };
  CHECK(sweep(now + 3'600) == 0);
  CHECK(sweep(now + 3'601) == 1);
}
