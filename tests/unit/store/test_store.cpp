#include <chrono>
#include <memory>
#include <store/store.hpp>
#include <thread>

#include "../../support/catch.hpp"
#include "../../support/held_store.hpp"

using namespace sessions;
using store::Answer;
using store::Completion;

TEST_CASE("who waits for a store is not kept from it by being roused") {
  testing::HeldStore held;
  const auto answer = std::make_shared<Answer<int>>();
  Completion<int> done(answer);
  REQUIRE(answer->rouse());
  std::thread other([&done] { done(7); });
  held.wait_for(*answer, std::chrono::steady_clock::now() + std::chrono::minutes(5));
  CHECK(answer->is_delivered());
  other.join();
}

TEST_CASE("who waits for a store is back when there is an answer, or no time") {
  testing::HeldStore held;
  const auto answered = std::make_shared<Answer<int>>();
  Completion<int>{answered}(7);
  held.wait_for(*answered, std::chrono::steady_clock::now() + std::chrono::minutes(5));
  CHECK(*answered->take() == 7);
  const auto silent = std::make_shared<Answer<int>>();
  const Completion<int> never(silent);
  held.wait_for(*silent, std::chrono::steady_clock::now());
  CHECK_FALSE(silent->is_delivered());
}
