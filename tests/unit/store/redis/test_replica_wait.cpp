#include <algorithm>
#include <store/redis/multiplexer.hpp>
#include <string>
#include <vector>

#include "../../../support/catch.hpp"
#include "../../../support/echo.hpp"

using namespace sessions;
using namespace sessions::store::redis;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Asked;
using testing::begins;
using testing::ScriptedServer;
using World = testing::EchoWorld;

namespace {

// WAIT, and the echo that tells which reply is its.
bool is_of_wait(const std::vector<std::string>& words) { return words.front() == "WAIT" || words.back() == "replica"; }

std::string reply_to_wait(const char* replicas) { return std::string(replicas) + "$7\r\nreplica\r\n"; }

}  // namespace

TEST_CASE("a replica is asked once for all who wait for it, and as long as the most hurried can wait") {
  for (const bool is_there : {true, false}) {
    World world;
    world.server.script = [&](const auto& words) {
      return words.front() == "WAIT" ? is_there ? ":1\r\n" : ":0\r\n" : World::echo(words);
    };
    std::vector<Asked> asked;
    for (int i = 0; i < 20; ++i) {
      asked.push_back(world.submit_to_confirm(std::to_string(i), seconds(20), i == 7 ? minutes(1) : seconds(20)));
    }
    for (int i = 0; i < 20; ++i) {
      const std::string answer = world.wait(asked[static_cast<std::size_t>(i)]);
      CHECK((is_there ? answer == std::to_string(i) + ", confirmed" : begins(answer, Status::unknown)));
    }
    const auto is_wait = [](const std::string& line) { return line.starts_with("WAIT 1 "); };
    CHECK(std::count_if(world.server.heard.begin(), world.server.heard.end(), is_wait) == 1);
    const std::string& wait = world.server.heard.at(world.server.heard.size() - 2);
    REQUIRE(is_wait(wait));
    const int time = std::stoi(wait.substr(7));
    CHECK(time > 5'000);
    CHECK(time <= 10'000);
  }
}

TEST_CASE("what is done while a replica is asked for others has to be confirmed by itself") {
  World world;
  int waits = 0;
  world.server.script = [&](const auto& words) {
    waits += words.front() == "WAIT" ? 1 : 0;
    return !is_of_wait(words)                      ? World::echo(words)
           : waits == 1 || words.front() == "PING" ? std::string()
                                                   : reply_to_wait(":0\r\n");
  };
  const Asked first = world.submit_to_confirm("a", seconds(1));
  Asked second;
  world.server.meanwhile = [&] {
    second = world.submit_to_confirm("b", seconds(1));
    world.server.say(reply_to_wait(":1\r\n"));
  };
  CHECK(world.wait(first) == "a, confirmed");
  CHECK(begins(world.wait(second), Status::unknown));
  CHECK(waits == 2);
}

TEST_CASE("a server that waits for a replica may be silent for as long") {
  World world;
  world.server.script = [&](const auto& words) { return is_of_wait(words) ? std::string() : World::echo(words); };
  const Asked asked = world.submit_to_confirm("a", seconds(8));
  world.server.meanwhile = [&] {
    world.server.skip(seconds(8));
    world.server.meanwhile = [&] { world.server.say(reply_to_wait(":1\r\n")); };
  };
  CHECK(world.wait(asked, minutes(1)) == "a, confirmed");
  CHECK(world.server.connections == 1);
}

TEST_CASE("what is done stays done, and is not done again, when the connection breaks before a replica has it") {
  World world;
  world.server.script = [&](const auto& words) {
    return words.front() == "WAIT" ? std::string(1, ScriptedServer::closing) : World::echo(words);
  };
  CHECK(begins(world.wait(world.submit_to_confirm("a", seconds(1))), Status::unknown));
  CHECK(std::count(world.server.heard.begin(), world.server.heard.end(), "ECHO a") == 1);
}

TEST_CASE("a number that is no reply to WAIT confirms nothing") {
  World world;
  world.server.script = [&](const auto& words) {
    return words.front() == "WAIT" ? ":1\r\n:0\r\n" : World::echo(words);
  };
  CHECK(begins(world.wait(world.submit_to_confirm("a", seconds(1))), Status::unknown));
}
