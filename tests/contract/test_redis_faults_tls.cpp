// Likewise over TLS, where every byte that was changed on its way is noticed: nothing may be read or done but what was
// meant.
#include "../support/fault_plans.hpp"

using namespace sessions;
using namespace sessions::testing;

TEST_CASE("over TLS no byte that is changed is taken for what was said") {
  Scene scene(RedisServer::Listen::tls);
  const std::vector<std::string> extras = {"+OK\r\n", std::string("\x15\x03\x03\x00\x02\x01\x00", 7)};
  Tally tally;
  // The length of a signature differs from one handshake to the next, so that some places are beyond the end.
  const auto is_wanted = [](const FaultPlan& plan) {
    return plan.fault == Fault::bad_byte || plan.fault == Fault::near_byte || plan.at % 10 == 0;
  };
  for (const Dialogue dialogue : {Dialogue::load, Dialogue::create, Dialogue::commit, Dialogue::destroy}) {
    for (const bool of_server : {true, false}) {
      play_all(scene, dialogue, of_server, extras, tally, is_wanted);
    }
  }
  CHECK(tally.scenarios > 10'000 / played_of);
  CHECK(tally.spoilt > tally.scenarios * 98 / 100);
  CHECK(tally.resets_seen == tally.resets);
}
