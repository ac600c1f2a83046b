#include <chrono>
#include <store/redis/request.hpp>
#include <string>

#include "../../../support/catch.hpp"

using namespace sessions;
using namespace sessions::store::redis;
using std::chrono::milliseconds;

namespace {

constexpr Deadline now{std::chrono::hours(1)};

class Plain final : public Request {
 public:
  Plain(Deadline deadline, bool writes) : Request(deadline, writes) {}

  const std::string& command() const noexcept override { return command_; }
  Next take(const Reply&) override { return Next::done; }
  void fail(Error) noexcept override {}
  store::Awaited* awaited() const noexcept override { return nullptr; }

  using Request::confirm_within;
  using Request::doubt;
  using Request::end_by;
  int restarts = 0;

 private:
  void restart() noexcept override { ++restarts; }

  const std::string command_;
};

}  // namespace

TEST_CASE("waiting for a replica leaves half of the time that is left, and counts once") {
  Plain request(now + milliseconds(100), true);
  request.confirm_within(milliseconds(80));
  request.begin_confirmation(now);
  CHECK(request.confirmed_by() == now + milliseconds(50));
  request.begin_confirmation(now + milliseconds(40));
  CHECK(request.confirmed_by() == now + milliseconds(50));
  Plain patient(now + milliseconds(1'000), true);
  patient.confirm_within(milliseconds(80));
  patient.begin_confirmation(now);
  CHECK(patient.confirmed_by() == now + milliseconds(80));
}

TEST_CASE("what writes may be done when its reply is lost, doubtful, or waits for a replica") {
  const bool writes = GENERATE(true, false);
  Plain request(now, writes);
  CHECK_FALSE(request.may_be_done());
  SECTION("lost") { request.lose_reply(); }
  SECTION("doubtful") {
    request.doubt(true);
    CHECK(request.may_be_done() == writes);
    request.doubt(false);
    CHECK_FALSE(request.may_be_done());
    request.doubt(true);
  }
  SECTION("confirmed") { request.begin_confirmation(now); }
  CHECK(request.may_be_done() == writes);
}

TEST_CASE("a reply that is lost has the request begin again") {
  Plain request(now, false);
  request.lose_reply();
  request.lose_reply();
  CHECK(request.restarts == 2);
}

TEST_CASE("a deadline only comes nearer") {
  Plain request(now, false);
  request.end_by(now + milliseconds(1));
  CHECK(request.deadline() == now);
  request.end_by(now - milliseconds(1));
  CHECK(request.deadline() == now - milliseconds(1));
}
