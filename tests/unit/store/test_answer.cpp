#include <chrono>
#include <memory>
#include <store/answer.hpp>
#include <thread>

#include "../../support/catch.hpp"

using namespace sessions;
using store::Answer;
using store::Completion;

namespace {

Deadline far() { return std::chrono::steady_clock::now() + std::chrono::minutes(5); }

struct Counter final : store::Watcher {
  void delivered() noexcept override { ++deliveries; }
  bool rouse() noexcept override { return ++rousings > 0; }

  int deliveries = 0;
  int rousings = 0;
};

}  // namespace

TEST_CASE("an answer may come before or after somebody waits for it") {
  const auto before = std::make_shared<Answer<int>>();
  Completion<int>{before}(7);
  before->wait(far());
  REQUIRE(before->is_delivered());
  CHECK(*before->take() == 7);

  const auto after = std::make_shared<Answer<int>>();
  std::thread store([done = Completion<int>(after)]() mutable { done(8); });
  after->wait(far());
  REQUIRE(after->is_delivered());
  CHECK(*after->take() == 8);
  store.join();
}

TEST_CASE("when the deadline has passed there is no answer") {
  const auto answer = std::make_shared<Answer<int>>();
  const Completion<int> never(answer);
  answer->wait(std::chrono::steady_clock::now());
  CHECK_FALSE(answer->is_delivered());
}

TEST_CASE("a call that the store drops is answered") {
  const auto answer = std::make_shared<Answer<int>>();
  { const Completion<int> dropped(answer); }
  answer->wait(far());
  REQUIRE(answer->is_delivered());
  const Result<int> reply = answer->take();
  REQUIRE_FALSE(reply);
  CHECK(reply.error().status == Status::internal);
}

TEST_CASE("a caller is roused before or while it sleeps") {
  const auto before = std::make_shared<Answer<int>>();
  Completion<int> done_before(before);
  CHECK(before->rouse());
  CHECK(before->rouse());
  before->wait(far());
  CHECK_FALSE(before->is_delivered());
  before->wait(std::chrono::steady_clock::now());  // once roused does not mean roused for ever
  CHECK(before->rouse());

  const auto after = std::make_shared<Answer<int>>();
  Completion<int> done_after(after);
  std::thread other([&after] { CHECK(after->rouse()); });
  after->wait(far());
  CHECK_FALSE(after->is_delivered());
  other.join();
}

TEST_CASE("nobody is roused who waits no longer") {
  const auto answer = std::make_shared<Answer<int>>();
  Completion<int> done(answer);
  answer->give_up();
  CHECK_FALSE(answer->rouse());
  done(1);
  CHECK(answer->is_delivered());
  answer->give_up();
  CHECK(answer->is_delivered());
  CHECK_FALSE(answer->rouse());
}

TEST_CASE("a watcher is told once, unless the answer was there before or it has stopped watching") {
  const auto watcher = std::make_shared<Counter>();
  const auto watched = std::make_shared<Answer<int>>();
  Completion<int> done(watched);
  CHECK(watched->watch(watcher));
  CHECK(watched->rouse());
  CHECK(watcher->rousings == 1);
  CHECK(watcher->deliveries == 0);
  done(1);
  CHECK(watcher->deliveries == 1);
  CHECK_FALSE(watched->unwatch());

  const auto answered = std::make_shared<Answer<int>>();
  Completion<int>{answered}(2);
  CHECK_FALSE(answered->watch(watcher));

  const auto unwatched = std::make_shared<Answer<int>>();
  Completion<int> late(unwatched);
  CHECK(unwatched->watch(watcher));
  CHECK(unwatched->unwatch());
  unwatched->give_up();
  late(3);
  CHECK(watcher->deliveries == 1);
}

TEST_CASE("who was roused before it began to watch has the watcher roused") {
  const auto watcher = std::make_shared<Counter>();
  const auto answer = std::make_shared<Answer<int>>();
  Completion<int> done(answer);
  CHECK(answer->rouse());
  CHECK(answer->watch(watcher));
  CHECK(watcher->rousings == 1);
  done(1);
  CHECK(watcher->deliveries == 1);
}
