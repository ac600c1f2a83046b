// The store against a real server: what the scripts do when replies get lost, and what a server may refuse.
#include <store/merge.hpp>
#include <string>
#include <vector>

#include "../../../support/catch.hpp"
#include "../../../support/codecs.hpp"
#include "../../../support/redis_store.hpp"
#include "../../../support/store.hpp"

using namespace sessions;
using namespace sessions::store;
using testing::ask;
using testing::BlockingTransport;
using testing::RedisServer;
using testing::Reversal;
using testing::Sealing;
using testing::Swelling;
using testing::tell;
using testing::text;
using Kind = Change::Kind;
using Outcome = Committed::Outcome;

namespace {

constexpr std::int64_t now = 1'700'000'000;
constexpr std::uint64_t generation = 7;
const Key a{'\x01'};
const Key b{'\x02'};

std::string hash_of(const Key& key, std::string_view prefix = "session:") { return redis::HashKey(prefix, key).text(); }

Commit commit_of(const std::vector<Change>& changes, std::uint64_t version = 1) {
  Commit commit;
  commit.generation = generation;
  commit.version = version;
  commit.expires = now + 1'000;
  commit.changes = changes;
  return commit;
}

// One server, one transport with faults, one store.
struct World {
  explicit World(redis::StoreOptions options = {}, std::vector<std::string> arguments = {})
      : server(RedisServer::Listen::unix_socket, std::move(arguments)),
        transport(std::make_shared<BlockingTransport>(server)),
        store(testing::open_redis(transport, std::move(options))) {}

  Call call(std::int64_t when = now) const { return {when, std::chrono::minutes(1), codec}; }

  std::string load(const Key& key) {
    const auto found =
        ask<std::optional<Record>>(*store, [&](auto done) { store->load(key, call(), std::move(done)); });
    return found ? text(*found) : std::to_string(static_cast<int>(found.error().status));
  }

  Result<bool> create(const Key& key, const std::vector<Field>& fields) {
    const Record record({generation, 1, {now, now, no_deadline, now + 1'000}}, {}, fields);
    return ask<bool>(*store, [&](auto done) { store->create(key, record, call(), std::move(done)); });
  }

  Result<Committed> commit(const Key& key, const std::vector<Change>& changes, std::uint64_t version = 1,
                           Attempt attempt = {}) {
    Commit commit = commit_of(changes, version);
    commit.attempt = attempt;
    return this->commit(key, commit);
  }

  Result<Committed> commit(const Key& key, const Commit& commit) {
    return ask<Committed>(*store, [&](auto done) { store->commit(key, commit, call(), std::move(done)); });
  }

  Result<Committed> regenerate(const Key& from, const Key& to, const std::vector<Change>& changes = {}) {
    const Commit commit = commit_of(changes);
    return ask<Committed>(*store, [&](auto done) {
      store->regenerate(from, {to, generation + 1}, commit, now + 60, call(), std::move(done));
    });
  }

  Result<Destroyed> destroy(const Key& key) {
    return ask<Destroyed>(*store, [&](auto done) { store->destroy(key, now + 60, call(), std::move(done)); });
  }

  std::string prepare() {
    const auto warning = ask<std::string>(*store, [&](auto done) { store->prepare(call(), std::move(done)); });
    return warning ? *warning : "failed: " + std::to_string(static_cast<int>(warning.error().status));
  }

  // The next reply gets lost, with the connection.
  void lose_next_reply() {
    transport->loses = [this](std::string_view) {
      transport->loses = nullptr;
      return true;
    };
  }

  RedisServer server;
  std::shared_ptr<BlockingTransport> transport;
  std::shared_ptr<redis::Redis> store;
  std::shared_ptr<const Codec> codec;
};

template <class T>
Status status_of(const Result<T>& result) {
  return result ? Status::ok : result.error().status;
}

const std::vector<Change> one_more = {{Kind::increment, "n", {}, 1}};

}  // namespace

TEST_CASE("whatever is sent again has one effect, and the answer of the first time") {
  World world;
  world.codec = GENERATE(false, true) ? std::make_shared<Reversal>() : nullptr;
  CHECK(world.prepare().empty());
  world.lose_next_reply();
  CHECK(*world.create(a, {{"n", "1"}}));
  CHECK_FALSE(*world.create(a, {{"n", "1"}}));
  world.lose_next_reply();
  const auto committed = world.commit(a, one_more);
  REQUIRE(committed);
  CHECK((committed->outcome == Outcome::duplicate || committed->outcome == Outcome::applied));
  CHECK(world.load(a) == "n=2");
  world.lose_next_reply();
  const auto moved = world.regenerate(a, b, one_more);
  REQUIRE(moved);
  CHECK((moved->outcome == Outcome::duplicate || moved->outcome == Outcome::merged));
  CHECK(text(moved->record) == "n=3");
  CHECK(moved->record->head().generation == generation + 1);
  CHECK(world.load(a) == "gone");
  CHECK(world.load(b) == "n=3");
  world.lose_next_reply();
  CHECK(world.destroy(b)->was_there);
  CHECK_FALSE(world.destroy(b)->was_there);
  CHECK(world.load(b) == "gone");
}

TEST_CASE("of a coded commit every single reply may get lost") {
  for (int lost = 0; lost < 4; ++lost) {
    World world;
    world.codec = std::make_shared<Reversal>();
    CHECK(world.prepare().empty());
    REQUIRE(*world.create(a, {{"n", "1"}}));
    int count = 0;
    world.transport->loses = [&](std::string_view) { return count++ == lost; };
    REQUIRE(world.commit(a, one_more));
    CHECK(world.load(a) == "n=2");
  }
}

TEST_CASE("what a codec makes too large for Redis is refused, and what was there stays") {
  World world;
  world.codec = std::make_shared<Reversal>();
  CHECK(world.prepare().empty());
  REQUIRE(*world.create(a, {{"n", "1"}}));
  world.codec = std::make_shared<Swelling>();
  CHECK(status_of(world.commit(a, one_more)) == Status::limit);
  CHECK(status_of(world.create(b, {{"n", "1"}})) == Status::limit);
  CHECK(world.load(a) == "n=1");
}

TEST_CASE("a reply that is lost after others have committed is a duplicate all the same") {
  World world;
  CHECK(world.prepare().empty());
  REQUIRE(*world.create(a, {{"n", "1"}}));
  world.transport->loses = [&](std::string_view) {
    world.transport->loses = nullptr;
    // On another connection, between the two.
    const auto store = testing::open_redis(std::make_shared<BlockingTransport>(world.server));
    Commit commit;
    commit.generation = generation;
    commit.expires = now + 1'000;
    commit.changes = one_more;
    CHECK(ask<Committed>(*store, [&](auto done) { store->commit(a, commit, world.call(), std::move(done)); }));
    return true;
  };
  const auto committed = world.commit(a, one_more);
  REQUIRE(committed);
  CHECK(committed->outcome == Outcome::duplicate);
  CHECK(world.load(a) == "n=3");
}

TEST_CASE("a copy of a commit that arrives after others has no effect") {
  World world;
  world.codec = GENERATE(false, true) ? std::make_shared<Reversal>() : nullptr;
  CHECK(world.prepare().empty());
  REQUIRE(*world.create(a, {{"n", "1"}}));
  std::string late;
  world.transport->loses = [&](std::string_view command) {
    const bool is_lost = late.empty() && command.find("EVALSHA") != std::string_view::npos;
    late = is_lost ? command : late;
    return is_lost;
  };
  REQUIRE(world.commit(a, one_more)->outcome == Outcome::duplicate);
  for (std::uint64_t version = 2; version <= 4; ++version) {
    REQUIRE(world.commit(a, one_more, version)->outcome == Outcome::applied);
  }
  testing::RedisConnection connection(world.server);
  connection.send(late);
  CHECK(connection.receive()[1].text() == "duplicate");
  CHECK(world.load(a) == "n=5");
}

TEST_CASE("commits are remembered for a minute by the server's clock, whatever those of clients say") {
  World world;
  REQUIRE(*world.create(a, {{"n", "0"}}));
  const auto outcome_at = [&](std::int64_t when, const Attempt& attempt) {
    Commit commit = commit_of(one_more);
    commit.attempt = attempt;
    return ask<Committed>(*world.store,
                          [&](auto done) { world.store->commit(a, commit, world.call(when), std::move(done)); })
        ->outcome;
  };
  REQUIRE(outcome_at(now, {42, 1}) == Outcome::applied);
  REQUIRE(outcome_at(now + 120, {43, 1}) == Outcome::merged);
  CHECK(outcome_at(now + 120, {42, 1}) == Outcome::duplicate);
  REQUIRE(outcome_at(now - 120, {43, 2}) == Outcome::merged);
  CHECK(outcome_at(now, {43, 1}) == Outcome::duplicate);
  const std::int64_t time = std::stoll(tell(world.server, {"TIME"}));
  const std::string entries = redis::to_bytes(Applied{42, 1, time}) + redis::to_bytes(Applied{42, 2, time - 62});
  tell(world.server, {"HSET", hash_of(a), "+", entries});
  REQUIRE(outcome_at(now, {44, 1}) == Outcome::merged);
  CHECK(outcome_at(now, {42, 1}) == Outcome::duplicate);
  CHECK(outcome_at(now, {42, 2}) == Outcome::merged);
}

TEST_CASE("attempts are forgotten when they are settled, and 1024 that are not make the next one wait") {
  World world;
  REQUIRE(*world.create(a, {}));
  for (std::uint64_t sequence = 1; sequence < 1'024; ++sequence) {  // creating it was an attempt too
    REQUIRE(world.commit(a, one_more, sequence, {42, sequence, 1})->outcome == Outcome::applied);
  }
  CHECK(status_of(world.commit(a, one_more, 1'024, {42, 1'024, 1})) == Status::busy);
  CHECK(world.commit(a, one_more, 1'024, {42, 5, 1})->outcome == Outcome::duplicate);
  CHECK(world.commit(a, one_more, 1'024, {42, 1'024, 100})->outcome == Outcome::applied);
  CHECK(world.commit(a, one_more, 1'025, {42, 5, 1})->outcome == Outcome::applied);
  CHECK(world.commit(a, one_more, 1'025, {42, 100, 1})->outcome == Outcome::duplicate);
  CHECK(world.load(a) == "n=1025");
}

TEST_CASE("a commit forgets what its own writer has settled, and nothing else") {
  World world;
  REQUIRE(*world.create(a, {}));
  REQUIRE(tell(world.server, {"HDEL", hash_of(a), "+"}) == "1");  // creating it was an attempt too
  const auto outcome = [&](std::uint64_t version, const Attempt& attempt) {
    return world.commit(a, one_more, version, attempt)->outcome;
  };
  REQUIRE(outcome(1, {42, 5, 1}) == Outcome::applied);
  REQUIRE(outcome(2, {42, 6, 1}) == Outcome::applied);
  CHECK(outcome(3, {42, 5, 1}) == Outcome::duplicate);
  REQUIRE(outcome(3, {43, 1, 1}) == Outcome::applied);
  REQUIRE(outcome(4, {42, 7, 7}) == Outcome::applied);
  CHECK(outcome(5, {43, 1, 1}) == Outcome::duplicate);
  CHECK(outcome(5, {42, 7, 7}) == Outcome::duplicate);
  REQUIRE(outcome(5, {42, 8, 8}) == Outcome::applied);
  REQUIRE(tell(world.server, {"HDEL", hash_of(a), "+"}) == "1");
  REQUIRE(outcome(6, {42, 9, 9}) == Outcome::applied);
  REQUIRE(outcome(7, {42, 10, 10}) == Outcome::applied);
  CHECK(tell(world.server, {"HGET", hash_of(a), "+"}).size() == 21);
  REQUIRE(outcome(8, {43, 2, 1}) == Outcome::applied);
  REQUIRE(outcome(9, {42, 11, 11}) == Outcome::applied);
  CHECK(outcome(10, {43, 2, 1}) == Outcome::duplicate);
  REQUIRE(tell(world.server, {"HDEL", hash_of(a), "+"}) == "1");
  REQUIRE(outcome(10, {43, 3, 1}) == Outcome::applied);
  REQUIRE(outcome(11, {42, 12, 12}) == Outcome::applied);
  CHECK(outcome(12, {43, 3, 1}) == Outcome::duplicate);
  REQUIRE(tell(world.server, {"HDEL", hash_of(a), "+"}) == "1");
  REQUIRE(outcome(12, {42, 13, 13}) == Outcome::applied);
  REQUIRE(outcome(13, {42, 14, 13}) == Outcome::applied);
  CHECK(outcome(14, {42, 13, 13}) == Outcome::duplicate);
  CHECK(world.load(a) == "n=13");
}

TEST_CASE("bytes amid what is remembered of a commit are not taken for another one") {
  World world;
  const Applied remembered{0x0102030405060708, 0x1112131415161718, 0x2122232425};
  const Field field{"n", "0"};
  const Record record({generation, 1, {now, now, no_deadline, now + 1'000}}, {&remembered, 1}, {&field, 1});
  REQUIRE(*ask<bool>(*world.store, [&](auto done) { world.store->create(a, record, world.call(), std::move(done)); }));
  const Attempt between{0x0607081112131415, 0x1617182122232425, 1};
  REQUIRE(redis::to_bytes(remembered).find(redis::to_bytes(between)) == 5);
  CHECK(world.commit(a, one_more, 1, between)->outcome == Outcome::applied);
  CHECK(world.commit(a, one_more, 2, between)->outcome == Outcome::duplicate);
  CHECK(world.load(a) == "n=1");
}

TEST_CASE("many calls of one store leave a short memory") {
  World world;
  REQUIRE(*world.create(a, {}));
  for (std::uint64_t version = 1; version <= 300; ++version) {
    REQUIRE(world.commit(a, one_more, version)->outcome == Outcome::applied);
  }
  CHECK(tell(world.server, {"HGET", hash_of(a), "+"}).size() < 64);
}

TEST_CASE("scripts survive that the server forgets them") {
  World world;
  CHECK(world.prepare().empty());
  REQUIRE(*world.create(a, {{"n", "1"}}));
  for (std::uint64_t version = 1; version <= 3; ++version) {
    CHECK(tell(world.server, {"SCRIPT", "FLUSH"}) == "OK");
    CHECK(world.commit(a, one_more, version)->outcome == Outcome::applied);
  }
  tell(world.server, {"SCRIPT", "FLUSH"});
  CHECK(world.regenerate(a, b));
  tell(world.server, {"SCRIPT", "FLUSH"});
  CHECK(world.load(b) == "n=4");
  world.server.restart();
  world.lose_next_reply();
  CHECK(*world.create(b, {{"n", "1"}}));
}

TEST_CASE("garbage collection leaves each record for a minute or two longer than it lives") {
  World world;
  const auto seconds = [&](const Key& key) { return std::stoll(tell(world.server, {"PTTL", hash_of(key)})) / 1'000; };
  REQUIRE(*world.create(a, {{"n", "1"}}));
  CHECK((seconds(a) >= 1'110 && seconds(a) <= 1'120));
  REQUIRE(world.regenerate(a, b));
  CHECK((seconds(a) >= 150 && seconds(a) <= 160));
  CHECK((seconds(b) >= 1'110 && seconds(b) <= 1'120));
  REQUIRE(world.destroy(b));
  CHECK((seconds(b) >= 150 && seconds(b) <= 160));
}

TEST_CASE("what is renewed within a minute needs no other expiry of the server") {
  World world;
  const auto seconds = [&] { return std::stoll(tell(world.server, {"PTTL", hash_of(a)})) / 1'000; };
  const auto commit_until = [&](std::int64_t expires, std::uint64_t version) {
    Commit commit = commit_of(one_more, version);
    commit.expires = expires;
    REQUIRE(world.commit(a, commit)->outcome == Outcome::applied);
  };
  REQUIRE(*world.create(a, {{"n", "1"}}));
  REQUIRE(tell(world.server, {"PEXPIRE", hash_of(a), "9000000"}) == "1");
  commit_until(now + 1'059, 1);
  CHECK(seconds() >= 8'990);
  commit_until(now + 1'060, 2);
  CHECK((seconds() >= 1'170 && seconds() <= 1'180));
  commit_until(now + 1'059, 3);
  CHECK((seconds() >= 1'110 && seconds() <= 1'120));
}

TEST_CASE("what is not ours under a session's key is corrupt, and stays as it is") {
  World world;
  const auto check = [&](Status status) {
    CHECK(world.load(a) == std::to_string(static_cast<int>(status)));
    CHECK(status_of(world.commit(a, one_more)) == status);
    CHECK(status_of(world.regenerate(a, b)) == status);
    CHECK(status_of(world.destroy(a)) == status);
  };
  tell(world.server, {"SET", hash_of(a), "x"});
  check(Status::corrupt);
  CHECK(status_of(world.create(a, {})) == Status::corrupt);
  CHECK(tell(world.server, {"GET", hash_of(a)}) == "x");
  tell(world.server, {"DEL", hash_of(a)});
  tell(world.server, {"HSET", hash_of(a), "field", "value"});
  check(Status::corrupt);
  CHECK_FALSE(*world.create(a, {}));
  tell(world.server, {"HSET", hash_of(a), "@", "rubbish"});
  check(Status::corrupt);
  tell(world.server, {"HSET", hash_of(a), "@", "2 of a newer one"});
  check(Status::newer);
  CHECK(tell(world.server, {"HGETALL", hash_of(a)}) == "field value @ 2 of a newer one");
}

TEST_CASE("the hash of another session under a session's key is corrupt, and can be ended") {
  World world;
  REQUIRE(*world.create(b, {{"k", "1"}}));
  tell(world.server, {"COPY", hash_of(b), hash_of(a), "REPLACE"});
  CHECK(world.load(a) == std::to_string(static_cast<int>(Status::corrupt)));
  CHECK(status_of(world.commit(a, one_more)) == Status::corrupt);
  CHECK(status_of(world.regenerate(a, Key{'\x03'})) == Status::corrupt);
  CHECK(tell(world.server, {"HGETALL", hash_of(a)}) == tell(world.server, {"HGETALL", hash_of(b)}));
  CHECK(status_of(world.destroy(a)) == Status::ok);
  CHECK(world.load(b) == "k=1");
}

TEST_CASE("what a codec has written needs it, and is committed to with it") {
  World world;
  world.codec = std::make_shared<Reversal>();
  REQUIRE(*world.create(a, {{"n", "10"}, {"s", "\"x:y\""}, {"", "{\"k\":[1]}"}}));
  CHECK(tell(world.server, {"HGET", hash_of(a), ".n"}) == "0:01");
  CHECK(tell(world.server, {"HGET", hash_of(a), ".s"}) == "1:\"y:x\"");
  CHECK(tell(world.server, {"HGET", hash_of(a), "."}) == "2:}]1[:\"k\"{");
  CHECK(world.load(a) == "n=10 s=\"x:y\" ={\"k\":[1]}");
  CHECK(world.commit(a, one_more)->outcome == Outcome::applied);
  const auto merged = world.commit(a, {{Kind::set, "m", "2"}, {Kind::remove, "", {}, 0, "{\"k\":[1]}"}});
  REQUIRE(merged);
  CHECK(merged->outcome == Outcome::merged);
  CHECK(text(merged->record) == "n=11 s=\"x:y\" m=2");
  CHECK(world.load(a) == text(merged->record));
  world.codec = nullptr;
  CHECK(world.load(a) == std::to_string(static_cast<int>(Status::corrupt)));
  CHECK(status_of(world.commit(a, one_more)) == Status::corrupt);
  CHECK(status_of(world.regenerate(a, Key{'\x03'})) == Status::corrupt);
  CHECK(world.destroy(a)->was_there);
}

TEST_CASE("what was stored before there was a codec is loaded, and all of it is coded once something changes") {
  World world;
  REQUIRE(*world.create(a, {{"n", "12"}, {"s", "\"xy\""}}));
  REQUIRE(*world.create(b, {{"n", "12"}}));
  const auto stored = [&](const char* field) { return tell(world.server, {"HGET", hash_of(a), field}); };
  world.codec = std::make_shared<Reversal>();
  CHECK(world.load(a) == "n=12 s=\"xy\"");
  CHECK(world.commit(a, std::vector<Change>())->outcome == Outcome::applied);
  CHECK(stored(".s") == "1:\"xy\"");
  const auto change = GENERATE(Change{Kind::increment, "n", {}, 1}, Change{Kind::remove, "none"},
                               Change{Kind::set, "m", "1", 0, {}}, Change{Kind::set, "gone", "1", 0, "0"});
  CHECK(world.commit(a, {change}, 0)->outcome == Outcome::merged);
  CHECK(stored(".s") == "1:\"yx\"");
  CHECK(stored(".n") == (change.kind == Kind::increment ? "0:31" : "0:21"));
  CHECK(world.load(a).find("s=\"xy\"") != std::string::npos);
  REQUIRE(world.regenerate(b, Key{'\x03'}, one_more));
  CHECK(tell(world.server, {"HGET", hash_of(Key{'\x03'}), ".n"}) == "0:31");
}

TEST_CASE("what is cleared with a codec is all coded") {
  World world;
  REQUIRE(*world.create(a, {{"n", "12"}, {"s", "1"}}));
  world.codec = std::make_shared<Reversal>();
  const std::vector<Change> changes = {{Kind::set, "s", "45"}, {Kind::increment, "n", {}, 67}};
  Commit commit = commit_of(changes, 0);
  commit.clear = true;
  REQUIRE(world.commit(a, commit));
  CHECK(world.load(a) == "s=45 n=67");
  CHECK(tell(world.server, {"HGET", hash_of(a), ".n"}) == "3:76");
}

TEST_CASE("a coded commit sends what it changes, and nothing that was not coded") {
  World world;
  CHECK(world.prepare().empty());
  world.codec = std::make_shared<Sealing>();
  REQUIRE(*world.create(a, {{"kept", "\"plain kept\""}, {"set", "\"plain set\""}, {"n", "1234567"}}));
  const std::string kept = tell(world.server, {"HGET", hash_of(a), ".kept"});
  int writes = 0;
  world.transport->before = [&](std::string_view command) {
    for (const char* const text : {"plain", "1234567", "1234568"}) {
      CHECK(command.find(text) == std::string_view::npos);
    }
    if (command.find("EVAL") != std::string_view::npos) {
      CHECK(command.find(".kept") == std::string_view::npos);
      CHECK(command.find(".set") != std::string_view::npos);
      ++writes;
    }
  };
  const std::vector<Precondition> preconditions = {{"set", "\"plain set\""}, {"kept", "\"plain kept\""}};
  const std::vector<Change> changes = {{Kind::set, "set", "\"plain too\"", 0, "\"plain set\""},
                                       {Kind::increment, "n", {}, 1, "1234567"}};
  Commit commit = commit_of(changes);
  commit.preconditions = preconditions;
  const auto committed = world.commit(a, commit);
  REQUIRE(committed);
  CHECK(committed->outcome == Outcome::applied);
  CHECK(writes == 1);
  world.transport->before = nullptr;
  CHECK(tell(world.server, {"HGET", hash_of(a), ".kept"}) == kept);
  CHECK(world.load(a) == "kept=\"plain kept\" set=\"plain too\" n=1234568");
  const auto broken = world.commit(a, commit);
  REQUIRE(broken);
  CHECK(broken->outcome == Outcome::conflict);
  CHECK(broken->keys == std::vector<std::string>{"set"});
}

TEST_CASE("the most bytes of a session are those of its decoded values") {
  World world;
  world.codec = std::make_shared<Sealing>();
  REQUIRE(*world.create(a, {{"k", "12345"}}));
  for (const auto& [value, status] :
       std::vector<std::pair<std::string, Status>>{{"123456789", Status::ok}, {"1234567890", Status::limit}}) {
    const std::vector<Change> changes = {{Kind::set, "k", value}};
    Commit commit = commit_of(changes);
    commit.max_bytes = 10;
    CHECK(status_of(world.commit(a, commit)) == status);
  }
}

TEST_CASE("a codec that fails, or gives something else than JSON, says so for every field") {
  World world;
  world.codec = std::make_shared<Sealing>();
  REQUIRE(*world.create(a, {{"k", "1"}, {"l", "2"}}));
  const std::string whole = tell(world.server, {"HGET", hash_of(a), ".l"});
  tell(world.server, {"HSET", hash_of(a), ".l", whole.substr(0, whole.size() - 1)});
  CHECK(world.load(a) == std::to_string(static_cast<int>(Status::callback)));
  CHECK(status_of(world.commit(a, one_more)) == Status::callback);
  world.codec = std::make_shared<Reversal>();
  for (const char* const stored : {"1:", "1:1,2", "1:}", "1:\"", "1:eurt x", "1:]}1:\"a\",1:\"a\"{[", "1:\xff"}) {
    INFO(stored);
    tell(world.server, {"HSET", hash_of(a), ".k", "0:1", ".l", stored});
    CHECK(world.load(a) == std::to_string(static_cast<int>(Status::corrupt)));
    CHECK(status_of(world.commit(a, one_more)) == Status::corrupt);
  }
  tell(world.server, {"HSET", hash_of(a), ".l", "1: eurt\n"});
  CHECK(world.load(a) == "k=1 l=true");
  tell(world.server, {"HSET", hash_of(a), ".\xff", "2:1"});
  CHECK(world.load(a) == std::to_string(static_cast<int>(Status::corrupt)));
}

TEST_CASE("coded commits of others in between are merged, not lost") {
  World world;
  world.codec = std::make_shared<Reversal>();
  REQUIRE(*world.create(a, {{"n", "0"}}));
  const auto other = testing::open_redis(std::make_shared<BlockingTransport>(world.server));
  int overtaken = 0;
  world.transport->before = [&](std::string_view command) {
    const bool writes = command.find("EVAL") != std::string_view::npos;
    if (writes && overtaken < 3) {
      ++overtaken;
      Commit commit;
      commit.generation = generation;
      commit.expires = now + 1'000;
      commit.changes = one_more;
      CHECK(ask<Committed>(*other, [&](auto done) { other->commit(a, commit, world.call(), std::move(done)); }));
    }
  };
  const auto committed = world.commit(a, one_more);
  REQUIRE(committed);
  CHECK(committed->outcome == Outcome::merged);
  CHECK(overtaken == 3);
  CHECK(world.load(a) == "n=4");
}

TEST_CASE("a full server refuses what grows, and still ends sessions") {
  World world;
  REQUIRE(*world.create(a, {{"n", "1"}, {"m", "1"}}));
  CHECK(tell(world.server, {"CONFIG", "SET", "maxmemory", "1"}) == "OK");
  CHECK(status_of(world.create(b, {})) == Status::full);
  CHECK(status_of(world.commit(a, one_more)) == Status::full);
  CHECK(world.load(a) == "n=1 m=1");
  CHECK(world.commit(a, {{Kind::remove, "m", {}, 0, "1"}})->outcome == Outcome::applied);
  CHECK(world.load(a) == "n=1");
  CHECK(world.destroy(a)->was_there);
  CHECK(world.load(a) == "gone");
}

TEST_CASE("a server that may evict sessions is warned of") {
  World world;
  tell(world.server, {"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  CHECK(world.prepare().empty());
  tell(world.server, {"CONFIG", "SET", "maxmemory", "100mb"});
  CHECK(world.prepare().find("maxmemory-policy is allkeys-lru") != std::string::npos);
  tell(world.server, {"CONFIG", "SET", "maxmemory-policy", "volatile-ttl"});
  CHECK_FALSE(world.prepare().empty());
  tell(world.server, {"CONFIG", "SET", "maxmemory-policy", "noeviction"});
  CHECK(world.prepare().empty());
}

TEST_CASE("the access rules in the manual suffice, and less does not") {
  World world;
  const auto as = [&](const std::string& rules) {
    std::vector<std::string> words = {"ACL", "SETUSER", "default", "reset", "on", "nopass"};
    for (std::size_t begin = 0; begin < rules.size();) {
      const std::size_t end = std::min(rules.find(' ', begin), rules.size());
      words.push_back(rules.substr(begin, end - begin));
      begin = end + 1;
    }
    world.server.restart();
    CHECK(tell(world.server, std::vector<std::string_view>(words.begin(), words.end())) == "OK");
    world.transport = std::make_shared<BlockingTransport>(world.server);
    world.store = testing::open_redis(world.transport);
  };
  const std::string keys = "~session:*";
  const std::string commands =
      " +ping +select +client|setname +info +wait +script|load +evalsha +eval +time +scan +exists +pexpire +del"
      " +rename +hget +hgetall +hmget +hset +hdel +hlen +hincrby";
  as(keys + commands);
  CHECK(world.prepare().empty());
  CHECK(ask<std::monostate>(*world.store, [&](auto done) { world.store->ping(world.call(), std::move(done)); }));
  REQUIRE(*world.create(a, {{"n", "9007199254740993"}, {"m", "1"}}));
  CHECK(world.commit(a, {{Kind::remove, "m", {}, 0, "1"}, {Kind::increment, "n", {}, 1}})->outcome == Outcome::applied);
  CHECK(world.load(a) == "n=9007199254740994");
  CHECK(world.regenerate(a, b));
  CHECK(world.destroy(b)->was_there);
  CHECK(*ask<std::int64_t>(*world.store,
                           [&](auto done) { world.store->sweep(10, world.call(now + 100), std::move(done)); }) == 2);
  as(keys + " +ping +script|load +evalsha");
  CHECK(status_of(world.create(a, {})) == Status::unavailable);
  for (const char* forbidden : {"-script", "-eval", "-evalsha", "-time"}) {
    as(keys + " +@all " + forbidden);
    CHECK(world.prepare() == "failed: " + std::to_string(static_cast<int>(Status::unsupported)));
  }
  as(keys + " +@all -hset");
  CHECK(status_of(world.create(a, {})) == Status::unavailable);
  as("~other:* +@all");
  CHECK(status_of(world.create(a, {})) == Status::unavailable);
}

TEST_CASE("sweeping and counting go through all hashes of the prefix, and no others") {
  World world({"a[*]\\?{x}:", std::chrono::milliseconds(0)});
  const auto key = [](int i) { return Key{static_cast<char>(i), static_cast<char>(i >> 8)}; };
  constexpr int count = 1'000;
  for (int i = 0; i < count; ++i) {
    REQUIRE(*world.create(key(i), {{"n", "1"}}));
  }
  tell(world.server, {"SET", "a[*]\\?{x}:{text}", "x"});
  tell(world.server, {"HSET", "a[*]\\?{x}:{hash}", "k", "v"});
  const auto neighbours = testing::open_redis(world.transport, {"ab:", std::chrono::milliseconds(0)});
  const auto statistics = [&](redis::Redis& store) {
    return ask<Statistics>(store, [&](auto done) { store.statistics(world.call(), std::move(done)); })->sessions;
  };
  const auto sweep = [&](std::int64_t most, std::int64_t when) {
    return *ask<std::int64_t>(*world.store,
                              [&](auto done) { world.store->sweep(most, world.call(when), std::move(done)); });
  };
  CHECK(statistics(*world.store) == count);
  CHECK(statistics(*neighbours) == 0);
  CHECK(sweep(count, now + 1'000) == 0);
  CHECK(sweep(300, now + 1'001) == 300);
  CHECK(statistics(*world.store) == count - 300);
  CHECK(sweep(100'000, now + 1'001) == count - 300);
  CHECK(tell(world.server, {"DBSIZE"}) == "2");
}

TEST_CASE("a thousand keys and more changes than Lua's stack takes are one commit") {
  World world;
  std::vector<std::string> names;
  std::vector<Change> changes;
  for (int i = 0; i < 1'024; ++i) {
    names.push_back("key" + std::to_string(i));
  }
  for (const std::string& name : names) {
    changes.push_back({Kind::set, name, "1"});
  }
  REQUIRE(*world.create(a, {}));
  CHECK(world.commit(a, changes)->outcome == Outcome::applied);
  changes.clear();
  for (const std::string& name : names) {
    changes.push_back({Kind::remove, name, {}, 0, "1"});
  }
  std::vector<std::string> others;
  for (int i = 0; i < 9'000; ++i) {
    others.push_back("other" + std::to_string(i));
  }
  for (const std::string& name : others) {
    changes.push_back({Kind::increment, name, {}, 1});
  }
  CHECK(status_of(world.commit(a, changes, 2)) == Status::limit);
  changes.resize(2'048);
  CHECK(world.commit(a, changes, 2)->outcome == Outcome::applied);
  CHECK(tell(world.server, {"HLEN", hash_of(a)}) == "1026");
}

TEST_CASE("without a replica nothing is confirmed, and the answer says so") {
  World world({"session:", std::chrono::milliseconds(1)});
  world.codec = GENERATE(false, true) ? std::make_shared<Reversal>() : nullptr;
  REQUIRE(*world.create(a, {{"n", "1"}}));
  const auto moved = world.regenerate(a, b);
  REQUIRE(moved);
  CHECK(moved->degraded);
  CHECK(world.load(b) == "n=1");
  const auto ended = world.destroy(b);
  REQUIRE(ended);
  CHECK(ended->was_there);
  CHECK(ended->degraded);
}

TEST_CASE("increments at the edges are those of merge(), to the digit") {
  World world;
  const std::vector<std::string> values = {"0",
                                           "-0",
                                           "1",
                                           "-1",
                                           "999999999999999",
                                           "-999999999999999",
                                           "1000000000000000",
                                           "9007199254740991",
                                           "9007199254740992",
                                           "9007199254740993",
                                           "-9007199254740993",
                                           "9223372036854775806",
                                           "9223372036854775807",
                                           "-9223372036854775807",
                                           "-9223372036854775808",
                                           "9223372036854775808",
                                           "-9223372036854775809",
                                           "18446744073709551616",
                                           "1.0",
                                           "1e2",
                                           "true",
                                           "null",
                                           "\"1\"",
                                           "[]"};
  const std::vector<std::int64_t> deltas = {0,
                                            1,
                                            -1,
                                            99'999'999'999'999,
                                            999'999'999'999'999,
                                            -999'999'999'999'999,
                                            1'000'000'000'000'000,
                                            9'007'199'254'740'993,
                                            INT64_MAX - 1,
                                            INT64_MAX,
                                            INT64_MIN + 1,
                                            INT64_MIN};
  unsigned char number = 0;
  for (const std::string& value : values) {
    for (const std::int64_t delta : deltas) {
      CAPTURE(value, delta);
      const Key key{static_cast<char>(++number), static_cast<char>(value.size()), static_cast<char>(value.back())};
      REQUIRE(world.destroy(key));
      tell(world.server, {"DEL", hash_of(key)});
      const std::vector<Field> fields = {{"n", value}};
      REQUIRE(*world.create(key, fields));
      const std::vector<Change> changes = {{Kind::increment, "n", {}, delta, value}};
      Commit commit;
      commit.generation = generation;
      commit.version = 1;
      commit.expires = now + 1'000;
      commit.changes = changes;
      const auto expected =
          merge(Record({generation, 1, {now, now, no_deadline, now + 1'000}}, {}, fields), commit, now);
      const auto committed = world.commit(key, changes);
      CHECK(status_of(committed) == status_of(expected));
      CHECK(world.load(key) == (expected ? text(expected->record) : "n=" + value));
      CHECK(tell(world.server, {"HLEN", hash_of(key)}) == "3");
    }
  }
}

TEST_CASE("a replica confirms that it has what was ended, also when it is sent again") {
  const int port = testing::free_port();
  World world({"session:", std::chrono::seconds(20)},
              {"--port", std::to_string(port), "--repl-diskless-sync-delay", "0"});
  RedisServer replica(RedisServer::Listen::unix_socket, {"--replicaof", "127.0.0.1", std::to_string(port)});
  REQUIRE(replica.await_log("Finished with success"));
  world.codec = GENERATE(false, true) ? std::make_shared<Reversal>() : nullptr;
  CHECK(world.prepare().empty());
  REQUIRE(*world.create(a, {{"n", "1"}}));
  world.lose_next_reply();
  const auto moved = world.regenerate(a, b);
  REQUIRE(moved);
  CHECK_FALSE(moved->degraded);
  CHECK(tell(replica, {"EXISTS", hash_of(b)}) == "1");
  world.lose_next_reply();
  const auto ended = world.destroy(b);
  REQUIRE(ended);
  CHECK(ended->was_there);
  CHECK_FALSE(ended->degraded);
  CHECK(tell(replica, {"HLEN", hash_of(b)}) == "2");
}

TEST_CASE("a replica that does not answer confirms nothing, also when it is sent again over another connection") {
  const int port = testing::free_port();
  World world({"session:", std::chrono::milliseconds(20)},
              {"--port", std::to_string(port), "--repl-diskless-sync-delay", "0"});
  RedisServer replica(RedisServer::Listen::unix_socket, {"--replicaof", "127.0.0.1", std::to_string(port)});
  REQUIRE(replica.await_log("Finished with success"));
  world.codec = GENERATE(false, true) ? std::make_shared<Reversal>() : nullptr;
  CHECK(world.prepare().empty());
  REQUIRE(*world.create(a, {{"n", "1"}}));
  REQUIRE(tell(world.server, {"WAIT", "1", "0"}) == "1");
  replica.pause();
  world.lose_next_reply();
  const auto moved = world.regenerate(a, b);
  REQUIRE(moved);
  CHECK(moved->degraded);
  world.lose_next_reply();
  const auto ended = world.destroy(b);
  REQUIRE(ended);
  CHECK(ended->was_there);
  CHECK(ended->degraded);
  const auto once_more = world.destroy(b);
  REQUIRE(once_more);
  CHECK_FALSE(once_more->was_there);
  CHECK(once_more->degraded);
}
