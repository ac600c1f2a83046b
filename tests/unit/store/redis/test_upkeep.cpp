#include <memory>
#include <string>
#include <vector>

#include "../../../support/catch.hpp"
#include "../../../support/redis_desk.hpp"

using namespace sessions;
using namespace sessions::store;
using namespace sessions::store::redis;
using namespace sessions::testing;
using Next = Request::Next;
using World = testing::DeskWorld;

TEST_CASE("a ping takes its own echo alone") {
  World world;
  auto pong = world.ask<std::monostate>([&](auto done) { world.store->ping(call, std::move(done)); });
  const std::string echo = world.desk->words().at(1);
  CHECK(world.desk->take("+PONG\r\n") == Next::foreign);
  CHECK(world.desk->take("+" + echo + "\r\n") == Next::foreign);
  CHECK(world.desk->take("$" + std::to_string(echo.size()) + "\r\n" + echo + "\r\n") == Next::done);
  CHECK(status_of(pong) == Status::ok);
  pong = world.ask<std::monostate>([&](auto done) { world.store->ping(call, std::move(done)); });
  CHECK(world.desk->take("-NOAUTH\r\n") == Next::done);
  CHECK(status_of(pong) == Status::unavailable);
}

TEST_CASE("a sweep goes on from cursor to cursor until enough was dropped, and tells what was") {
  World world;
  const auto sweep = [&](std::int64_t most) {
    return world.ask<std::int64_t>([&](auto done) { world.store->sweep(most, call, std::move(done)); });
  };
  const auto step = [&](const std::string& cursor, int dropped) {
    return world.desk->take_step(cursor, ":" + std::to_string(dropped) + "\r\n");
  };
  auto dropped = sweep(10);
  CHECK(step("x", 1) == Next::foreign);
  CHECK(step("", 1) == Next::foreign);
  CHECK(step("7", -1) == Next::foreign);
  CHECK(world.desk->take_step("7", "*0\r\n") == Next::foreign);
  CHECK(step("7", 4) == Next::again);
  CHECK(world.desk->words().at(4) == "7");
  CHECK(world.desk->words().back() == "6");
  CHECK(step("0", 2) == Next::done);
  CHECK(*dropped->take() == 6);
  dropped = sweep(10);
  CHECK(step("7", 10) == Next::done);
  CHECK(*dropped->take() == 10);
  dropped = sweep(10);
  CHECK(step("7", 3) == Next::again);
  world.desk->request().fail({Status::timeout, {}});
  CHECK(*dropped->take() == 3);
  dropped = sweep(10);
  world.desk->request().fail({Status::timeout, {}});
  CHECK(status_of(dropped) == Status::timeout);
}

TEST_CASE("who counts stops when nobody waits any more") {
  World world;
  const Call late(testing::now, std::chrono::milliseconds(0));
  const auto counted = world.ask<Statistics>([&](auto done) { world.store->statistics(late, std::move(done)); });
  CHECK(world.desk->take_step("7", "*3\r\n$1\r\na\r\n:1\r\n:100\r\n") == Next::done);
  CHECK(status_of(counted) == Status::timeout);
}

TEST_CASE("a session is counted once, however often the server names it") {
  World world;
  const auto counted = world.ask<Statistics>([&](auto done) { world.store->statistics(call, std::move(done)); });
  CHECK(world.desk->take_step("7", ":1\r\n") == Next::foreign);
  CHECK(world.desk->take_step("7", "*2\r\n$1\r\na\r\n:1\r\n") == Next::foreign);
  CHECK(world.desk->take_step("7", "*6\r\n$1\r\na\r\n:1\r\n:100\r\n$1\r\nb\r\n:0\r\n:20\r\n") == Next::again);
  CHECK(world.desk->words().at(4) == "7");
  CHECK(world.desk->take_step("3", "*6\r\n$1\r\nb\r\n:0\r\n:20\r\n$1\r\na\r\n:1\r\n:100\r\n") == Next::again);
  CHECK(world.desk->take_step("0", "*3\r\n$1\r\nc\r\n:1\r\n:3\r\n") == Next::done);
  const auto statistics = counted->take();
  REQUIRE(statistics);
  CHECK(statistics->sessions == 2);
  CHECK(statistics->bytes == 123);
}
