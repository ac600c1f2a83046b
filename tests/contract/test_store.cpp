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
#include "../support/deferred_store.hpp"

using namespace sessions;
using namespace sessions::store;

namespace {

using Kind = Change::Kind;

constexpr std::int64_t now = 1'700'000'000;
constexpr std::int64_t lifetime = 1'000;

std::shared_ptr<Store> open_memory() { return std::make_shared<Memory>(MemoryBounds{}); }
std::shared_ptr<Store> open_deferred() { return std::make_shared<testing::DeferredStore>(open_memory()); }

using Open = std::shared_ptr<Store> (*)();
Open any_store() { return GENERATE(&open_memory, &open_deferred); }

Times at(std::int64_t when) { return {when, when, when + lifetime}; }

Key key_of(unsigned char number) {
  Key key{};
  key.front() = static_cast<char>(number);
  key.back() = static_cast<char>(number * 7);
  return key;
}

template <class Reply, class Start>
Result<Reply> ask(Start start) {
  auto answer = std::make_shared<Answer<Reply>>();
  start(Completion<Reply>(answer));
  auto reply = answer->wait([] { return std::chrono::steady_clock::now() + std::chrono::minutes(5); });
  REQUIRE(reply);
  return std::move(*reply);
}

Found load(Store& store, const Key& key) {
  auto found = ask<Found>([&](auto done) { store.load(key, now, std::move(done)); });
  REQUIRE(found);
  return *found;
}

Found create(Store& store, const Key& key, std::vector<Field> fields, std::int64_t when = now) {
  auto found = ask<Found>([&](auto done) { store.create(key, Record(at(when), fields), std::move(done)); });
  REQUIRE(found);
  return *found;
}

Result<Found> try_commit(Store& store, const Key& key, std::vector<Change> each, std::int64_t when = now,
                         bool clear = false) {
  return ask<Found>([&](auto done) { store.commit(key, {clear, each}, at(when), std::move(done)); });
}

Found commit(Store& store, const Key& key, std::vector<Change> each, std::int64_t when = now, bool clear = false) {
  auto found = try_commit(store, key, std::move(each), when, clear);
  REQUIRE(found);
  return *found;
}

Found touch(Store& store, const Key& key, std::int64_t when) {
  auto found = ask<Found>([&](auto done) { store.touch(key, at(when), std::move(done)); });
  REQUIRE(found);
  return *found;
}

Found regenerate(Store& store, const Key& from, const Key& to, std::vector<Change> each, std::int64_t when = now) {
  auto found = ask<Found>([&](auto done) { store.regenerate(from, to, {false, each}, at(when), std::move(done)); });
  REQUIRE(found);
  return *found;
}

bool destroy(Store& store, const Key& key) {
  auto had = ask<bool>([&](auto done) { store.destroy(key, now, std::move(done)); });
  REQUIRE(had);
  return *had;
}

// "key=value key=value", or "gone".
std::string text(const Found& record) {
  if (!record) {
    return "gone";
  }
  std::string text;
  Record::Reader reader(*record);
  for (std::size_t i = 0; i < record->field_count(); ++i) {
    const Field field = reader.next();
    text += (i == 0 ? "" : " ") + std::string(field.key) + "=" + std::string(field.value);
  }
  return text;
}

const Key a = key_of(1);
const Key b = key_of(2);

}  // namespace

TEST_CASE("what was created is loaded, and nothing else exists") {
  const auto store = any_store()();
  CHECK(text(load(*store, a)) == "gone");
  CHECK(text(create(*store, a, {{"k", "1"}, {"l", "\"x\""}})) == "k=1 l=\"x\"");
  CHECK(text(load(*store, a)) == "k=1 l=\"x\"");
  CHECK(load(*store, a)->times().written == now);
  CHECK(text(load(*store, b)) == "gone");
}

TEST_CASE("create never overwrites") {
  const auto store = any_store()();
  create(*store, a, {{"k", "1"}});
  CHECK(text(create(*store, a, {{"k", "2"}})) == "gone");
  CHECK(text(load(*store, a)) == "k=1");
}

TEST_CASE("commit, touch and regenerate never create") {
  const auto store = any_store()();
  CHECK(text(commit(*store, a, {{Kind::set, "k", "1", 0}})) == "gone");
  CHECK(text(touch(*store, a, now)) == "gone");
  CHECK(text(regenerate(*store, a, b, {})) == "gone");
  CHECK_FALSE(destroy(*store, a));
  CHECK(text(load(*store, a)) == "gone");
  CHECK(text(load(*store, b)) == "gone");
}

TEST_CASE("an expired record is gone for every write, from the second after it expires") {
  const auto store = any_store()();
  create(*store, a, {{"k", "1"}});
  CHECK(text(touch(*store, a, now + lifetime + 1)) == "gone");
  CHECK(text(commit(*store, a, {{Kind::set, "k", "2", 0}}, now + lifetime + 1)) == "gone");
  CHECK(text(regenerate(*store, a, b, {}, now + lifetime + 1)) == "gone");
  CHECK(text(touch(*store, a, now + lifetime)) == "k=1");
  CHECK(text(commit(*store, a, {{Kind::set, "k", "2", 0}}, now + 2 * lifetime)) == "k=2");
}

TEST_CASE("writing renews, and keeps the time of creation") {
  const auto store = any_store()();
  create(*store, a, {{"k", "1"}});
  for (const Found& record : {touch(*store, a, now + 5), commit(*store, a, {}, now + 6)}) {
    CHECK(record->times().created == now);
    CHECK(record->times().written > now);
    CHECK(record->times().expires == record->times().written + lifetime);
  }
  CHECK(load(*store, a)->times().written == now + 6);
}

TEST_CASE("different fields are both kept, on the same field the last commit wins") {
  const auto store = any_store()();
  create(*store, a, {{"k", "1"}});
  commit(*store, a, {{Kind::set, "l", "1", 0}});
  commit(*store, a, {{Kind::set, "m", "1", 0}});
  CHECK(text(load(*store, a)) == "k=1 l=1 m=1");
  commit(*store, a, {{Kind::set, "k", "2", 0}});
  CHECK(text(commit(*store, a, {{Kind::set, "k", "3", 0}})) == "k=3 l=1 m=1");
}

TEST_CASE("removal, clearing and order within one commit") {
  const auto store = any_store()();
  create(*store, a, {{"k", "1"}, {"l", "2"}});
  CHECK(text(commit(*store, a, {{Kind::remove, "k", {}, 0}, {Kind::remove, "none", {}, 0}})) == "l=2");
  CHECK(text(commit(*store, a, {{Kind::remove, "l", {}, 0}, {Kind::set, "m", "1", 0}, {Kind::set, "l", "3", 0}})) ==
        "m=1 l=3");
  CHECK(text(commit(*store, a, {{Kind::set, "n", "9", 0}}, now, true)) == "n=9");
  CHECK(text(load(*store, a)) == "n=9");
  CHECK(text(commit(*store, a, {}, now, true)).empty());
}

TEST_CASE("increments add up, from 0 where there was nothing") {
  const auto store = any_store()();
  create(*store, a, {{"n", "41"}});
  CHECK(text(commit(*store, a, {{Kind::increment, "n", {}, 1}, {Kind::increment, "m", {}, -3}})) == "n=42 m=-3");
  CHECK(text(commit(*store, a, {{Kind::increment, "m", {}, 5}})) == "n=42 m=2");
}

TEST_CASE("a commit that cannot be applied whole is not applied at all") {
  const auto store = any_store()();
  create(*store, a, {{"s", "\"x\""}, {"n", "9223372036854775807"}});
  const auto not_a_number = try_commit(*store, a, {{Kind::set, "k", "1", 0}, {Kind::increment, "s", {}, 1}});
  REQUIRE_FALSE(not_a_number);
  CHECK(not_a_number.error().status == Status::type);
  const auto too_far = try_commit(*store, a, {{Kind::set, "k", "1", 0}, {Kind::increment, "n", {}, 1}});
  REQUIRE_FALSE(too_far);
  CHECK(too_far.error().status == Status::range);
  CHECK(text(load(*store, a)) == "s=\"x\" n=9223372036854775807");
}

TEST_CASE("a destroyed session is not brought back") {
  const auto store = any_store()();
  create(*store, a, {{"k", "1"}});
  CHECK(destroy(*store, a));
  CHECK_FALSE(destroy(*store, a));
  CHECK(text(commit(*store, a, {{Kind::set, "k", "2", 0}})) == "gone");
  CHECK(text(touch(*store, a, now)) == "gone");
  CHECK(text(load(*store, a)) == "gone");
}

TEST_CASE("regenerate moves the record with its changes") {
  const auto store = any_store()();
  create(*store, a, {{"k", "1"}});
  CHECK(text(regenerate(*store, a, b, {{Kind::set, "user", "7", 0}})) == "k=1 user=7");
  CHECK(text(load(*store, a)) == "gone");
  CHECK(text(load(*store, b)) == "k=1 user=7");
  CHECK(text(commit(*store, a, {{Kind::set, "k", "9", 0}})) == "gone");
}

TEST_CASE("regenerate fails whole") {
  const auto store = any_store()();
  create(*store, a, {{"s", "\"x\""}});
  const auto failed = ask<Found>([&](auto done) {
    const std::array<Change, 1> each = {{{Kind::increment, "s", {}, 1}}};
    store->regenerate(a, b, {false, each}, at(now), std::move(done));
  });
  CHECK_FALSE(failed);
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
      for (int i = 0; i < each; ++i) {
        auto answer = std::make_shared<Answer<Found>>();
        const std::array<Change, 2> changes = {{{Kind::increment, "n", {}, 1}, {Kind::increment, own, {}, 1}}};
        store->commit(a, {false, changes}, at(now), Completion<Found>(answer));
        auto reply = answer->wait([] { return std::chrono::steady_clock::now() + std::chrono::minutes(5); });
        applied += reply && *reply && **reply ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : all) {
    thread.join();
  }
  CHECK(applied == threads * each);
  const Found record = load(*store, a);
  CHECK(text(record).substr(0, 6) == "n=8000");
  CHECK(record->field_count() == threads + 1);
}

TEST_CASE("a session that moves to and fro while it is read is never lost or doubled") {
  const auto store = any_store()();
  create(*store, a, {{"k", "1"}});
  std::atomic<bool> is_done = false;
  std::atomic<int> wrong = 0;
  std::thread mover([&] {
    Key from = a;
    Key to = b;
    for (int i = 0; i < 2'000; ++i) {
      auto answer = std::make_shared<Answer<Found>>();
      store->regenerate(from, to, {}, at(now), Completion<Found>(answer));
      auto reply = answer->wait([] { return std::chrono::steady_clock::now() + std::chrono::minutes(5); });
      wrong += reply && *reply && **reply ? 0 : 1;
      std::swap(from, to);
    }
    is_done = true;
  });
  while (!is_done) {
    static_cast<void>(load(*store, a));
    static_cast<void>(load(*store, b));
  }
  mover.join();
  CHECK(wrong == 0);
  CHECK((text(load(*store, a)) == "gone") != (text(load(*store, b)) == "gone"));
}

TEST_CASE("destroy against commit: in every order the session stays dead") {
  const auto store = any_store()();
  for (unsigned char i = 10; i < 60; ++i) {
    const Key key = key_of(i);
    create(*store, key, {{"k", "1"}});
    std::thread saver([&] {
      auto answer = std::make_shared<Answer<Found>>();
      const std::array<Change, 1> changes = {{{Kind::set, "k", "2", 0}}};
      store->commit(key, {false, changes}, at(now), Completion<Found>(answer));
      static_cast<void>(answer->wait([] { return std::chrono::steady_clock::now() + std::chrono::minutes(5); }));
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
    std::array<int, 3> steps{};
    for (const int request : order) {
      if (steps.at(static_cast<std::size_t>(request))++ == 0) {
        REQUIRE(load(*store, a));
      } else {
        const std::string own = "r" + std::to_string(request);
        REQUIRE(commit(*store, a, {{Kind::set, own, "1", 0}, {Kind::increment, "n", {}, 1}}));
      }
    }
    const Found record = load(*store, a);
    CHECK(record->field_count() == 4);
    CHECK(text(record).substr(0, 3) == "n=3");
    ++orders;
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(orders == 90);
}

TEST_CASE("the memory store shares records with those who load them") {
  const auto store = open_memory();
  create(*store, a, {{"k", "1"}});
  const Found one = load(*store, a);
  const Found two = load(*store, a);
  CHECK(Record::Reader(*one).next().key.data() == Record::Reader(*two).next().key.data());
  commit(*store, a, {{Kind::set, "k", "2", 0}});
  CHECK(text(one) == "k=1");
}
