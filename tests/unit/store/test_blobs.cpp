#include <memory>
#include <store/blobs.hpp>
#include <store/dialogue.hpp>
#include <string>
#include <vector>

#include "../../support/catch.hpp"
#include "../../support/custom_world.hpp"

using namespace sessions;
using namespace sessions::store;

namespace {

constexpr std::int64_t now = 1'700'000'000;

// Asks for a step, and keeps the status of the answer.
class AskForStep final : public Steps<AskForStep, Status> {
 public:
  AskForStep(std::shared_ptr<Blobs> blobs, const Call& call, Completion<Status> done)
      : Steps(std::move(blobs), call, std::move(done), &AskForStep::begin) {}

 private:
  bool begin(BlobAnswer&&) {
    then(&AskForStep::was_answered);
    blobs().change({}, *this);
    return true;
  }
  bool was_answered(BlobAnswer&& answer) {
    const Error* error = std::get_if<Error>(&answer);
    return reply(error == nullptr ? Status::ok : error->status);
  }
};

}  // namespace

TEST_CASE("blobs that have no step for a change say so") {
  const auto blobs = std::make_shared<testing::TestBlobs>();
  CHECK_FALSE(blobs->can_change());
  const auto answer = std::make_shared<Answer<Status>>();
  Dialogue::start(std::make_unique<AskForStep>(blobs, Call(now, std::chrono::minutes(1)), Completion<Status>(answer)));
  REQUIRE(answer->is_delivered());
  CHECK(*answer->take() == Status::unsupported);
}

TEST_CASE("a blob is found with its bytes and the version it was put with") {
  const Field field{"k", "1"};
  const Record record({7, 1, {now, now, no_deadline, now}}, {}, {&field, 1});
  const auto found = read_blob(record.bytes(), 5);
  REQUIRE(found);
  CHECK(found->version == 5);
  CHECK(found->record.bytes() == record.bytes());
}

TEST_CASE("a version is one that a blob can have, and be followed by another") {
  const Record record({7, 1, {now, now, no_deadline, now}}, {}, {});
  CHECK(read_blob(record.bytes(), INT64_MAX - 1));
  for (const std::uint64_t bad : {std::uint64_t{0}, std::uint64_t{INT64_MAX}, UINT64_MAX}) {
    const auto found = read_blob(record.bytes(), bad);
    REQUIRE_FALSE(found);
    CHECK(found.error().status == Status::callback);
  }
}

TEST_CASE("blobs that are records, but not of ours") {
  const auto status_of = [](const Record::Head& head, std::vector<Applied> applied, std::vector<Field> fields) {
    const auto found = read_blob(Record(head, applied, fields).bytes(), 1);
    return found ? Status::ok : found.error().status;
  };
  const Times good{now, now, no_deadline, now + 1000};
  CHECK(status_of({1, 1, good, false}, {{1, 1, now}}, {{"k", "1"}, {"", "null"}}) == Status::ok);
  for (const Times& times : {Times{-1, now, no_deadline, now}, Times{now, INT64_MIN, no_deadline, now},
                             Times{now, now, INT64_MAX - 1, now}, Times{now, now, no_deadline, INT64_MAX}}) {
    CHECK(status_of({1, 1, times, false}, {}, {}) == Status::corrupt);
  }
  CHECK(status_of({1, 1, good, false}, {{1, 1, INT64_MAX}}, {}) == Status::corrupt);
  for (const std::string_view value : {"", " 1", "1 ", "\"", "{\"a\":1,\"a\":2}", "\"\xff\"", "tru"}) {
    CHECK(status_of({1, 1, good, false}, {}, {{"k", value}}) == Status::corrupt);
  }
  CHECK(status_of({1, 1, good, false}, {}, {{"\xff", "1"}}) == Status::corrupt);
  CHECK(status_of({1, 1, good, false}, {}, std::vector<Field>(1024, {"k", "1"})) == Status::ok);
  CHECK(status_of({1, 1, good, false}, {}, std::vector<Field>(1025, {"k", "1"})) == Status::corrupt);
}
