// The contract of src/store/store.hpp, sentence by sentence, for every store.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <store/memory.hpp>
#include <string>
#include <thread>
#include <vector>

#include "../support/catch.hpp"
#include "../support/codecs.hpp"
#include "../support/custom_store.hpp"
#include "../support/deferred_store.hpp"
#include "../support/redis_store.hpp"
#include "../support/store.hpp"
#include "../support/temporary_database.hpp"

using namespace sessions;
using namespace sessions::store;
using testing::ask;
using testing::text;

namespace {

using Kind = Change::Kind;
using Outcome = Committed::Outcome;

constexpr std::int64_t now = 1'700'000'000;
constexpr std::int64_t lifetime = 1'000;

std::shared_ptr<Store> open_memory() { return std::make_shared<Memory>(MemoryBounds{}); }
std::shared_ptr<Store> open_deferred() { return std::make_shared<testing::DeferredStore>(open_memory()); }

using Open = std::shared_ptr<Store> (*)();

template <class Codec, Open open>
std::shared_ptr<Store> open_coded() {
  return std::make_shared<testing::CodedStore>(open(), std::make_shared<Codec>());
}

// With a server that is given it is about the way there alone.
Open any_store() {
  std::vector<Open> stores = {&testing::open_fresh_redis, &open_coded<testing::Sealing, &testing::open_fresh_redis>,
                              &open_coded<testing::Reversal, &testing::open_fresh_redis>};
  if (testing::given_redis_url() == nullptr) {
    stores.insert(stores.end(),
                  {&open_memory, &open_deferred, &testing::open_fresh_sqlite, &testing::open_custom_at_once,
                   &testing::open_custom_later, &testing::open_changing_at_once, &testing::open_changing_later,
                   &open_coded<testing::Sealing, &testing::open_fresh_sqlite>,
                   &open_coded<testing::Sealing, &testing::open_custom_later>});
  }
  return GENERATE_COPY(from_range(stores));
}

// Over gets and puts the new record is there before the old one ends.
bool moves_in_one_step(Open open) {
  return open != &testing::open_custom_at_once && open != &testing::open_custom_later &&
         open != &open_coded<testing::Sealing, &testing::open_custom_later>;
}

constexpr std::uint64_t generation = 7;

Call call_at(std::int64_t when) { return {when, std::chrono::minutes(5)}; }

Record record_of(std::vector<Field> fields, std::int64_t when = now) {
  return {{generation, 1, {when, when, no_deadline, when + lifetime}}, {}, fields};
}

Key key_of(unsigned char number) {
  Key key{};
  key.front() = static_cast<char>(number);
  key.back() = static_cast<char>(number * 7);
  return key;
}

std::optional<Record> load(Store& store, const Key& key, std::int64_t when = now) {
  auto found = ask<std::optional<Record>>(store, [&](auto done) { store.load(key, call_at(when), std::move(done)); });
  REQUIRE(found);
  return *found;
}

bool create(Store& store, const Key& key, std::vector<Field> fields, std::int64_t when = now) {
  const auto created = ask<bool>(
      store, [&](auto done) { store.create(key, record_of(std::move(fields), when), call_at(when), std::move(done)); });
  REQUIRE(created);
  return *created;
}

// A commit by somebody who has just loaded the record.
Commit commit_of(const std::vector<Change>& changes, std::int64_t when = now, std::uint64_t version = 1) {
  Commit commit;
  commit.generation = generation;
  commit.version = version;
  commit.expires = when + lifetime;
  commit.changes = changes;
  return commit;
}

// With the record, which a store need not repeat to whoever knows it.
Committed completed(Store& store, const Key& key, Committed committed, std::int64_t when) {
  if (committed.outcome == Outcome::applied && !committed.record) {
    REQUIRE(committed.head);
    committed.record = load(store, key, when);
    REQUIRE(committed.record);
    const Record::Head head = committed.record->head();
    CHECK(head.generation == committed.head->generation);
    CHECK(head.version == committed.head->version);
    CHECK(head.times.written == committed.head->times.written);
    CHECK(head.times.expires == committed.head->times.expires);
  }
  return committed;
}

bool is_written(const Result<Committed>& committed) {
  return committed && (committed->outcome == Outcome::applied || committed->outcome == Outcome::merged);
}

Result<Committed> try_commit(Store& store, const Key& key, const Commit& commit, std::int64_t when = now) {
  return ask<Committed>(store, [&](auto done) { store.commit(key, commit, call_at(when), std::move(done)); });
}

Committed commit(Store& store, const Key& key, const Commit& commit, std::int64_t when = now) {
  auto committed = try_commit(store, key, commit, when);
  REQUIRE(committed);
  return completed(store, key, *committed, when);
}

// By somebody who has the newest version.
Committed change(Store& store, const Key& key, const std::vector<Change>& changes, std::int64_t when = now) {
  const auto record = load(store, key);
  return commit(store, key, commit_of(changes, when, record ? record->head().version : 1), when);
}

Committed touch(Store& store, const Key& key, std::int64_t when) {
  auto committed = ask<Committed>(
      store, [&](auto done) { store.touch(key, generation, when + lifetime, call_at(when), std::move(done)); });
  REQUIRE(committed);
  return *committed;
}

Result<Committed> try_regenerate(Store& store, const Key& from, const Destination& to, const Commit& commit,
                                 std::int64_t when = now) {
  return ask<Committed>(
      store, [&](auto done) { store.regenerate(from, to, commit, when + 60, call_at(when), std::move(done)); });
}

Committed regenerate(Store& store, const Key& from, const Key& to, const std::vector<Change>& changes,
                     std::int64_t when = now) {
  auto committed = try_regenerate(store, from, {to, generation}, commit_of(changes, when), when);
  REQUIRE(committed);
  return completed(store, to, *committed, when);
}

bool destroy(Store& store, const Key& key, std::int64_t when = now) {
  const auto destroyed =
      ask<Destroyed>(store, [&](auto done) { store.destroy(key, when + 60, call_at(when), std::move(done)); });
  REQUIRE(destroyed);
  return destroyed->was_there;
}

std::int64_t sweep(Store& store, std::int64_t when, std::int64_t most = 1'000) {
  const auto dropped = ask<std::int64_t>(store, [&](auto done) { store.sweep(most, call_at(when), std::move(done)); });
  REQUIRE(dropped);
  return *dropped;
}

Statistics statistics(Store& store) {
  const auto counted = ask<Statistics>(store, [&](auto done) { store.statistics(call_at(now), std::move(done)); });
  REQUIRE(counted);
  return *counted;
}

const Key a = key_of(1);
const Key b = key_of(2);

}  // namespace

TEST_CASE("what was created is loaded, and nothing else exists") {
  const auto store = any_store()();
  CHECK(text(load(*store, a)) == "gone");
  CHECK(create(*store, a, {{"k", "1"}, {"l", "\"x\""}}));
  CHECK(text(load(*store, a)) == "k=1 l=\"x\"");
  CHECK(load(*store, a)->head().times.written == now);
  CHECK(load(*store, a)->head().generation == generation);
  CHECK(text(load(*store, b)) == "gone");
}

TEST_CASE("create never overwrites") {
  const auto store = any_store()();
  CHECK(create(*store, a, {{"k", "1"}}));
  CHECK_FALSE(create(*store, a, {{"k", "2"}}));
  CHECK(text(load(*store, a)) == "k=1");
}

TEST_CASE("commit, touch and regenerate never create") {
  const auto store = any_store()();
  CHECK(change(*store, a, {{Kind::set, "k", "1"}}).outcome == Outcome::gone);
  CHECK(touch(*store, a, now).outcome == Outcome::gone);
  CHECK(regenerate(*store, a, b, {}).outcome == Outcome::gone);
  CHECK_FALSE(destroy(*store, a));
  CHECK(text(load(*store, a)) == "gone");
  CHECK(text(load(*store, b)) == "gone");
  CHECK(statistics(*store).sessions == 0);
}

TEST_CASE("an expired record is gone for every write, from the second after it expires") {
  const auto store = any_store()();
  create(*store, a, {{"k", "1"}});
  CHECK(text(touch(*store, a, now + lifetime).record) == "k=1");
  CHECK(text(change(*store, a, {{Kind::set, "k", "2"}}, now + 2 * lifetime).record) == "k=2");
  const std::int64_t over = now + 3 * lifetime + 1;
  CHECK(touch(*store, a, over).outcome == Outcome::gone);
  CHECK(change(*store, a, {{Kind::set, "k", "3"}}, over).outcome == Outcome::gone);
  CHECK(regenerate(*store, a, b, {}, over).outcome == Outcome::gone);
}

TEST_CASE("writing renews, and keeps the time of creation") {
  const auto store = any_store()();
  create(*store, a, {{"k", "1"}});
  for (const Committed& committed : {touch(*store, a, now + 5), change(*store, a, {}, now + 6)}) {
    const Times times = committed.record->head().times;
    CHECK(times.created == now);
    CHECK(times.written > now);
    CHECK(times.expires == times.written + lifetime);
  }
  CHECK(load(*store, a)->head().times.written == now + 6);
}

TEST_CASE("the version counts changes, not renewals") {
  const auto store = any_store()();
  create(*store, a, {{"k", "1"}});
  CHECK(load(*store, a)->head().version == 1);
  touch(*store, a, now + 1);
  CHECK(load(*store, a)->head().version == 1);
  change(*store, a, {{Kind::set, "k", "2"}});
  CHECK(load(*store, a)->head().version == 2);
  change(*store, a, {{Kind::remove, "k"}});
  CHECK(load(*store, a)->head().version == 3);
}

TEST_CASE("different fields are both kept, on the same field the last commit wins") {
  const auto store = any_store()();
  create(*store, a, {{"k", "1"}});
  CHECK(commit(*store, a, commit_of({{Kind::set, "l", "1"}})).outcome == Outcome::applied);
  CHECK(commit(*store, a, commit_of({{Kind::set, "m", "1"}})).outcome == Outcome::merged);
  CHECK(text(load(*store, a)) == "k=1 l=1 m=1");
  CHECK(commit(*store, a, commit_of({{Kind::set, "k", "2", 0, "1"}})).keys.empty());
  const Committed last = commit(*store, a, commit_of({{Kind::set, "k", "3", 0, "1"}}));
  CHECK(last.outcome == Outcome::merged);
  CHECK(last.keys == std::vector<std::string>{"k"});
  CHECK(text(last.record) == "k=3 l=1 m=1");
}

TEST_CASE("a removal beats a stale edit, in either order") {
  const auto store = any_store()();
  create(*store, a, {{"k", "1"}, {"n", "1"}});
  commit(*store, a, commit_of({{Kind::remove, "k", {}, 0, "1"}, {Kind::remove, "n", {}, 0, "1"}}));
  const Committed stale =
      commit(*store, a, commit_of({{Kind::set, "k", "2", 0, "1"}, {Kind::increment, "n", {}, 1, "1"}}));
  CHECK(stale.outcome == Outcome::merged);
  CHECK(stale.keys == std::vector<std::string>{"k", "n"});
  CHECK(text(stale.record).empty());
  CHECK(text(change(*store, a, {{Kind::set, "k", "3"}}).record) == "k=3");
  commit(*store, a, commit_of({{Kind::set, "k", "4", 0, "3"}}, now, 3));
  CHECK(text(commit(*store, a, commit_of({{Kind::remove, "k", {}, 0, "3"}}, now, 3)).record).empty());
}

TEST_CASE("removal, clearing and order within one commit") {
  const auto store = any_store()();
  create(*store, a, {{"k", "1"}, {"l", "2"}});
  CHECK(text(change(*store, a, {{Kind::remove, "k", {}, 0, "1"}, {Kind::remove, "none"}}).record) == "l=2");
  CHECK(text(change(*store, a, {{Kind::remove, "l", {}, 0, "2"}, {Kind::set, "m", "1"}, {Kind::set, "l", "3", 0, "2"}})
                 .record) == "m=1 l=3");
  Commit clearing = commit_of({});
  clearing.version = 3;
  const std::vector<Change> afterwards = {{Kind::set, "n", "9"}};
  clearing.clear = true;
  clearing.changes = afterwards;
  CHECK(text(commit(*store, a, clearing).record) == "n=9");
  CHECK(text(load(*store, a)) == "n=9");
  const Committed late = commit(*store, a, clearing);  // it replaces whatever others have written
  CHECK(late.outcome == Outcome::merged);
  CHECK(late.keys.empty());
  clearing.changes = {};
  CHECK(text(commit(*store, a, clearing).record).empty());
}

TEST_CASE("increments add up, from 0 where there was nothing") {
  const auto store = any_store()();
  create(*store, a, {{"n", "41"}});
  const std::vector<Change> both = {{Kind::increment, "n", {}, 1, "41"}, {Kind::increment, "m", {}, -3}};
  CHECK(text(commit(*store, a, commit_of(both)).record) == "n=42 m=-3");
  const Committed again = commit(*store, a, commit_of(both));
  CHECK(again.outcome == Outcome::merged);
  CHECK(again.keys.empty());
  CHECK(text(again.record) == "n=43 m=-6");
}

TEST_CASE("a commit that cannot be applied whole is not applied at all") {
  const auto store = any_store()();
  create(*store, a, {{"s", "\"x\""}, {"n", "9223372036854775807"}});
  const auto not_a_number = try_commit(*store, a, commit_of({{Kind::set, "k", "1"}, {Kind::increment, "s", {}, 1}}));
  REQUIRE_FALSE(not_a_number);
  CHECK(not_a_number.error().status == Status::type);
  const auto too_far = try_commit(*store, a, commit_of({{Kind::set, "k", "1"}, {Kind::increment, "n", {}, 1}}));
  REQUIRE_FALSE(too_far);
  CHECK(too_far.error().status == Status::range);
  CHECK(text(load(*store, a)) == "s=\"x\" n=9223372036854775807");
  CHECK(load(*store, a)->head().version == 1);
}

TEST_CASE("a precondition that does not hold stops everything, and the answer shows what is there") {
  const auto store = any_store()();
  create(*store, a, {{"k", "1"}, {"l", "2"}});
  const std::vector<Change> changes = {{Kind::set, "k", "9", 0, "1"}};
  Commit strict = commit_of(changes);
  const auto with = [&](std::vector<Precondition> preconditions) {
    strict.preconditions = preconditions;
    return commit(*store, a, strict);
  };
  for (const Precondition& broken : {Precondition{"k", "2"}, {"k", std::nullopt}, {"none", "1"}}) {
    const Committed refused = with({{"l", "2"}, broken});
    CHECK(refused.outcome == Outcome::conflict);
    CHECK(refused.keys == std::vector<std::string>{std::string(broken.key)});
    CHECK(text(refused.record) == "k=1 l=2");
    CHECK(text(load(*store, a)) == "k=1 l=2");
  }
  CHECK(text(with({{"k", "1"}, {"none", std::nullopt}}).record) == "k=9 l=2");
  strict.preconditions = {};
  strict.only_version = 1;
  CHECK(commit(*store, a, strict).outcome == Outcome::conflict);
  strict.only_version = 2;
  CHECK(commit(*store, a, strict).outcome == Outcome::merged);
}

TEST_CASE("a commit that is sent again has one effect") {
  const auto store = any_store()();
  create(*store, a, {{"n", "0"}});
  const std::vector<Change> changes = {{Kind::increment, "n", {}, 1, "0"}};
  Commit tried = commit_of(changes);
  tried.attempt = {42, 1};
  CHECK(commit(*store, a, tried).outcome == Outcome::applied);
  const Committed again = commit(*store, a, tried);
  CHECK(again.outcome == Outcome::duplicate);
  CHECK(text(again.record) == "n=1");
  tried.attempt = {43, 1};
  CHECK(text(commit(*store, a, tried).record) == "n=2");
  tried.attempt = {42, 2};
  CHECK(text(commit(*store, a, tried).record) == "n=3");
  tried.attempt = {42, 1};
  CHECK(commit(*store, a, tried).outcome == Outcome::duplicate);
  CHECK(text(load(*store, a)) == "n=3");
}

TEST_CASE("another session under the key is not touched") {
  const auto store = any_store()();
  create(*store, a, {{"k", "1"}});
  const std::vector<Change> changes = {{Kind::set, "k", "2"}};
  Commit lost = commit_of(changes);
  lost.generation = generation + 1;
  CHECK(commit(*store, a, lost).outcome == Outcome::stale);
  CHECK(text(load(*store, a)) == "k=1");
}

TEST_CASE("a destroyed session is not brought back") {
  const auto store = any_store()();
  create(*store, a, {{"k", "1"}});
  CHECK(destroy(*store, a));
  CHECK_FALSE(destroy(*store, a));
  CHECK(commit(*store, a, commit_of({{Kind::set, "k", "2"}})).outcome == Outcome::gone);
  CHECK(touch(*store, a, now).outcome == Outcome::gone);
  CHECK(regenerate(*store, a, b, {}).outcome == Outcome::gone);
  CHECK_FALSE(create(*store, a, {{"k", "3"}}));
  CHECK(text(load(*store, a)) == "gone");
  CHECK(statistics(*store).sessions == 0);
}

TEST_CASE("tombstones and expired sessions are swept, so many at a time and not before") {
  const auto store = any_store()();
  for (unsigned char i = 0; i < 10; ++i) {
    create(*store, key_of(i), {{"k", "1"}});
    if (i < 5) {
      CHECK(destroy(*store, key_of(i)));
    }
  }
  CHECK(statistics(*store).sessions == 5);
  CHECK(sweep(*store, now + 60) == 0);
  CHECK(sweep(*store, now + 61, 2) == 2);
  CHECK(sweep(*store, now + 61) == 3);
  CHECK(create(*store, key_of(0), {{"k", "2"}}, now + 61));
  CHECK(sweep(*store, now + lifetime) == 0);
  CHECK(sweep(*store, now + lifetime + 1) == 5);
  CHECK(statistics(*store).sessions == 1);
  CHECK(sweep(*store, now + lifetime + 62) == 1);
  CHECK(statistics(*store).sessions == 0);
}

TEST_CASE("a store can be asked whether it answers") {
  const auto store = any_store()();
  CHECK(ask<std::monostate>(*store, [&](auto done) { store->ping(call_at(now), std::move(done)); }));
  create(*store, a, {{"k", "1"}});
  CHECK(statistics(*store).bytes > 0);
}

TEST_CASE("regenerate moves the record with its changes, and leaves a tombstone") {
  const auto store = any_store()();
  create(*store, a, {{"k", "1"}});
  const std::vector<Change> changes = {{Kind::set, "user", "7"}};
  const auto moved = try_regenerate(*store, a, {b, generation + 1}, commit_of(changes));
  REQUIRE(moved);
  CHECK(moved->outcome == Outcome::applied);
  const Committed whole = completed(*store, b, *moved, now);
  CHECK(text(whole.record) == "k=1 user=7");
  CHECK(whole.record->head().generation == generation + 1);
  CHECK(text(load(*store, a)) == "gone");
  CHECK(text(load(*store, b)) == "k=1 user=7");
  CHECK(load(*store, b)->head().generation == generation + 1);
  CHECK(commit(*store, a, commit_of({{Kind::set, "k", "9"}})).outcome == Outcome::gone);
  CHECK_FALSE(create(*store, a, {}));
  CHECK(statistics(*store).sessions == 1);
  CHECK(sweep(*store, now + 61) == 1);
}

TEST_CASE("regenerate fails whole") {
  const auto store = any_store()();
  create(*store, a, {{"s", "\"x\""}});
  const std::vector<Change> increment = {{Kind::increment, "s", {}, 1}};
  CHECK_FALSE(try_regenerate(*store, a, {b, generation}, commit_of(increment)));
  const std::vector<Precondition> broken = {{"s", "1"}};
  const std::vector<Change> set = {{Kind::set, "s", "1"}};
  Commit strict = commit_of(set);
  strict.preconditions = broken;
  CHECK(try_regenerate(*store, a, {b, generation}, strict)->outcome == Outcome::conflict);
  CHECK(text(load(*store, a)) == "s=\"x\"");
  CHECK(text(load(*store, b)) == "gone");
}

TEST_CASE("increments of many threads are exact") {
  const auto store = any_store()();
  create(*store, a, {});
  constexpr int threads = 8;
  constexpr int each = 1'000;
  std::vector<std::thread> all;
  std::atomic<int> applied = 0;
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&store, &applied, own = "t" + std::to_string(t)] {
      const std::vector<Change> changes = {{Kind::increment, "n", {}, 1}, {Kind::increment, own, {}, 1}};
      for (int i = 0; i < each; ++i) {
        const auto committed = try_commit(*store, a, commit_of(changes));
        applied += is_written(committed) ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : all) {
    thread.join();
  }
  CHECK(applied == threads * each);
  const auto record = load(*store, a);
  CHECK(text(record).find("n=8000") != std::string::npos);
  CHECK(record->field_count() == threads + 1);
  CHECK(record->head().version == 1 + threads * each);
}

TEST_CASE("a session that moves to and fro while it is read is never lost or doubled") {
  const Open open = any_store();
  const auto store = open();
  Key from = key_of(1);
  create(*store, from, {{"k", "1"}});
  std::atomic<unsigned char> last = 1;
  std::atomic<bool> is_done = false;
  std::atomic<int> unmoved = 0;
  int lost = 0;
  int doubled = 0;
  std::thread mover([&] {
    for (unsigned char i = 2; i < 250; ++i) {
      const auto moved = try_regenerate(*store, from, {key_of(i), generation}, commit_of({}));
      unmoved += is_written(moved) ? 0 : 1;
      from = key_of(i);
      last = i;
    }
    is_done = true;
  });
  while (!is_done) {
    const unsigned char before = last;
    const bool is_there = load(*store, key_of(before)).has_value();
    const bool has_moved = load(*store, key_of(static_cast<unsigned char>(before + 1))).has_value();
    // Asked in this order: who is not at the next key either has moved on, and said so before.
    lost += is_there || has_moved || last != before ? 0 : 1;
    doubled += has_moved && load(*store, key_of(before)) ? 1 : 0;
  }
  mover.join();
  CHECK(unmoved == 0);
  CHECK(lost == 0);
  CHECK((doubled == 0 || !moves_in_one_step(open)));
  CHECK(statistics(*store).sessions == 1);
}

TEST_CASE("destroy against commit: in every order the session stays dead") {
  const auto store = any_store()();
  for (unsigned char i = 10; i < 60; ++i) {
    const Key key = key_of(i);
    create(*store, key, {{"k", "1"}});
    std::thread saver([&] {
      const std::vector<Change> changes = {{Kind::set, "k", "2"}};
      static_cast<void>(try_commit(*store, key, commit_of(changes)));
    });
    CHECK(destroy(*store, key));
    saver.join();
    CHECK(text(load(*store, key)) == "gone");
  }
}

TEST_CASE("all interleavings of three requests that change different fields keep all changes") {
  // Each request loads, then commits: 90 orders of 6 steps.
  std::array<int, 6> order = {0, 0, 1, 1, 2, 2};
  int orders = 0;
  do {
    const auto store = open_memory();
    create(*store, a, {{"n", "0"}});
    std::array<std::uint64_t, 3> versions{};
    for (const int request : order) {
      std::uint64_t& version = versions.at(static_cast<std::size_t>(request));
      if (version == 0) {
        version = load(*store, a)->head().version;
      } else {
        const std::string own = "r" + std::to_string(request);
        const std::vector<Change> changes = {{Kind::set, own, "1"}, {Kind::increment, "n", {}, 1, "0"}};
        REQUIRE(commit(*store, a, commit_of(changes, now, version)).record);
      }
    }
    const auto record = load(*store, a);
    CHECK(record->field_count() == 4);
    CHECK(text(record).substr(0, 3) == "n=3");
    ++orders;
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(orders == 90);
}

TEST_CASE("the memory store shares records with those who load them") {
  const auto store = open_memory();
  create(*store, a, {{"k", "1"}});
  const auto one = load(*store, a);
  const auto two = load(*store, a);
  CHECK(Record::Reader(*one).next().key.data() == Record::Reader(*two).next().key.data());
  change(*store, a, {{Kind::set, "k", "2"}});
  CHECK(text(one) == "k=1");
}
