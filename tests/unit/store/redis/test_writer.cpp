#include <optional>
#include <store/redis/writer.hpp>
#include <vector>

#include "../../../support/catch.hpp"

using namespace sessions;
using namespace sessions::store::redis;

TEST_CASE("what is settled ends before the lowest that is under way, in whatever order they end") {
  const auto writer = std::make_shared<Writer>(42, Status::ok);
  std::vector<std::optional<Ticket>> tickets;
  const auto take = [&] {
    Result<Ticket> ticket = Ticket::take(writer);
    REQUIRE(ticket);
    return tickets.emplace_back(std::move(*ticket))->attempt();
  };
  for (std::uint64_t i = 1; i <= 4; ++i) {
    const store::Attempt attempt = take();
    CHECK(attempt.writer == 42);
    CHECK(attempt.sequence == i);
    CHECK(attempt.settled == 1);
  }
  tickets[1].reset();
  CHECK(take().settled == 1);
  tickets[0].reset();
  CHECK(take().settled == 3);
  tickets[3].reset();
  tickets[4].reset();
  tickets[2].reset();
  CHECK(take().settled == 6);
  tickets[5].reset();
  tickets[6].reset();
  const store::Attempt last = take();
  CHECK(last.sequence == 8);
  CHECK(last.settled == 8);
}

TEST_CASE("an attempt that had no effect is given up for the next one") {
  const auto writer = std::make_shared<Writer>(7, Status::ok);
  Result<Ticket> ticket = Ticket::take(writer);
  const Result<Ticket> other = Ticket::take(writer);
  CHECK(ticket->attempt().sequence == 1);
  ticket->renew();
  CHECK(ticket->attempt().sequence == 3);
  CHECK(Ticket::take(writer)->attempt().settled == other->attempt().sequence);
}

TEST_CASE("a request that may arrive late is never called settled, nor is one that was under way with it") {
  const auto writer = std::make_shared<Writer>(7, Status::ok);
  std::optional<Ticket> first = std::move(*Ticket::take(writer));
  std::optional<Ticket> second = std::move(*Ticket::take(writer));
  first->never_settle();
  second->never_settle();
  first.reset();
  std::optional<Ticket> third = std::move(*Ticket::take(writer));
  CHECK(third->attempt().writer == 9);
  CHECK(third->attempt().sequence == 3);
  CHECK(third->attempt().settled == 3);
  second.reset();
  third.reset();
  const store::Attempt last = Ticket::take(writer)->attempt();
  CHECK(last.writer == 9);
  CHECK(last.sequence == 4);
  CHECK(last.settled == 4);
}

TEST_CASE("writers are drawn, and without a number nothing is written") {
  const std::shared_ptr<Writer> one = Writer::draw();
  const std::shared_ptr<Writer> two = Writer::draw();
  CHECK(Ticket::take(one)->attempt().writer != Ticket::take(two)->attempt().writer);
  const Result<Ticket> none = Ticket::take(std::make_shared<Writer>(1, Status::random));
  REQUIRE_FALSE(none);
  CHECK(none.error().status == Status::random);
}

TEST_CASE("an attempt is written in words that scripts compare") {
  CHECK(to_bytes(store::Attempt{0x2a, 7}) == std::string("\0\0\0\0\0\0\0\x2a\0\0\0\0\0\0\0\7", 16));
  CHECK(to_bytes(store::Attempt{UINT64_MAX, UINT64_MAX}) == std::string(16, '\xff'));
  CHECK(to_bytes(store::Applied{0x2a, 7, 0x0102030405}) == to_bytes(store::Attempt{0x2a, 7}) + "\1\2\3\4\5");
}
