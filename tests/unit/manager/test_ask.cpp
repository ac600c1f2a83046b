#include <manager/ask.hpp>
#include <memory>
#include <optional>
#include <store/memory.hpp>
#include <utility>

#include "../../support/catch.hpp"
#include "../../support/held_store.hpp"

using namespace sessions;
using manager::Asked;
using Done = store::Completion<int>;

namespace {

const testing::HeldStore later;
const store::Memory at_once{store::MemoryBounds{}};

// Asks, and keeps the completion in the place of a store.
struct Question {
  Result<int> ask(const store::Store& store = later) {
    return asked.ask<int>(store, Status::timeout, [this](Done completion) -> Result<void> {
      ++started;
      done.emplace(std::move(completion));
      if (reply) {
        (*done)(*reply);
      }
      return {};
    });
  }

  Asked asked;
  std::optional<Done> done;
  std::optional<int> reply;
  int started = 0;
};

Status status_of(const Result<int>& result) { return result ? Status::ok : result.error().status; }

}  // namespace

TEST_CASE("an answer that is there when the store returns is not waited for") {
  Question question;
  question.reply = 7;
  CHECK(*question.ask(at_once) == 7);
  CHECK(*question.ask(later) == 7);
  CHECK_FALSE(question.asked.is_open());
}

TEST_CASE("an answer that comes later is given to who asks the same again, without asking the store") {
  Question question;
  CHECK(status_of(question.ask()) == Status::pending);
  REQUIRE(question.asked.is_open());
  (*question.done)(7);
  CHECK(question.asked.answer().is_delivered());
  CHECK(*question.ask() == 7);
  CHECK(question.started == 1);
  CHECK_FALSE(question.asked.is_open());
}

TEST_CASE("who asks again before there is an answer waits no longer, and may ask anew") {
  Question question;
  CHECK(status_of(question.ask()) == Status::pending);
  CHECK(status_of(question.ask()) == Status::timeout);
  (*question.done)(7);
  CHECK(status_of(question.ask()) == Status::pending);
  CHECK(question.started == 2);
}

TEST_CASE("a question that is put off is asked when it comes up again") {
  Question question;
  question.reply = 7;
  question.asked.put_off();
  CHECK(status_of(question.ask()) == Status::pending);
  CHECK(question.started == 0);
  CHECK_FALSE(question.asked.is_open());
  CHECK(*question.ask() == 7);
  question.asked.put_off();
  question.asked.forget();
  CHECK(*question.ask() == 7);
}

TEST_CASE("a question that could not be asked has no answer") {
  Asked asked;
  const auto fail = [](const Done&) -> Result<void> { return Error{Status::random, {}}; };
  CHECK(status_of(asked.ask<int>(later, Status::timeout, fail)) == Status::random);
  CHECK(status_of(asked.ask<int>(at_once, Status::timeout, fail)) == Status::random);
  CHECK_FALSE(asked.is_open());
}
