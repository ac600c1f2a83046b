// Every byte that a Redis server says to the library, lost, damaged, slow, or with something of somebody else's before
// it: whatever happens, nobody is told what is not so, and nobody is given what is another's.
#include <array>
#include <cerrno>
#include <optional>
#include <store/redis/socket.hpp>
#include <string>
#include <vector>

#include "../support/fault_plans.hpp"

using namespace sessions;
using namespace sessions::testing;

TEST_CASE("a reset is one for the client, and a closed connection ends") {
  Scene scene(RedisServer::Listen::unix_socket);
  for (const Fault fault : {Fault::reset, Fault::close}) {
    FaultProxy proxy(scene.behind_proxy(), {fault, true, 0, 3});
    const auto client =
        store::redis::Socket::connect(*store::redis::Address::of_numbers("127.0.0.1", scene.proxy_port()));
    REQUIRE(client);
    REQUIRE(client->send("PING\r\n") == 6U);
    std::array<char, 16> room;
    std::string said;
    std::optional<std::size_t> size = 0;
    for (errno = 0; (size = client->receive(room)); errno = 0) {
      said.append(room.data(), *size);
      std::array<pollfd, 1> polled = {{{client->descriptor(), POLLIN, 0}}};
      proxy.poll(polled, proxy.now());
    }
    const int reason = errno;
    CHECK(said == "+PO");
    CHECK((reason == ECONNRESET) == (fault == Fault::reset));
    CHECK(proxy.was_reset() == (fault == Fault::reset));
  }
}

TEST_CASE("no fault at any byte that a server says makes anything untrue or anybody else's") {
  Scene scene(RedisServer::Listen::unix_socket);
  const std::vector<std::string> extras = extra_replies(scene);
  Tally tally;
  for (const Dialogue dialogue : dialogues) {
    play_all(scene, dialogue, true, extras, tally);
  }
  CHECK(tally.scenarios > 10'000 / played_of);
  CHECK(tally.spoilt > tally.scenarios * 98 / 100);
  CHECK(tally.resets_seen == tally.resets);
}
