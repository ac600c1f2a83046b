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

TEST_CASE("destroy waits for a replica when it is told to, and says what came of it") {
  for (const bool degraded : {false, true}) {
    World world(confirming());
    const auto destroyed = world.destroy();
    CHECK(world.desk->lane() == Transport::Lane::confirming);
    CHECK(world.desk->request().confirmation() == std::chrono::milliseconds(100));
    CHECK(world.desk->take(":1\r\n") == Next::foreign);
    CHECK(world.desk->take_array({world.desk->token(), "ended"}) == Next::unconfirmed);
    CHECK_FALSE(destroyed->is_delivered());
    degraded ? world.desk->request().fail({Status::unknown, {}}) : world.desk->request().confirm();
    const Result<Destroyed> taken = destroyed->take();
    REQUIRE(taken);
    CHECK(taken->was_there);
    CHECK(taken->degraded == degraded);
  }
}

TEST_CASE("no replica has to confirm what was not done") {
  World world(confirming());
  const auto destroyed = world.destroy();
  const std::string token = world.desk->token();
  CHECK(world.desk->take("-NOSCRIPT No matching script\r\n") == Next::again);
  CHECK(world.desk->words().at(0) == "EVAL");
  CHECK(world.desk->take("-OOM\r\n") == Next::again);
  CHECK(world.desk->words().back() == token);
  CHECK(world.desk->take("-OOM\r\n") == Next::more);
  CHECK(world.desk->take_echo(token) == Next::done);
  CHECK(status_of(destroyed) == Status::full);
}

TEST_CASE("what another call was told is not believed") {
  World world;
  const auto destroyed = world.destroy();
  const std::string token = world.desk->token();
  for (const char* word : {"ended", "gone"}) {
    REQUIRE(world.desk->take_array({other_token(token), word}) == Next::foreign);
  }
  CHECK_FALSE(destroyed->is_delivered());
  CHECK(world.desk->take_array({token, "gone"}) == Next::done);
  CHECK_FALSE(destroyed->take()->was_there);
  const auto created = world.create();
  const std::string next = world.desk->token();
  for (const char* word : {"done", "taken"}) {
    REQUIRE(world.desk->take_array({token, word}) == Next::foreign);
    REQUIRE(world.desk->take_array({other_token(next), word}) == Next::foreign);
  }
  CHECK_FALSE(created->is_delivered());
  CHECK(world.desk->take_array({next, "done"}) == Next::done);
  CHECK(*created->take());
}
