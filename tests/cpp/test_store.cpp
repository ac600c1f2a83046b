// Stores of the host's: a class plugged in as a backend.
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <support/catch.hpp>
#include <thread>

#include "world.hpp"

using sessions::Backend;
using sessions::Manager;
using sessions::Session;
using sessions::Status;
using sessions::StoreCall;
using sessions::StoreKey;
using sessions::StorePut;
using world::World;

namespace {

struct Blob {
  std::string bytes;
  std::uint64_t version;
  std::int64_t expires;
};

// What a store and the test share.
struct Table {
  std::map<std::string, Blob, std::less<>> blobs;
  std::mutex mutex;
  int alive = 0;
  int changes = 0;
  int tombstones = 0;
  enum { answer, drop, throw_first, throw_later, fail, answer_twice } mode = answer;

  std::uint64_t version_of(StoreKey key) const {
    const auto found = blobs.find(key);
    return found == blobs.end() ? 0 : found->second.version;
  }

  // Whether the call is dealt with.
  bool misbehaves(StoreCall& call) const {
    switch (mode) {
      case drop:
        return true;
      case throw_first:
        throw std::runtime_error("a defect");
      case throw_later:
        call.done();
        throw 7;
      case fail:
        call.failed(Status::read_only, "the disk is read-only");
        return true;
      default:
        return false;
    }
  }
};

class Store {
 public:
  explicit Store(std::shared_ptr<Table> table) : table_(std::move(table)) { ++table_->alive; }
  Store(Store&& other) noexcept : table_(other.table_) { ++table_->alive; }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  Store& operator=(Store&&) = delete;
  ~Store() { --table_->alive; }

  void get(StoreKey key, StoreCall call) {
    const std::lock_guard lock(table_->mutex);
    if (table_->misbehaves(call)) {
      return;
    }
    const auto found = table_->blobs.find(key);
    if (found == table_->blobs.end()) {
      return call.missing();
    }
    call.found(found->second.bytes, found->second.version);
    if (table_->mode == Table::answer_twice) {
      call.missing();
      CHECK(call.time_left_ms() == 0);
    }
  }

  void put(const StorePut& put, StoreCall call) {
    const std::lock_guard lock(table_->mutex);
    if (table_->misbehaves(call)) {
      return;
    }
    if (table_->version_of(put.key) != put.expected) {
      return call.conflict();
    }
    table_->blobs[std::string(put.key)] = {std::string(put.blob), put.version, put.expires};
    CHECK(call.time_left_ms() > 0);
    call.done();
  }

  void remove(StoreKey key, std::uint64_t expected, StoreCall call) {
    const std::lock_guard lock(table_->mutex);
    if (table_->version_of(key) != expected) {
      return call.conflict();
    }
    table_->blobs.erase(std::string(key));
    call.done();
  }

 protected:
  std::shared_ptr<Table> table_;
};

class FullStore : public Store {
 public:
  using Store::Store;

  void sweep(std::int64_t most, std::int64_t now, StoreCall call) {
    std::int64_t dropped = 0;
    auto& blobs = table_->blobs;
    for (auto blob = blobs.begin(); blob != blobs.end() && dropped < most;) {
      const bool is_over = blob->second.expires < now;
      blob = is_over ? blobs.erase(blob) : std::next(blob);
      dropped += is_over ? 1 : 0;
    }
    call.counted(dropped, 0);
  }
  void ping(StoreCall call) {
    if (!table_->misbehaves(call)) {
      call.done();
    }
  }
  void statistics(StoreCall call) { call.counted(static_cast<std::int64_t>(table_->blobs.size()), 1000); }
};

// Makes each change in one step.
class ChangingStore : public Store {
 public:
  using Store::Store;

  void change(StoreKey key, StoreCall call) {
    const std::lock_guard lock(table_->mutex);
    ++table_->changes;
    if (table_->misbehaves(call)) {
      return;
    }
    const auto found = table_->blobs.find(key);
    const sessions::StoreWrites writes =
        found == table_->blobs.end() ? call.decide() : call.decide(found->second.bytes, found->second.version);
    for (const StorePut put : writes) {
      CHECK(table_->version_of(put.key) == put.expected);
      CHECK(put.version == put.expected + 1);
      CHECK(put.expires > put.now);
      table_->blobs[std::string(put.key)] = {std::string(put.blob), put.version, put.expires};
      table_->tombstones += put.ended ? 1 : 0;
    }
    call.done();
  }
};

// Answers from a thread of its own.
struct LateStore {
  void get(StoreKey, StoreCall call) {
    std::thread([call = std::move(call)]() mutable { call.missing(); }).detach();
  }
  void put(const StorePut&, StoreCall call) {
    std::thread([call = std::move(call)]() mutable { call.failed(Status::full); }).detach();
  }
  void remove(StoreKey, std::uint64_t, StoreCall call) { call.done(); }
};

}  // namespace

TEST_CASE("sessions live in a store of the host's, and end it at last") {
  const auto table = std::make_shared<Table>();
  {
    const World world(Backend::make_custom(Store(table)).value_or_throw());
    CHECK(table->alive == 1);
    const Manager manager = world.manager();
    const std::string header = world::stored(manager, "n", 7);
    CHECK(table->blobs.size() == 1);
    CHECK(table->blobs.begin()->first.size() == SESSIONS_CUSTOM_KEY_BYTES);
    CHECK(manager.load(header).value_or_throw().get<int>("n").value_or_throw() == 7);
    table->mode = Table::answer_twice;
    Session session = manager.load(header).value_or_throw();
    CHECK(session.get<int>("n").value_or_throw() == 7);
    table->mode = Table::answer;
    REQUIRE(session.destroy());
    CHECK(manager.load(header).value_or_throw().origin() == sessions::Origin::refused_unknown);
    CHECK(manager.ping());
    CHECK(manager.sweep(1).status() == Status::unsupported);
    CHECK(manager.statistics().status() == Status::unsupported);
  }
  CHECK(table->alive == 0);
}

TEST_CASE("a store does what more it can") {
  const auto table = std::make_shared<Table>();
  World world(Backend::make_custom(FullStore(table)).value_or_throw());
  const Manager manager = world.manager();
  world::stored(manager, "n", 7);
  CHECK(manager.ping());
  CHECK(manager.statistics().value_or_throw().sessions == 1);
  CHECK(manager.statistics().value_or_throw().bytes == 1000);
  *world.now += 15 * 86'400;
  CHECK(manager.sweep(5).value_or_throw() == 1);
  CHECK(table->blobs.empty());
  table->mode = Table::throw_first;
  CHECK(manager.ping().status() == Status::callback);
}

TEST_CASE("a store makes each change in one step") {
  const auto table = std::make_shared<Table>();
  const World world(Backend::make_custom(ChangingStore(table)).value_or_throw());
  const Manager manager = world.manager();
  const std::string header = world::stored(manager, "n", 7);
  Session session = manager.load(header).value_or_throw();
  Session late = manager.load(header).value_or_throw();
  REQUIRE(session.set("n", 8));
  REQUIRE(session.commit());
  CHECK(table->changes == 1);
  REQUIRE(session.regenerate());
  CHECK(table->changes == 2);
  CHECK(table->blobs.size() == 2);
  CHECK(table->tombstones == 1);
  REQUIRE(late.set("n", 9));
  REQUIRE(late.commit());
  CHECK(late.outcome() == sessions::Outcome::gone);
  REQUIRE(session.destroy());
  CHECK(table->changes == 4);
  CHECK(table->tombstones == 2);
  table->blobs.clear();
  Session other = manager.load(world::stored(manager, "n", 7)).value_or_throw();
  REQUIRE(other.set("n", 8));
  table->mode = Table::throw_first;
  CHECK(other.commit().status() == Status::callback);
  table->mode = Table::answer;
  CHECK(other.commit());
}

TEST_CASE("a store that drops what has expired needs no sweep") {
  const World world(Backend::make_custom(Store(std::make_shared<Table>()), true).value_or_throw());
  CHECK(world.manager().sweep(5).value_or_throw() == 0);
}

TEST_CASE("calls without an answer, exceptions and failures are results") {
  const auto table = std::make_shared<Table>();
  const World world(Backend::make_custom(Store(table)).value_or_throw());
  const Manager manager = world.manager();
  const std::string header = world::stored(manager, "n", 7);
  for (const auto mode : {Table::drop, Table::throw_first}) {
    table->mode = mode;
    CHECK(manager.load(header).status() == Status::callback);
  }
  table->mode = Table::fail;
  const auto failed = manager.load(header);
  CHECK(failed.status() == Status::read_only);
  CHECK(failed.error().message() == "the disk is read-only");

  table->mode = Table::answer;
  Session session = manager.load("").value_or_throw();
  REQUIRE(session.set("n", 8));
  table->mode = Table::drop;
  CHECK(session.commit().status() == Status::callback);
  table->mode = Table::throw_later;  // it had said that it was done
  CHECK(session.commit());
}

TEST_CASE("a store answers later, from another thread") {
  const World world(Backend::make_custom(LateStore()).value_or_throw());
  const Manager manager = world.manager();
  Session session = manager.load("session=" + std::string(43, 'A')).value_or_throw();
  CHECK(session.origin() == sessions::Origin::refused_unknown);
  REQUIRE(session.set("n", 1));
  CHECK(session.commit().status() == Status::full);
}
