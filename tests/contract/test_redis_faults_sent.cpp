// Likewise every byte that the library says to a Redis server: lost, late, damaged or slow.
#include "../support/fault_plans.hpp"

using namespace sessions;
using namespace sessions::testing;

TEST_CASE("no fault at any byte sent, and a hundred of each script, makes anything untrue or anybody else's") {
  Scene scene(RedisServer::Listen::unix_socket);
  Tally tally;
  for (const Dialogue dialogue : dialogues) {
    play_all(scene, dialogue, false, {}, tally);
  }
  CHECK(tally.scenarios > 10'000 / played_of);
  CHECK(tally.spoilt > tally.scenarios * 98 / 100);
  CHECK(tally.resets_seen == tally.resets);
}
