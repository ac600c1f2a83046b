#include <memory>
#include <store/custom.hpp>
#include <string>
#include <vector>

#include "../../support/catch.hpp"
#include "../../support/custom_world.hpp"

using namespace sessions;
using namespace sessions::store;
using World = testing::CustomWorld;

namespace {

constexpr std::int64_t now = World::now;
constexpr Key a = World::a;
constexpr Key b = World::b;

}  // namespace

TEST_CASE("at once or later, with arguments that are gone by then") {
  World world;
  world.blobs->is_deferring = GENERATE(false, true);
  world.create(a);
  const auto committed = world.write(nullptr);
  REQUIRE(committed);
  CHECK(committed->outcome == Committed::Outcome::applied);
  CHECK(world.text(a) == "k=6 key=\"value\" ");
  const auto moved = world.write(&b);
  REQUIRE(moved);
  CHECK(moved->outcome == Committed::Outcome::merged);
  CHECK(moved->record->head().generation == 8);
  CHECK(world.text(a) == "gone");
  CHECK(world.text(b) == "k=11 key=\"value\" ");
  CHECK(world.blobs->blobs.size() == 2);
}

TEST_CASE("a put whose answer was lost is looked for: what was done is done") {
  const bool is_done = GENERATE(true, false);
  World world;
  world.blobs->is_deferring = GENERATE(false, true);
  SECTION("create") {
    const int before = world.blobs->questions;
    world.blobs->lose_answer(before + 1, is_done);
    const std::vector<Field> fields = {{"k", "1"}};
    const Record record({7, 1, {now, now, no_deadline, now + 1000}, false}, {}, fields);
    const auto created =
        world.ask<bool>([&](const Call& call, auto done) { world.store->create(a, record, call, std::move(done)); });
    CHECK((created ? Status::ok : created.error().status) == (is_done ? Status::ok : Status::unknown));
    CHECK(world.text(a) == (is_done ? "k=1 " : "gone"));
  }
  SECTION("commit") {
    world.create(a);
    world.blobs->lose_answer(world.blobs->questions + 2, is_done);
    const auto committed = world.write(nullptr);
    CHECK((committed ? Status::ok : committed.error().status) == (is_done ? Status::ok : Status::unknown));
    CHECK(world.text(a) == (is_done ? "k=6 key=\"value\" " : "k=1 "));
  }
  SECTION("destroy") {
    world.create(a);
    world.blobs->lose_answer(world.blobs->questions + 2, is_done);
    const auto destroyed = world.ask<Destroyed>(
        [&](const Call& call, auto done) { world.store->destroy(a, now + 3600, call, std::move(done)); });
    CHECK((destroyed ? Status::ok : destroyed.error().status) == (is_done ? Status::ok : Status::unknown));
    CHECK(world.text(a) == (is_done ? "gone" : "k=1 "));
  }
  SECTION("regenerate, the new record") {
    world.create(a);
    world.blobs->lose_answer(world.blobs->questions + 2, is_done);
    const auto moved = world.write(&b);
    CHECK((moved ? Status::ok : moved.error().status) == (is_done ? Status::ok : Status::unknown));
    CHECK(world.text(a) == (is_done ? "gone" : "k=1 "));
    CHECK(world.text(b) == (is_done ? "k=6 key=\"value\" " : "gone"));
  }
  SECTION("regenerate, the tombstone") {
    world.create(a);
    world.blobs->lose_answer(world.blobs->questions + 3, is_done);
    const auto moved = world.write(&b);
    CHECK((moved ? Status::ok : moved.error().status) == (is_done ? Status::ok : Status::unknown));
    CHECK(world.text(a) == (is_done ? "gone" : "k=1 "));
    CHECK(world.text(b) == "k=6 key=\"value\" ");  // the old one may end still
  }
}

TEST_CASE("a put whose answer was lost has certainly not been done when somebody else's was") {
  World world;
  world.create(a);
  const bool is_move = GENERATE(false, true);
  const int before = world.blobs->questions;
  const int lost = before + (is_move ? 3 : 2);
  world.blobs->instead = [&](int question) -> std::optional<BlobAnswer> {
    if (question != lost) {
      return std::nullopt;
    }
    const std::vector<Field> fields = {{"k", "10"}};
    const Record other({7, 2, {now, now, no_deadline, now + 1000}, false}, {}, fields);
    world.blobs->blobs[a] = {std::string(other.bytes()), 2};
    return Error{Status::unknown, "lost"};
  };
  const auto written = world.write(is_move ? &b : nullptr);
  REQUIRE(written);
  CHECK(written->outcome == Committed::Outcome::merged);
  CHECK(world.text(is_move ? b : a) == "k=15 key=\"value\" ");
  CHECK(world.text(is_move ? a : b) == "gone");
}

TEST_CASE("of two equal writes at the same moment, one that is in doubt does not take the other's for its own") {
  World world;
  world.create(a);
  constexpr Key c = {'c'};
  const bool is_move = GENERATE(false, true);
  const int lost = world.blobs->questions + (is_move ? 3 : 2);
  world.blobs->instead = [&](int question) -> std::optional<BlobAnswer> {
    if (question != lost) {
      return std::nullopt;
    }
    World other{world.blobs};
    CHECK(other.write(is_move ? &c : nullptr)->outcome == Committed::Outcome::applied);
    return Error{Status::unknown, "lost"};
  };
  const auto written = world.write(is_move ? &b : nullptr);
  REQUIRE(written);
  CHECK(written->outcome == (is_move ? Committed::Outcome::gone : Committed::Outcome::merged));
  CHECK(world.text(a) == (is_move ? "gone" : "k=11 key=\"value\" "));
  CHECK(world.text(b) == "gone");
  CHECK(world.text(c) == (is_move ? "k=6 key=\"value\" " : "gone"));
}

TEST_CASE("a put whose answer was lost stays unknown when nobody can be asked, or others have written over it") {
  World world;
  world.create(a);
  const Key* to = GENERATE(as<const Key*>(), nullptr, &b);
  const bool can_ask = GENERATE(false, true);
  const int lost = world.blobs->questions + (to != nullptr ? 3 : 2);
  world.blobs->lose_answer(lost, true);
  world.blobs->instead = [&](int question) -> std::optional<BlobAnswer> {
    if (question == lost + 1 && can_ask) {
      world.blobs->blobs[a].version += 1;
    } else if (question == lost + 1) {
      return Error{Status::unavailable, "down"};
    }
    return std::nullopt;
  };
  const auto written = world.write(to);
  REQUIRE_FALSE(written);
  CHECK(written.error().status == Status::unknown);
  CHECK(world.text(to != nullptr ? b : a) == "k=6 key=\"value\" ");
}

TEST_CASE("what others keep overtaking ends busy, and leaves nothing behind") {
  World world;
  world.create(a);
  world.timeout = std::chrono::milliseconds(10);
  const Key* to = GENERATE(as<const Key*>(), nullptr, &b);
  world.blobs->instead = [&](int) -> std::optional<BlobAnswer> {
    world.blobs->blobs[a].version = 1'000'000 + static_cast<std::uint64_t>(world.blobs->questions);
    return std::nullopt;
  };
  const auto written = world.write(to);
  REQUIRE_FALSE(written);
  CHECK(written.error().status == Status::busy);
  world.blobs->instead = [](int) { return std::nullopt; };
  CHECK(world.text(a) == "k=1 ");
  CHECK(world.blobs->blobs.size() == 1);
}
