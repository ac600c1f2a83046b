#include <chrono>
#include <memory>
#include <store/answer.hpp>
#include <thread>

#include "../../support/catch.hpp"

using namespace sessions;
using store::Answer;
using store::Completion;

namespace {

std::chrono::steady_clock::time_point far() { return std::chrono::steady_clock::now() + std::chrono::minutes(5); }

}  // namespace

TEST_CASE("an answer may come before or after somebody waits for it") {
  const auto before = std::make_shared<Answer<int>>();
  Completion<int>{before}(7);
  CHECK(**before->wait(far) == 7);

  const auto after = std::make_shared<Answer<int>>();
  std::thread store([done = Completion<int>(after)]() mutable { done(8); });
  CHECK(**after->wait(far) == 8);
  store.join();
}

TEST_CASE("when the deadline has passed there is no answer") {
  const auto answer = std::make_shared<Answer<int>>();
  const Completion<int> never(answer);
  CHECK_FALSE(answer->wait(std::chrono::steady_clock::now));
}

TEST_CASE("a call that the store drops is answered") {
  const auto answer = std::make_shared<Answer<int>>();
  { const Completion<int> dropped(answer); }
  const auto reply = answer->wait(far);
  REQUIRE(reply);
  REQUIRE_FALSE(*reply);
  CHECK(reply->error().status == Status::internal);
}
