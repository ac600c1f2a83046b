#include <memory>
#include <store/custom_write.hpp>
#include <string>
#include <utility>

#include "../../support/catch.hpp"
#include "../../support/custom_world.hpp"

using namespace sessions;
using namespace sessions::store;
using World = testing::CustomWorld;

namespace {

constexpr Key a = World::a;
constexpr Key b = World::b;

Record::Head head_of(const World& world, const Key& key) {
  const auto& blob = world.blobs->blobs.at(key);
  return read_blob(blob.bytes, blob.version)->record.head();
}

}  // namespace

TEST_CASE("a session that moves leaves a tombstone until it was told to, and has its new generation") {
  World world;
  world.create(a);
  REQUIRE(world.write(&b));
  CHECK(head_of(world, a).ended);
  CHECK(head_of(world, a).times.expires == World::now + 3'600);
  CHECK(world.blobs->blobs[a].version == 2);
  CHECK_FALSE(head_of(world, b).ended);
  CHECK(head_of(world, b).generation == 8);
  CHECK(world.blobs->blobs[b].version == 1);
}

TEST_CASE("a session that is not there, or has ended, does not move") {
  World world;
  if (GENERATE(false, true)) {
    world.create(a);
    REQUIRE(world.ask<Destroyed>(
        [&](const Call& call, auto done) { world.store->destroy(a, World::now + 3'600, call, std::move(done)); }));
  }
  const int before = world.blobs->puts;
  CHECK(world.write(&b)->outcome == Committed::Outcome::gone);
  CHECK(world.blobs->puts == before);
}

TEST_CASE("what ends while it moves is taken back") {
  World world;
  world.create(a);
  const int ending = world.blobs->questions + 3;
  world.blobs->instead = [&](int question) -> std::optional<BlobAnswer> {
    if (question == ending) {
      world.blobs->blobs.erase(a);
    }
    return std::nullopt;
  };
  CHECK(world.write(&b)->outcome == Committed::Outcome::gone);
  CHECK(world.blobs->blobs.empty());
}

TEST_CASE("a new id that somebody has is not written over") {
  World world;
  world.create(a);
  world.create(b);
  const auto moved = world.write(&b);
  REQUIRE_FALSE(moved);
  CHECK(moved.error().status == Status::internal);
  CHECK(world.text(a) == "k=1 ");
  CHECK(world.text(b) == "k=1 ");
}

TEST_CASE("a move that has no time left is not begun") {
  World world;
  world.create(a);
  world.timeout = std::chrono::milliseconds(0);
  const auto moved = world.write(&b);
  REQUIRE_FALSE(moved);
  CHECK(moved.error().status == Status::timeout);
  CHECK(world.text(a) == "k=1 ");
  CHECK(world.blobs->blobs.size() == 1);
}

TEST_CASE("whichever question fails, the caller learns why, and the session is where it was or has moved") {
  const int failing = GENERATE(1, 2, 3, 4);
  World world;
  world.create(a);
  const int before = world.blobs->questions;
  world.blobs->instead = [&](int question) -> std::optional<BlobAnswer> {
    return question == before + failing ? std::optional<BlobAnswer>(Error{static_cast<Status>(-555), "mine"})
                                        : std::nullopt;
  };
  const auto moved = world.write(&b);
  if (failing == 4) {  // get, put, put: there is no fourth
    CHECK(moved);
    return;
  }
  REQUIRE_FALSE(moved);
  CHECK(moved.error().status == static_cast<Status>(-555));
  CHECK(moved.error().message == "mine");
  world.blobs->instead = [](int) { return std::nullopt; };
  CHECK(world.text(a) == "k=1 ");
  CHECK(world.text(b) == "gone");
  CHECK(world.blobs->blobs.size() == 1);
}

TEST_CASE("regenerate writes the new record over when the old one has changed meanwhile") {
  World world;
  world.create(a);
  const int before = world.blobs->puts;
  int meddled = 0;
  world.blobs->instead = [&](int) -> std::optional<BlobAnswer> {
    if (meddled < 3 && world.blobs->puts == before + 2 * (meddled + 1)) {
      world.blobs->blobs[a].version += 10;
      ++meddled;
    }
    return std::nullopt;
  };
  const auto moved = world.write(&b);
  REQUIRE(moved);
  CHECK(meddled == 3);
  CHECK(world.blobs->blobs[b].version == 4);
  CHECK(world.text(a) == "gone");
  CHECK(world.text(b) == "k=6 key=\"value\" ");
}
