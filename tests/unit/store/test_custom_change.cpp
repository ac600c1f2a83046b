#include <functional>
#include <memory>
#include <store/custom_change.hpp>
#include <string>
#include <utility>

#include "../../support/catch.hpp"
#include "../../support/codecs.hpp"
#include "../../support/custom_world.hpp"

using namespace sessions;
using namespace sessions::store;
using Outcome = Committed::Outcome;

namespace {

// Blobs with a step, which is what the test says.
class SteppingBlobs final : public testing::TestBlobs {
 public:
  bool can_change() const noexcept override { return true; }

  void change(const Key& key, Dialogue& dialogue) override {
    ++changes;
    step(key, dialogue);
  }

  // Asks what is to be put, and puts it.
  void decide_and_put(const Key& key, Dialogue& dialogue) {
    for (const BlobPut& put : dialogue.decide(find(key))) {
      blobs[*put.key] = {std::string(put.write.blob), put.write.version};
    }
  }

  BlobAnswer find(const Key& key) {
    const auto found = blobs.find(key);
    return found == blobs.end() ? BlobAnswer(BlobMissing()) : *read_blob(found->second.bytes, found->second.version);
  }

  std::function<void(const Key& key, Dialogue& dialogue)> step = [this](const Key& key, Dialogue& dialogue) {
    decide_and_put(key, dialogue);
    dialogue.answer(BlobDone());
  };
  int changes = 0;
};

struct World : testing::CustomWorld {
  World() {
    blobs = stepping;
    store = std::make_unique<Custom>(blobs);
  }

  std::shared_ptr<SteppingBlobs> stepping = std::make_shared<SteppingBlobs>();
};

template <class Reply>
Status status_of(const Result<Reply>& result) {
  return result ? Status::ok : result.error().status;
}

}  // namespace

TEST_CASE("a commit that nobody could tell from another is marked, one that has a mark keeps it") {
  const Commit plain;
  const auto first = marked(plain);
  const auto second = marked(plain);
  REQUIRE(first);
  CHECK(first->attempt.writer != 0);
  CHECK(first->attempt.sequence != second->attempt.sequence);
  CHECK(first->attempt.settled > first->attempt.sequence);
  Commit named;
  named.attempt = {5, 6, 7};
  CHECK(marked(named)->attempt.writer == 5);
  CHECK(marked(named)->attempt.sequence == 6);
}

TEST_CASE("what is written is what was applied or merged") {
  const auto is_one = [](Outcome outcome) { return is_written({outcome, {}, {}}); };
  CHECK((is_one(Outcome::applied) && is_one(Outcome::merged)));
  CHECK_FALSE((is_one(Outcome::duplicate) || is_one(Outcome::conflict)));
  CHECK_FALSE((is_one(Outcome::gone) || is_one(Outcome::stale)));
}

TEST_CASE("a store that has a step for it is asked for nothing else") {
  World world;
  world.create(World::a);
  const int before = world.blobs->questions;
  REQUIRE(world.write(nullptr));
  REQUIRE(world.write(&World::b));
  CHECK(world.stepping->changes == 2);
  CHECK(world.blobs->questions == before);
  CHECK(world.text(World::a) == "gone");
  CHECK(world.text(World::b) == "k=11 key=\"value\" ");
}

TEST_CASE("a codec does not run inside the store's step") {
  World world;
  world.create(World::a);
  Commit commit;
  commit.generation = 7;
  commit.expires = World::now + 1'000;
  const auto codec = std::make_shared<testing::Reversal>();
  const auto committed = world.ask<Committed>([&](const Call&, auto done) {
    world.store->commit(World::a, commit, {World::now, std::chrono::minutes(1), codec}, std::move(done));
  });
  REQUIRE(committed);
  CHECK(world.stepping->changes == 0);
}

TEST_CASE("of several decisions in one step the last one counts") {
  World world;
  world.create(World::a);
  world.stepping->step = [&](const Key& key, Dialogue& dialogue) {
    const auto there = world.stepping->blobs.extract(key);
    CHECK(dialogue.decide(BlobMissing()).empty());
    world.stepping->blobs[key] = there.mapped();
    world.stepping->decide_and_put(key, dialogue);
    dialogue.answer(BlobDone());
  };
  CHECK(world.write(nullptr)->outcome == Outcome::applied);
  world.stepping->step = [&](const Key& key, Dialogue& dialogue) {
    CHECK(dialogue.decide(world.stepping->find(key)).size() == 1);
    CHECK(dialogue.decide(BlobMissing()).empty());
    dialogue.answer(BlobDone());
  };
  CHECK(world.write(nullptr)->outcome == Outcome::gone);
}

TEST_CASE("a step that says it is done has asked what to do") {
  World world;
  world.create(World::a);
  world.stepping->step = [](const Key&, Dialogue& dialogue) { dialogue.answer(BlobDone()); };
  CHECK(status_of(world.write(nullptr)) == Status::callback);
}

TEST_CASE("a step that came to nothing because of others is made of reading and putting") {
  World world;
  world.create(World::a);
  world.stepping->step = [](const Key&, Dialogue& dialogue) { dialogue.answer(BlobConflict()); };
  REQUIRE(world.write(nullptr));
  CHECK(world.text(World::a) == "k=6 key=\"value\" ");
  CHECK(world.stepping->changes == 1);
}

TEST_CASE("a step that fails is why the change fails, as long as it is known") {
  World world;
  world.create(World::a);
  world.stepping->step = [&](const Key& key, Dialogue& dialogue) {
    CHECK_FALSE(dialogue.decide(world.stepping->find(key)).empty());
    dialogue.answer(Error{Status::unavailable, "down"});
  };
  CHECK(status_of(world.write(nullptr)) == Status::unavailable);
  CHECK(world.text(World::a) == "k=1 ");
}

TEST_CASE("what became of a step whose answer was lost is looked for") {
  World world;
  world.create(World::a);
  const bool is_done = GENERATE(true, false);
  world.stepping->step = [&](const Key& key, Dialogue& dialogue) {
    if (is_done) {
      world.stepping->decide_and_put(key, dialogue);
    } else {
      CHECK_FALSE(dialogue.decide(world.stepping->find(key)).empty());
    }
    dialogue.answer(Error{Status::unknown, "lost"});
  };
  CHECK(status_of(world.write(nullptr)) == (is_done ? Status::ok : Status::unknown));
  CHECK(world.text(World::a) == (is_done ? "k=6 key=\"value\" " : "k=1 "));
}
