#include <memory>
#include <store/memory.hpp>
#include <string>
#include <thread>
#include <vector>

#include "../../support/catch.hpp"
#include "../../support/store.hpp"

using namespace sessions;
using namespace sessions::store;
using testing::ask;

namespace {

constexpr std::int64_t now = 1'000;

// Keys are digests; these spread over buckets and shards like one.
Key key_of(std::uint32_t number) {
  Key key{};
  std::uint64_t mixed = (number + 1) * 0x9e3779b97f4a7c15U;
  for (char& byte : key) {
    mixed = mixed * 6364136223846793005U + 1442695040888963407U;
    byte = static_cast<char>(mixed >> 56U);
  }
  return key;
}

constexpr std::uint64_t generation = 7;

Call call_at(std::int64_t when) { return {when, std::chrono::minutes(5)}; }

Result<bool> create(Memory& memory, std::uint32_t number, std::int64_t expires, std::size_t size = 10,
                    std::int64_t when = now) {
  const std::string value(size, '1');
  const std::vector<Field> fields = {{"k", value}};
  const Record record({generation, 1, {when, when, no_deadline, expires}}, {}, fields);
  return ask<bool>(memory, [&](auto done) { memory.create(key_of(number), record, call_at(when), std::move(done)); });
}

bool has(Memory& memory, std::uint32_t number) {
  return ask<std::optional<Record>>(memory,
                                    [&](auto done) { memory.load(key_of(number), call_at(now), std::move(done)); })
      ->has_value();
}

void touch(Memory& memory, std::uint32_t number, std::int64_t expires) {
  REQUIRE(ask<Committed>(memory, [&](auto done) {
            memory.touch(key_of(number), generation, expires, call_at(now), std::move(done));
          })->record);
}

Result<Committed> set(Memory& memory, std::uint32_t number, const std::string& value, std::int64_t expires) {
  const std::vector<Change> changes = {{Change::Kind::set, "k", value}};
  Commit commit;
  commit.generation = generation;
  commit.version = 1;
  commit.expires = expires;
  commit.changes = changes;
  return ask<Committed>(memory,
                        [&](auto done) { memory.commit(key_of(number), commit, call_at(now), std::move(done)); });
}

// Leaves a tombstone, which is over at once unless told otherwise.
bool destroy(Memory& memory, std::uint32_t number, std::int64_t ended_until = now) {
  return ask<Destroyed>(memory,
                        [&](auto done) { memory.destroy(key_of(number), ended_until, call_at(now), std::move(done)); })
      ->was_there;
}

void sweep(Memory& memory) {
  REQUIRE(ask<std::int64_t>(memory, [&](auto done) { memory.sweep(1'000'000, call_at(now + 1), std::move(done)); }));
}

Statistics count(Memory& memory) {
  return *ask<Statistics>(memory, [&](auto done) { memory.statistics(call_at(now), std::move(done)); });
}

}  // namespace

TEST_CASE("the bound on sessions is kept, and the one nearest to its expiry goes") {
  Memory memory({3, 1'000'000});
  REQUIRE(create(memory, 1, now + 30));
  REQUIRE(create(memory, 2, now + 10));
  REQUIRE(create(memory, 3, now + 20));
  REQUIRE(create(memory, 4, now + 5));  // not itself, though it is the nearest
  CHECK(count(memory).sessions == 3);
  CHECK_FALSE(has(memory, 2));
  REQUIRE(create(memory, 5, now + 40));
  CHECK_FALSE(has(memory, 4));
  CHECK((has(memory, 1) && has(memory, 3) && has(memory, 5)));
}

TEST_CASE("renewal counts: a session that lives longer now is not the nearest any more") {
  Memory memory({2, 1'000'000});
  REQUIRE(create(memory, 1, now + 10));
  REQUIRE(create(memory, 2, now + 20));
  touch(memory, 1, now + 30);
  REQUIRE(create(memory, 3, now + 40));
  CHECK(has(memory, 1));
  CHECK_FALSE(has(memory, 2));
}

TEST_CASE("expired sessions go first, without anybody asking for them") {
  Memory memory({100, 1'000'000});
  for (std::uint32_t i = 0; i < 50; ++i) {
    REQUIRE(create(memory, i, now + 10));
  }
  REQUIRE(create(memory, 100, now + 1'000));
  CHECK(count(memory).sessions == 51);
  for (std::uint32_t i = 200; i < 220; ++i) {
    REQUIRE(create(memory, i, now + 1'000, 10, now + 11));
  }
  CHECK(count(memory).sessions == 21);
  CHECK(has(memory, 100));
}

TEST_CASE("what is left of ended sessions goes before any that lives") {
  Memory memory({1'000, 65'536});
  constexpr std::int64_t tombstones_end = now + 3'600;
  REQUIRE(create(memory, 0, now + 600));
  for (std::uint32_t i = 1; i < 1'000; ++i) {
    REQUIRE(create(memory, i, now + 600));
    REQUIRE(destroy(memory, i, tombstones_end));
  }
  CHECK(count(memory).bytes <= 65'536);
  CHECK(has(memory, 0));
  REQUIRE(create(memory, 1'000, now + 600));
  CHECK(destroy(memory, 0, tombstones_end));
  for (std::uint32_t i = 2'000; count(memory).sessions == i - 1'999; ++i) {  // until they push each other out
    REQUIRE(create(memory, i, now + 601));
  }
  CHECK_FALSE(has(memory, 1'000));
}

TEST_CASE("the bound on bytes is kept, also when sessions grow") {
  Memory memory({1'000, 65'536});
  for (std::uint32_t i = 0; i < 200; ++i) {
    REQUIRE(create(memory, i, now + 1'000 + i, 1'000));
    CHECK(count(memory).bytes <= 65'536);
  }
  CHECK(count(memory).sessions > 40);
  CHECK(has(memory, 199));
  const std::string value(60'000, '2');
  REQUIRE(set(memory, 199, value, now + 2'000)->record);
  CHECK(count(memory).bytes <= 65'536);
  CHECK(has(memory, 199));
}

TEST_CASE("what is larger than the whole store is refused, and nothing else goes for it") {
  Memory memory({1'000, 65'536});
  REQUIRE(create(memory, 1, now + 10));
  const auto created = create(memory, 2, now + 10, 70'000);
  REQUIRE_FALSE(created);
  CHECK(created.error().status == Status::limit);
  const std::string value(70'000, '2');
  const auto grown = set(memory, 1, value, now + 10);
  REQUIRE_FALSE(grown);
  CHECK(grown.error().status == Status::limit);
  CHECK(has(memory, 1));
  CHECK(count(memory).sessions == 1);
}

TEST_CASE("everything that was counted is uncounted") {
  Memory memory({1'000'000, 1'000'000'000});
  for (std::uint32_t i = 0; i < 5'000; ++i) {
    REQUIRE(create(memory, i, now + 1'000));
    if (i % 2 == 0) {
      Commit renewal;
      renewal.generation = generation;
      renewal.expires = now + 5;
      REQUIRE(ask<Committed>(memory, [&](auto done) {
                memory.regenerate(key_of(i), {key_of(100'000 + i), generation}, renewal, now, call_at(now),
                                  std::move(done));
              })->record);
    }
  }
  CHECK(count(memory).sessions == 5'000);
  for (std::uint32_t i = 0; i < 5'000; ++i) {
    CHECK(destroy(memory, i % 2 == 0 ? 100'000 + i : i));
  }
  CHECK(count(memory).sessions == 0);
  sweep(memory);
  CHECK(count(memory).bytes == 0);
}

TEST_CASE("creating and destroying for ever leaves nothing behind") {
  Memory memory({1'000'000, 1'000'000'000});
  for (std::uint32_t i = 0; i < 200'000; ++i) {
    REQUIRE(create(memory, i, now + 1'000'000, 10, now + i));
    REQUIRE(destroy(memory, i));
  }
  sweep(memory);
  CHECK(count(memory).bytes == 0);
  CHECK_FALSE(has(memory, 7));
}

TEST_CASE("a large store keeps its bounds exactly, under many threads") {
  Memory memory({65'536, 1'000'000'000});
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&memory, t] {
      for (std::uint32_t i = 0; i < 25'000; ++i) {
        static_cast<void>(create(memory, t * 1'000'000 + i, now + 1'000 + i));
        if (i % 10 == 0) {
          static_cast<void>(destroy(memory, t * 1'000'000 + i / 2));
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(count(memory).sessions <= 65'536);
  CHECK(count(memory).sessions > 60'000);
  std::int64_t found = 0;
  for (std::uint32_t t = 0; t < 4; ++t) {
    for (std::uint32_t i = 0; i < 25'000; ++i) {
      found += has(memory, t * 1'000'000 + i) ? 1 : 0;
    }
  }
  CHECK(found == count(memory).sessions);
}
