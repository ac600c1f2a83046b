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

TEST_CASE("a replica is asked once for all who wait for it, and for a short time") {
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
    CHECK(world.server.heard.at(world.server.heard.size() - 2) == "WAIT 1 100");
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

TEST_CASE("a replica is asked again and again, until it has everything or the time is over") {
  for (const bool is_there : {true, false}) {
    World world;
    int waits = 0;
    world.server.script = [&](const auto& words) {
      if (!is_of_wait(words)) {
        return World::echo(words);
      }
      if (words.front() == "WAIT") {
        ++waits;
        world.server.meanwhile = [&] {
          world.server.skip(milliseconds(100));
          world.server.say(reply_to_wait(is_there && waits == 7 ? ":1\r\n" : ":0\r\n"));
        };
      }
      return std::string();
    };
    const std::string answer = world.wait(world.submit_to_confirm("a", seconds(8)), minutes(1));
    CHECK((is_there ? answer == "a, confirmed" : begins(answer, Status::unknown)));
    CHECK(waits == (is_there ? 7 : 80));
    CHECK(world.server.connections == 1);
  }
}

TEST_CASE("who has no time left to wait for a replica is told so while others wait") {
  World world;
  world.server.script = [&](const auto& words) { return is_of_wait(words) ? std::string() : World::echo(words); };
  const Asked patient = world.submit_to_confirm("a", seconds(8));
  const Asked hurried = world.submit_to_confirm("b", seconds(8), milliseconds(60));
  world.server.meanwhile = [&] { world.server.skip(milliseconds(31)); };
  CHECK(begins(world.wait(hurried, milliseconds(60)), Status::unknown));
  world.server.say(reply_to_wait(":1\r\n"));
  CHECK(world.wait(patient) == "a, confirmed");
}

TEST_CASE("a wait for a replica that nobody waits for holds nobody up") {
  World world;
  world.server.script = [&](const auto& words) {
    if (words.front() == "WAIT") {
      world.server.meanwhile = [&] { world.server.skip(milliseconds(31)); };
    }
    return is_of_wait(words) ? std::string() : World::echo(words);
  };
  for (int i = 1; i <= 3; ++i) {
    CHECK(begins(world.wait(world.submit_to_confirm("a", seconds(8), milliseconds(60)), milliseconds(60)),
                 Status::unknown));
    CHECK(std::count(world.server.heard.begin(), world.server.heard.end(), "ECHO a") == i);
  }
  CHECK(world.server.connections == 3);
}

TEST_CASE("a server that will not wait for a replica is not asked over and over") {
  World world;
  world.server.script = [&](const auto& words) {
    return words.front() == "WAIT" ? "-ERR unknown command\r\n" : World::echo(words);
  };
  for (int i = 0; i < 2; ++i) {
    CHECK(begins(world.wait(world.submit_to_confirm("a", seconds(1))), Status::unknown));
    world.server.skip(seconds(1));
  }
  const auto is_wait = [](const std::string& line) { return line.starts_with("WAIT 1 "); };
  CHECK(std::count_if(world.server.heard.begin(), world.server.heard.end(), is_wait) == 2);
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
