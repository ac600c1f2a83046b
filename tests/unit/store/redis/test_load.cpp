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

TEST_CASE("a load takes the hash of its key") {
  World world;
  const auto loaded = world.load();
  CHECK(world.desk->words() == std::vector<std::string>{"HGETALL", hash_key.text()});
  CHECK(world.desk->take("+OK\r\n") == Next::foreign);
  CHECK(world.desk->take(":1\r\n") == Next::foreign);
  CHECK(world.desk->take("$1\r\nx\r\n") == Next::foreign);
  CHECK(world.desk->take("$-1\r\n") == Next::foreign);
  CHECK_FALSE(loaded->is_delivered());
  CHECK(world.desk->take_array({"@", head, ".k", "0:1"}) == Next::done);
  CHECK(testing::text(*loaded->take()) == "k=1");
}
