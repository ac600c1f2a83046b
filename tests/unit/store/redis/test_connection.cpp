#include <algorithm>
#include <memory>
#include <store/redis/multiplexer.hpp>
#include <string>
#include <utility>
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

TEST_CASE("a connection is greeted before it is used") {
  World world;
  world.server.script = World::echo;
  world.options.user = "app";
  world.options.password = "secret";
  world.options.database = 3;
  CHECK(world.ask("a") == "a");
  CHECK(world.ask("b") == "b");
  CHECK(world.server.heard == std::vector<std::string>{"AUTH app secret", "SELECT 3", "CLIENT SETNAME libsessions",
                                                       "PING libsessions", "ECHO a", "ECHO b"});
  CHECK(world.server.connections == 1);
}

TEST_CASE("a password may come without a user") {
  World world;
  world.server.script = World::echo;
  world.options.password = "secret";
  CHECK(world.ask("a") == "a");
  CHECK(world.server.heard.front() == "AUTH secret");
}

TEST_CASE("a user need not be permitted to name the connection") {
  World world;
  world.server.script = [](const auto& words) {
    return words.front() == "CLIENT" ? "-NOPERM no\r\n" : World::echo(words);
  };
  CHECK(world.ask("a") == "a");
}

TEST_CASE("a server that cannot save can still be read") {
  World world;
  world.server.script = [](const auto& words) {
    return words.front() == "PING" ? "-MISCONF no disk\r\n" : World::echo(words);
  };
  CHECK(world.ask("a") == "a");
}

TEST_CASE("what a server does not accept at first is said") {
  World world;
  world.options.password = "secret";
  std::string refusal;
  world.server.script = [&](const auto& words) { return words.front() == "AUTH" ? refusal : "-NOAUTH first\r\n"; };
  refusal = "-WRONGPASS secret is wrong\r\n";
  std::string answer = world.ask("a");
  CHECK(begins(answer, Status::unavailable));
  CHECK(answer.find("refuses the user or the password") != std::string::npos);
  CHECK(answer.find("secret") == std::string::npos);

  world.server.skip(minutes(1));
  refusal = "-ERR AUTH <password> called without any password configured\r\n";
  answer = world.ask("a");
  CHECK(begins(answer, Status::unavailable));
  CHECK(answer.find("asks for none") != std::string::npos);

  world.server.skip(minutes(1));
  refusal = "+OK\r\n";
  answer = world.ask("a");
  CHECK(begins(answer, Status::unavailable));
  CHECK(answer.find("asks for a password") != std::string::npos);

  world.server.skip(minutes(1));
  world.server.script = [](const auto& words) { return words.front() == "PING" ? "-LOADING x\r\n" : "+OK\r\n"; };
  CHECK(world.ask("a").find("loading") != std::string::npos);

  world.server.skip(minutes(1));
  world.server.script = [](const auto&) { return "HTTP/1.1 400 Bad Request\r\n"; };
  CHECK(begins(world.ask("a"), Status::unavailable));

  world.server.skip(minutes(1));
  world.server.script = World::echo;
  CHECK(world.ask("a") == "a");
}

TEST_CASE("a server that is silent is left") {
  World world;
  world.server.script = World::echo;
  CHECK(world.ask("first") == "first");
  int silent = 1;
  world.server.script = [&](const auto& words) {
    return words.front() == "ECHO" && silent-- > 0 ? std::string() : World::echo(words);
  };
  CHECK(world.ask("a", false, minutes(1)) == "a");
  CHECK(world.server.connections == 2);
}

TEST_CASE("a connection that nobody has driven until it was too late is made anew") {
  World world;
  world.server.script = [](const auto& words) {
    return words.front() == "ECHO" || words.front() == "PING" ? std::string() : World::echo(words);
  };
  CHECK(begins(world.ask("a", false, milliseconds(300)), Status::timeout));
  world.server.script = &World::echo;
  world.server.skip(seconds(20));
  CHECK(world.ask("b") == "b");
  CHECK(world.server.connections == 2);
}

TEST_CASE("a reply larger than any session fails the call that asked for it, and no other") {
  World world;
  world.server.script = [](const auto& words) { return words.back() == "large" ? "*65537\r\n" : World::echo(words); };
  for (int i = 0; i < 3; ++i) {
    const bool writes = i == 2;
    const Asked large = world.submit("large", writes);
    const Asked other = world.submit("other");
    CHECK(begins(world.wait(large), writes ? Status::unknown : Status::corrupt));
    CHECK(world.wait(other) == "other");
  }
  CHECK(std::count(world.server.heard.begin(), world.server.heard.end(), "ECHO large") == 3);
}

TEST_CASE("replies that nobody asked for end the connection") {
  World world;
  world.server.script = World::echo;
  CHECK(world.ask("a") == "a");
  world.server.say("$1\r\nb\r\n");
  world.server.skip(seconds(1));
  CHECK(world.ask("b") == "b");
  CHECK(world.server.connections == 2);
  CHECK(world.server.heard.back() == "ECHO b");
}

TEST_CASE("a reply to something else ends the connection, and reaches nobody") {
  World world;
  world.server.script = World::echo;
  CHECK(world.ask("first") == "first");
  bool lies = true;
  world.server.script = [&](const auto& words) {
    return words.front() == "ECHO" && std::exchange(lies, false) ? ScriptedServer::bulk("x") : World::echo(words);
  };
  const Asked a = world.submit("a");
  const Asked b = world.submit("b");
  CHECK(world.wait(b) == "b");
  CHECK(world.wait(a) == "a");
  CHECK(world.server.connections == 2);
}

TEST_CASE("an idle connection is looked at, asked, or replaced before it is used again") {
  World world;
  world.server.script = World::echo;
  CHECK(world.ask("a") == "a");
  world.server.skip(seconds(31));
  CHECK(world.ask("b") == "b");
  CHECK(world.server.heard[world.server.heard.size() - 2] == "PING libsessions");
  CHECK(world.server.connections == 1);

  world.server.close_all();
  world.server.skip(milliseconds(101));
  CHECK(world.ask("c", true) == "c");
  CHECK(world.server.connections == 2);

  world.server.skip(minutes(61));
  CHECK(world.ask("d", true) == "d");
  CHECK(world.server.connections == 3);
}

TEST_CASE("a connection that is never idle is replaced in time too, without losing what is on its way") {
  World world;
  std::string held;
  world.server.script = [&](const auto& words) {
    if (words.back() != "slow") {
      return World::echo(words);
    }
    held = World::echo(words);
    return std::string();
  };
  CHECK(world.ask("a") == "a");
  world.server.skip(minutes(60) - seconds(1));
  const Asked slow = world.submit("slow", true, minutes(1));
  CHECK(world.wait(slow, milliseconds(10)) == "nothing");
  world.server.skip(seconds(2));
  const Asked next = world.submit("next", true);
  world.server.meanwhile = [&] {
    CHECK(world.server.heard.back() == "ECHO slow");
    world.server.say(held);
  };
  CHECK(world.wait(next) == "next");
  CHECK(world.server.connections == 2);
  CHECK(std::count(world.server.heard.begin(), world.server.heard.end(), "ECHO slow") == 1);
}
