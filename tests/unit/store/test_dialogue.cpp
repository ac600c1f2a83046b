#include <chrono>
#include <memory>
#include <new>
#include <stdexcept>
#include <store/dialogue.hpp>
#include <string>
#include <utility>

#include "../../support/catch.hpp"
#include "../../support/custom_world.hpp"

using namespace sessions;
using namespace sessions::store;
using testing::TestBlobs;
using World = testing::CustomWorld;

namespace {

constexpr Key a = World::a;
constexpr Key b = World::b;

// Gets a blob twice, and replies how often it was answered; keeps what it is told to.
class Twice final : public Steps<Twice, int> {
 public:
  Twice(std::shared_ptr<Blobs> blobs, const Call& call, Completion<int> done, std::shared_ptr<const void> kept = {})
      : Steps(std::move(blobs), call, std::move(done), &Twice::first) {
    keep(std::move(kept));
  }

 private:
  bool first(BlobAnswer&& answer) {
    CHECK(std::holds_alternative<BlobDone>(answer));
    then(&Twice::second);
    blobs().get(a, *this);
    return true;
  }
  bool second(BlobAnswer&& answer) {
    CHECK(std::holds_alternative<BlobMissing>(answer));
    then(&Twice::last);
    blobs().get(b, *this);
    return true;
  }
  bool last(BlobAnswer&& answer) {
    Error* error = std::get_if<Error>(&answer);
    return error == nullptr ? reply(2) : reply(std::move(*error));
  }
};

std::shared_ptr<Answer<int>> start(const std::shared_ptr<Blobs>& blobs, std::shared_ptr<const void> kept = {}) {
  const auto answer = std::make_shared<Answer<int>>();
  const Call call(World::now, std::chrono::minutes(1));
  Dialogue::start(std::make_unique<Twice>(blobs, call, Completion<int>(answer), std::move(kept)));
  return answer;
}

BlobFound found(std::uint64_t version, std::uint64_t generation = 7) {
  return {Record({generation, 1, {World::now, World::now, no_deadline, World::now}}, {}, {}), version};
}

template <class Reply>
Status status_of(const Result<Reply>& result) {
  return result ? Status::ok : result.error().status;
}

}  // namespace

TEST_CASE("a dialogue asks one question after the other, each when the last was answered") {
  const auto blobs = std::make_shared<TestBlobs>();
  blobs->is_deferring = true;
  const auto answer = start(blobs);
  CHECK(blobs->questions == 1);
  blobs->deferred.front()();
  blobs->deferred.pop_front();
  CHECK(blobs->questions == 2);
  CHECK_FALSE(answer->is_delivered());
  blobs->answer_all();
  REQUIRE(answer->is_delivered());
  CHECK(*answer->take() == 2);
}

TEST_CASE("who gets the reply is the last to hold the blobs, and what was kept is gone") {
  auto blobs = std::make_shared<TestBlobs>();
  const std::weak_ptr<TestBlobs> watched_blobs = blobs;
  auto kept = std::make_shared<int>();
  const std::weak_ptr<int> watched = kept;
  blobs->is_deferring = true;
  const auto answer = start(blobs, std::move(kept));
  CHECK_FALSE(watched.expired());
  blobs->answer_all();
  REQUIRE(answer->is_delivered());
  CHECK(watched.expired());
  blobs.reset();
  CHECK(watched_blobs.expired());
}

TEST_CASE("what is thrown is told by its kind") {
  const auto blobs = std::make_shared<TestBlobs>();
  const bool is_memory = GENERATE(true, false);
  blobs->instead = [&](int question) -> std::optional<BlobAnswer> {
    if (question == 2) {
      is_memory ? throw std::bad_alloc() : throw std::runtime_error("");
    }
    return std::nullopt;
  };
  CHECK(status_of(start(blobs)->take()) == (is_memory ? Status::nomem : Status::callback));
}

TEST_CASE("an answer that fits its question is the reply to it") {
  CHECK((*answer_to_get(found(5)))->version == 5);
  CHECK_FALSE(*answer_to_get(BlobMissing()));
  CHECK(*answer_to_write(BlobDone(), 1));
  CHECK_FALSE(*answer_to_write(BlobConflict(), 1));
  CHECK_FALSE(*answer_to_write(BlobMissing(), 1));  // it was to be replaced
  CHECK(answer_to_count(BlobsCounted{2, 30})->bytes == 30);
  CHECK(answer_to_ping(BlobDone()));
}

TEST_CASE("an answer to another question is the host's mistake") {
  CHECK(status_of(answer_to_get(BlobDone())) == Status::callback);
  CHECK(status_of(answer_to_write(found(1), 1)) == Status::callback);
  CHECK(status_of(answer_to_write(BlobMissing(), 0)) == Status::callback);  // nothing was to be there
  CHECK(status_of(answer_to_count(BlobDone())) == Status::callback);
  CHECK(status_of(answer_to_count(BlobsCounted{-1, 0})) == Status::callback);
  CHECK(status_of(answer_to_count(BlobsCounted{0, -1})) == Status::callback);
  CHECK(status_of(answer_to_ping(BlobConflict())) == Status::callback);
}

TEST_CASE("a failure is the reply to any question") {
  const Error failure{Status::unavailable, "down"};
  CHECK(status_of(answer_to_get(failure)) == Status::unavailable);
  CHECK(status_of(answer_to_write(failure, 0)) == Status::unavailable);
  CHECK(status_of(answer_to_count(failure)) == Status::unavailable);
  CHECK(answer_to_ping(failure).error().message == "down");
}

TEST_CASE("a put is done when its bytes are there in its version, and overtaken when others are") {
  const BlobFound there = found(5);
  const std::string blob(there.record.bytes());
  CHECK(fate_of(blob, 5, BlobAnswer(there)) == Fate::done);
  CHECK(fate_of(blob, 5, BlobAnswer(found(5, 8))) == Fate::overtaken);
  CHECK(fate_of(blob, 4, BlobAnswer(there)) == Fate::unknown);
  CHECK(fate_of(blob, 6, BlobAnswer(there)) == Fate::unknown);
  CHECK(fate_of(blob, 5, BlobMissing()) == Fate::unknown);
  CHECK(fate_of(blob, 5, Error{Status::unavailable, {}}) == Fate::unknown);
}

TEST_CASE("only a write whose fate is not known is in doubt") {
  CHECK(is_in_doubt(Error{Status::unknown, {}}));
  CHECK_FALSE(is_in_doubt(Error{Status::timeout, {}}));
  CHECK_FALSE(is_in_doubt(Result<bool>(false)));
}

TEST_CASE("fifty thousand conflicts in a row need no more stack than one") {
  World world;
  world.create(a);
  world.blobs->is_deferring = GENERATE(false, true);
  const int before = world.blobs->puts;
  int conflicts = 50'000;
  world.blobs->instead = [&](int) -> std::optional<BlobAnswer> {
    const bool is_put = world.blobs->puts > before && world.blobs->questions % 2 == 1;
    return is_put && conflicts-- > 0 ? std::optional<BlobAnswer>(BlobConflict()) : std::nullopt;
  };
  REQUIRE(world.write(nullptr));
  CHECK(conflicts < 0);
  CHECK(world.blobs->puts - before == 50'001);
}

TEST_CASE("what is thrown before a question is answered is the answer to it") {
  const int failing = GENERATE(1, 2, 3);
  World world;
  world.create(a);
  const int before = world.blobs->questions;
  world.blobs->instead = [&](int question) -> std::optional<BlobAnswer> {
    if (question == before + failing) {
      throw std::bad_alloc();
    }
    return std::nullopt;
  };
  const auto moved = world.write(&b);
  REQUIRE_FALSE(moved);
  CHECK(moved.error().status == Status::nomem);
  CHECK(world.text(a) == "k=1 ");
  CHECK(world.blobs->blobs.size() == 1);
}
