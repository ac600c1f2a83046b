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

TEST_CASE("the hash of another key is what is under the key only when an echo follows") {
  World world;
  const auto loaded = world.load();
  CHECK(world.desk->take_array({"@", head_of_other, ".k", "0:1"}) == Next::again);
  const std::string echo = world.desk->words().at(3);
  CHECK(world.desk->take_array({"@", head_of_other, ".k", "0:1"}) == Next::more);
  CHECK(world.desk->take_array({"@", head, ".k", "0:1"}) == Next::foreign);  // the one before was somebody else's
  CHECK_FALSE(loaded->is_delivered());
  world.desk->request().lose_reply();
  CHECK(world.desk->take_array({"@", head_of_other, ".k", "0:1"}) == Next::more);
  CHECK(world.desk->take_echo(echo) == Next::done);
  CHECK(status_of(loaded) == Status::corrupt);
}

TEST_CASE("that there is no session is only believed when an echo follows") {
  World world;
  const auto loaded = world.load();
  CHECK(world.desk->take("*0\r\n") == Next::again);
  const std::vector<std::string> words = world.desk->words();
  REQUIRE(words.size() == 4);
  CHECK(words[2] == "PING");
  CHECK(world.desk->take("*0\r\n") == Next::more);
  CHECK(world.desk->take("$4\r\nPONG\r\n") == Next::foreign);
  CHECK(world.desk->take("*0\r\n") == Next::foreign);
  world.desk->request().lose_reply();
  CHECK(world.desk->take("*0\r\n") == Next::more);
  CHECK_FALSE(loaded->is_delivered());
  CHECK(world.desk->take(redis::command(std::vector<std::string_view>{words[3]}).substr(4)) == Next::done);
  CHECK(testing::text(*loaded->take()) == "gone");
}

TEST_CASE("a session that appears at the second look is one") {
  World world;
  const auto loaded = world.load();
  CHECK(world.desk->take("*0\r\n") == Next::again);
  const std::string echo = world.desk->words().at(3);
  CHECK(world.desk->take_array({"@", head, ".k", "0:1"}) == Next::more);
  CHECK(world.desk->take("$" + std::to_string(echo.size()) + "\r\n" + echo + "\r\n") == Next::done);
  CHECK(testing::text(*loaded->take()) == "k=1");
}

TEST_CASE("an error is an answer to a load, with an echo behind it too") {
  World world;
  auto loaded = world.load();
  CHECK(world.desk->take("-LOADING Redis is loading\r\n") == Next::done);
  CHECK(status_of(loaded) == Status::unavailable);
  loaded = world.load();
  CHECK(world.desk->take("*0\r\n") == Next::again);
  CHECK(world.desk->take("-NOPERM\r\n") == Next::more);
  CHECK(world.desk->take("-NOPERM\r\n") == Next::done);
  CHECK(status_of(loaded) == Status::unavailable);
}
