#include <algorithm>
#include <functional>
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

namespace {

// Will look after the store whenever it is asked to.
struct Counter final : store::Watcher {
  void delivered() noexcept override {}
  bool rouse() noexcept override { return ++rousings > 0; }

  int rousings = 0;
};

}  // namespace

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
  CHECK(answer.find("password") != std::string::npos);
  CHECK(answer.find("secret") == std::string::npos);

  world.server.skip(minutes(1));
  refusal = "+OK\r\n";
  answer = world.ask("a");
  CHECK(begins(answer, Status::unavailable));

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

TEST_CASE("a name that cannot be resolved, or not in time, is said to be what is wrong") {
  World world;
  world.options.path.clear();
  world.options.host = "sessions.invalid";
  const std::string answer = world.ask("a");
  CHECK(begins(answer, Status::unavailable));
  CHECK(answer.find("host name") != std::string::npos);
  CHECK(answer.find("resolved") != std::string::npos);
}

TEST_CASE("calls are pipelined, and each has its own reply") {
  World world;
  world.server.script = World::echo;
  CHECK(world.ask("first") == "first");
  std::vector<Asked> asked;
  for (int i = 0; i < 100; ++i) {
    asked.push_back(world.submit(std::to_string(i)));
  }
  for (int i = 99; i >= 0; --i) {
    CHECK(world.wait(asked[static_cast<std::size_t>(i)]) == std::to_string(i));
  }
  CHECK(world.server.connections == 1);
}

TEST_CASE("what callers ask next is sent before the last of a burst is answered") {
  struct Then final : store::Watcher {
    explicit Then(std::function<void()> act) : act_(std::move(act)) {}
    void delivered() noexcept override { act_(); }
    bool rouse() noexcept override { return false; }
    std::function<void()> act_;
  };
  World world;
  world.server.script = World::echo;
  CHECK(world.ask("first") == "first");
  std::vector<Asked> asked;
  for (int i = 0; i < 20; ++i) {
    asked.push_back(world.submit(std::to_string(i)));
  }
  Asked next;
  std::string heard;
  asked[0]->watch(std::make_shared<Then>([&] { next = world.submit("next"); }));
  asked[18]->watch(std::make_shared<Then>([&] {
    world.server.environment().poll({}, world.server.now(), world.server.now(), true);
    heard = world.server.heard.back();
  }));
  CHECK(world.wait(asked[19]) == "19");
  CHECK(heard == "ECHO next");
  CHECK(world.wait(next) == "next");
}

TEST_CASE("who drives and runs out of time leaves it to another, not to itself") {
  World world;
  world.server.script = World::echo;
  CHECK(world.ask("first") == "first");
  world.server.script = [](const auto&) { return std::string(); };
  const auto watcher = std::make_shared<Counter>();
  const Asked watched = world.submit("a");
  REQUIRE(watched->watch(watcher));
  CHECK(world.ask("b", false, milliseconds(10)) == "nothing");
  CHECK(watcher->rousings > 0);
}

TEST_CASE("who is left the driving and has no time for it leaves it to another") {
  World world;
  world.server.script = World::echo;
  CHECK(world.ask("first") == "first");
  world.server.script = [](const auto& words) { return words.back() == "a" ? World::echo(words) : std::string(); };
  const Asked driving = world.submit("a");
  const auto watcher = std::make_shared<Counter>();
  const Asked watched = world.submit("b");
  REQUIRE(watched->watch(watcher));
  const Asked late = world.submit("c");
  CHECK(world.wait(driving) == "a");
  CHECK(watcher->rousings == 0);
  CHECK(world.wait(late, milliseconds(0)) == "nothing");
  CHECK(watcher->rousings == 1);
}

TEST_CASE("the reply to a caller that has given up reaches nobody") {
  World world;
  world.server.script = World::echo;
  CHECK(world.ask("first") == "first");
  std::string held;
  world.server.script = [&](const auto& words) {
    held += World::echo(words);
    return std::string();
  };
  CHECK(world.ask("a", true, milliseconds(10)) == "nothing");
  const Asked later = world.submit("b");
  world.server.meanwhile = [&] { world.server.say(held); };
  CHECK(world.wait(later) == "b");
  CHECK(world.server.connections == 1);
}

TEST_CASE("what was not sent when the time is over was surely not done") {
  World world;
  world.server.script = [](const auto&) { return std::string(); };  // greets nobody
  const std::string answer = world.ask("a", true, milliseconds(10));
  CHECK(begins(answer, Status::timeout));
  for (const std::string& line : world.server.heard) {
    CHECK(line.find("ECHO") == std::string::npos);
  }
}

TEST_CASE("what was on its way when a connection broke is sent again") {
  World world;
  bool closes = true;
  world.server.script = [&](const auto& words) {
    if (words.front() == "ECHO" && std::exchange(closes, false)) {
      return std::string("$1\r\n") + ScriptedServer::closing;
    }
    return World::echo(words);
  };
  CHECK(world.ask("a", true) == "a");
  CHECK(world.server.connections == 2);
}

TEST_CASE("a write whose reply is lost is unknown, a read is not") {
  World world;
  world.server.script = [&](const auto& words) {
    if (words.front() == "ECHO") {
      world.server.stop();
      return std::string();
    }
    return World::echo(words);
  };
  const Asked write = world.submit("a", true);
  const Asked read = world.submit("b");
  CHECK(begins(world.wait(write), Status::unknown));
  CHECK(begins(world.wait(read), Status::unavailable));
}

TEST_CASE("a write that waits for the server to come back gets its reply") {
  World world;
  bool stops = true;
  world.server.script = [&](const auto& words) {
    if (words.front() == "ECHO" && std::exchange(stops, false)) {
      world.server.stop();
      world.server.meanwhile = [&world] { world.server.start(); };
      return std::string();
    }
    return World::echo(words);
  };
  CHECK(world.ask("a", true) == "a");
}

TEST_CASE("while no connection can be made, calls fail at once; then one tries") {
  World world;
  world.server.script = World::echo;
  world.server.stop();
  const std::string first = world.ask("a");
  CHECK(begins(first, Status::unavailable));
  const Deadline before = world.server.now();
  CHECK(world.ask("b") == first);
  CHECK(world.server.now() - before < milliseconds(5'000));
  world.server.start();
  world.server.skip(milliseconds(49'000));
  CHECK(world.ask("c") == "c");
  CHECK(world.server.connections == 1);
  CHECK(world.server.heard.back() == "ECHO c");
}

TEST_CASE("while one call tries whether a connection can be made again, the others fail at once") {
  World world;
  world.server.stop();
  const std::string reason = world.ask("a");
  world.server.start();
  world.server.skip(milliseconds(60));
  const Asked trying = world.submit("b");
  const Asked other = world.submit("c");
  CHECK_FALSE(trying->is_delivered());
  REQUIRE(other->is_delivered());
  CHECK(world.wait(other) == reason);
  world.server.script = World::echo;
  CHECK(world.wait(trying) == "b");
  CHECK(world.ask("d") == "d");

  world.server.stop();
  CHECK(begins(world.ask("e"), Status::unavailable));
  world.server.start();
  world.server.skip(milliseconds(60));
  CHECK(begins(world.wait(world.submit("f"), milliseconds(0)), Status::timeout));
  CHECK(world.ask("g") == "g");  // goes on with what was tried
}

TEST_CASE("who was answered by a server that is back can ask for more at once, over another connection too") {
  struct Then final : store::Watcher {
    explicit Then(std::function<void()> act) : act_(std::move(act)) {}
    void delivered() noexcept override { act_(); }
    bool rouse() noexcept override { return false; }
    std::function<void()> act_;
  };
  World world;
  world.options.connections = 2;
  world.server.stop();
  CHECK(begins(world.ask("a"), Status::unavailable));
  world.server.start();
  world.server.skip(milliseconds(60));
  world.server.script = World::echo;
  const Asked trying = world.submit("b");
  Asked next;
  trying->watch(std::make_shared<Then>([&] { next = world.submit("c"); }));
  const Asked nobody = std::make_shared<store::Answer<std::string>>();
  world.client().wait_for(*nobody, world.server.now() + seconds(1));
  REQUIRE(trying->is_delivered());
  CHECK(world.wait(next) == "c");
  CHECK(world.server.connections == 2);
}

TEST_CASE("while no other connection can be made, calls share those that there are") {
  World world;
  world.server.script = World::echo;
  world.options.connections = 2;
  CHECK(world.ask("first") == "first");
  std::string held;
  world.server.script = [&](const auto& words) {
    held += World::echo(words);
    return std::string();
  };
  const Asked busy = world.submit("busy");
  world.server.refuse();
  CHECK(begins(world.ask("another"), Status::unavailable));
  const Asked shared = world.submit("shared");
  world.server.meanwhile = [&] { world.server.say(held); };
  CHECK(world.wait(shared) == "shared");
  CHECK(world.wait(busy) == "busy");
  CHECK(world.server.connections == 1);
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

TEST_CASE("a server that never answers as it should is tried in ever larger pauses") {
  World world;
  world.server.script = [&](const auto& words) {
    return words.front() == "ECHO" ? ScriptedServer::bulk("x") : World::echo(words);
  };
  CHECK(begins(world.ask("a", true, seconds(60)), Status::unknown));
  CHECK(world.server.connections > 10);
  CHECK(world.server.connections < 120);
}

TEST_CASE("a request may ask again") {
  World world;
  int agains = 2;
  world.server.script = [&](const auto& words) {
    return words.front() == "ECHO" && agains-- > 0 ? "-AGAIN\r\n" : World::echo(words);
  };
  CHECK(world.ask("a", true) == "a");
  CHECK(world.server.connections == 1);
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

TEST_CASE("calls are spread over the connections that there may be") {
  World world;
  world.server.script = World::echo;
  world.options.connections = 3;
  std::vector<Asked> asked;
  for (int i = 0; i < 9; ++i) {
    asked.push_back(world.submit(std::to_string(i)));
  }
  for (int i = 0; i < 9; ++i) {
    CHECK(world.wait(asked[static_cast<std::size_t>(i)]) == std::to_string(i));
  }
  CHECK(world.server.connections == 3);
}

TEST_CASE("no more than four connections are made at a time") {
  World world;
  world.options.connections = 16;
  world.server.script = [](const auto& words) { return words.front() == "PING" ? "" : World::echo(words); };
  int connecting = 0;
  world.server.meanwhile = [&] { connecting = world.server.connections; };
  std::vector<Asked> asked;
  for (int i = 0; i < 16; ++i) {
    asked.push_back(world.submit(std::to_string(i)));
  }
  CHECK(begins(world.wait(asked.front()), Status::unavailable));
  CHECK(connecting == 4);

  World well;
  well.options.connections = 16;
  well.server.script = World::echo;
  for (int i = 0; i < 16; ++i) {
    asked[static_cast<std::size_t>(i)] = well.submit(std::to_string(i));
  }
  for (int i = 0; i < 16; ++i) {
    CHECK(well.wait(asked[static_cast<std::size_t>(i)]) == std::to_string(i));
  }
  CHECK(well.server.connections == 16);
}

TEST_CASE("a large command goes in as many pieces as the socket takes") {
  World world;
  world.server.script = World::echo;
  const std::string large(4'000'000, 'x');
  CHECK(world.ask(large) == large);
}

TEST_CASE("what is left when the client goes is answered") {
  World world;
  world.server.script = World::echo;
  const Asked asked = world.submit("a", true);
  world.multiplexer.reset();
  REQUIRE(asked->is_delivered());
  CHECK(asked->take().error().status == Status::unavailable);
}
