#include <memory>
#include <store/custom_write.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../../support/catch.hpp"
#include "../../support/codecs.hpp"
#include "../../support/custom_world.hpp"

using namespace sessions;
using namespace sessions::store;
using World = testing::CustomWorld;

namespace {

constexpr std::int64_t now = World::now;
constexpr Key a = World::a;

Result<Destroyed> destroy(World& world, std::int64_t when = now) {
  return world.ask<Destroyed>([&](const Call&, auto done) {
    write_tombstone(world.blobs, a, now + 7'200, {when, std::chrono::minutes(1)}, std::move(done));
  });
}

Result<Committed> set(World& world, std::string_view value, const std::shared_ptr<const Codec>& codec = nullptr) {
  const Change change{Change::Kind::set, "k", value};
  Commit commit;
  commit.generation = 7;
  commit.version = 1;
  commit.expires = now + 2'000;
  commit.changes = {&change, 1};
  return world.ask<Committed>([&](const Call&, auto done) {
    write_commit(world.blobs, a, commit, {now, std::chrono::minutes(1), codec}, std::move(done));
  });
}

Record::Head head_of(const World& world) {
  const auto& blob = world.blobs->blobs.at(a);
  return read_blob(blob.bytes, blob.version)->record.head();
}

}  // namespace

TEST_CASE("a commit replaces what it has read by the next version") {
  World world;
  world.create(a);
  world.blobs->blobs[a].version = 41;
  const auto committed = set(world, "2");
  REQUIRE(committed);
  CHECK(committed->outcome == Committed::Outcome::applied);
  CHECK(world.text(a) == "k=2 ");
  CHECK(world.blobs->blobs[a].version == 42);
  CHECK(head_of(world).times.expires == now + 2'000);
}

TEST_CASE("who is overtaken by a put reads what is there, and goes on from that") {
  World world;
  world.create(a);
  const int before = world.blobs->questions;
  world.blobs->instead = [&](int question) -> std::optional<BlobAnswer> {
    if (question == before + 2) {
      const Field field{"other", "1"};
      const Record others({7, 2, {now, now, no_deadline, now + 1'000}}, {}, {&field, 1});
      world.blobs->blobs[a] = {std::string(others.bytes()), 2};
    }
    return std::nullopt;
  };
  const auto committed = set(world, "2");
  REQUIRE(committed);
  CHECK(committed->outcome == Committed::Outcome::merged);
  CHECK(world.text(a) == "other=1 k=2 ");
  CHECK(world.blobs->questions - before == 5);  // this was the fifth
}

TEST_CASE("nothing is put when there is nothing to change, or it may not be changed") {
  World world;
  CHECK(set(world, "2")->outcome == Committed::Outcome::gone);
  CHECK_FALSE(destroy(world)->was_there);
  world.create(a);
  const int before = world.blobs->puts;
  const Precondition precondition{"k", "other"};
  Commit commit;
  commit.generation = 7;
  commit.preconditions = {&precondition, 1};
  const auto conflict = world.ask<Committed>(
      [&](const Call& call, auto done) { write_commit(world.blobs, a, commit, call, std::move(done)); });
  CHECK(conflict->outcome == Committed::Outcome::conflict);
  CHECK(world.blobs->puts == before);
}

TEST_CASE("a change that does not fit what is there fails, and nothing is put") {
  World world;
  world.create(a);
  REQUIRE(set(world, "\"text\""));
  const int before = world.blobs->puts;
  const Change change{Change::Kind::increment, "k", {}, 1};
  Commit commit;
  commit.generation = 7;
  commit.changes = {&change, 1};
  const auto refused = world.ask<Committed>(
      [&](const Call& call, auto done) { write_commit(world.blobs, a, commit, call, std::move(done)); });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().status == Status::type);
  CHECK(world.blobs->puts == before);
}

TEST_CASE("a tombstone ends a session that lived once, and is not written over another") {
  World world;
  world.create(a);
  CHECK(destroy(world)->was_there);
  CHECK(head_of(world).ended);
  CHECK(head_of(world).times.expires == now + 7'200);
  const int before = world.blobs->puts;
  CHECK_FALSE(destroy(world)->was_there);
  CHECK(world.blobs->puts == before);
}

TEST_CASE("a session that has expired was not there, but is ended all the same") {
  World world;
  world.create(a);
  CHECK_FALSE(destroy(world, now + 1'001)->was_there);
  CHECK(head_of(world).ended);
}

TEST_CASE("a codec sees what is read, and makes what is put") {
  World world;
  world.create(a);
  const auto codec = std::make_shared<testing::Reversal>();
  REQUIRE(set(world, "12", codec));
  CHECK(head_of(world).coded);
  CHECK(world.blobs->blobs[a].bytes.find("}21:\"k\"{") != std::string::npos);
  const auto again = set(world, "3", codec);
  REQUIRE(again);
  CHECK(again->record->field_count() == 1);
  const auto without = set(world, "4");
  REQUIRE_FALSE(without);
  CHECK(without.error().status == needs_codec().status);
}
