#include <chrono>
#include <memory>
#include <store/call.hpp>

#include "../../support/catch.hpp"
#include "../../support/codecs.hpp"

using namespace sessions;
using store::Call;

TEST_CASE("all that one call waits for ends at the same moment") {
  const Call call(1'700'000'000, std::chrono::hours(1));
  const Deadline before = std::chrono::steady_clock::now();
  const Deadline first = call.deadline();
  CHECK(first >= before + std::chrono::hours(1));
  CHECK(call.deadline() == first);
  CHECK(Call(call).deadline() == first);
}

TEST_CASE("a call may end at a given moment instead") {
  const Deadline end = std::chrono::steady_clock::now() + std::chrono::hours(5);
  Call call(0, std::chrono::milliseconds(1));
  call.end_by(end);
  CHECK(call.deadline() == end);
}

TEST_CASE("a call goes by the clock of sessions, and has a codec or none") {
  const auto codec = std::make_shared<testing::Reversal>();
  const Call call(1'700'000'000, std::chrono::hours(1), codec);
  CHECK(call.now() == 1'700'000'000);
  CHECK(call.codec() == codec.get());
  CHECK(Call(0, std::chrono::hours(1)).codec() == nullptr);
}
