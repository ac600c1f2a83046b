#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <set>
#include <span>
#include <store/redis/multiplexer.hpp>
#include <string>
#include <string_view>
#include <thread>
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

// Does something when the answer is there.
struct Then final : store::Watcher {
  explicit Then(std::function<void()> act) : act_(std::move(act)) {}
  void delivered() noexcept override { act_(); }
  bool rouse() noexcept override { return false; }

  std::function<void()> act_;
};

}  // namespace

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

TEST_CASE("who brings a request never waits for whoever has the lock, and it is sent all the same") {
  World world;
  world.server.script = World::echo;
  Environment environment = world.server.environment();
  bool has_polled = false;
  Asked brought;
  environment.poll = [&, poll = environment.poll](std::span<pollfd> descriptors, Deadline now, Deadline until,
                                                  bool is_alone) {
    poll(descriptors, now, until, is_alone);
    has_polled = true;
  };
  environment.now = [&, now = environment.now] {
    if (std::exchange(has_polled, false) && !brought) {  // then whoever drives has the lock
      std::thread([&] { brought = world.submit("brought"); }).join();
    }
    return now();
  };
  world.multiplexer = std::make_unique<Multiplexer>(world.options, nullptr, environment);
  CHECK(world.ask("first") == "first");
  REQUIRE(brought);
  CHECK(world.wait(brought) == "brought");
}

TEST_CASE("who drives is told when another has refused what he had brought") {
  World world;
  world.options.path += ".none";
  Environment environment = world.server.environment();
  std::atomic<bool> is_bringing = false;
  std::promise<void> polls;
  int told = -1;
  environment.poll = [&, poll = environment.poll](std::span<pollfd> descriptors, Deadline now, Deadline until,
                                                  bool is_alone) {
    if (!is_bringing) {
      poll(descriptors, now, until, is_alone);
      return;
    }
    polls.set_value();
    told = ::poll(descriptors.data(), descriptors.size(), 60'000);
  };
  Asked brought;
  environment.now = [&, now = environment.now] {
    if (is_bringing && !brought) {  // whoever reads the inbox has the lock, and has read it
      std::thread([&] { brought = world.submit("brought", false, minutes(1)); }).join();
    }
    return now();
  };
  world.multiplexer = std::make_unique<Multiplexer>(world.options, nullptr, environment);
  CHECK(begins(world.ask("first"), Status::unavailable));  // from here on it refuses
  std::string answer;
  std::thread driver;
  Asked first = std::make_shared<store::Answer<std::string>>();
  first->watch(std::make_shared<Then>([&] {
    driver = std::thread([&] { answer = world.wait(brought, minutes(1)); });
    polls.get_future().wait();
  }));
  is_bringing = true;
  const std::vector<std::string_view> words = {"ECHO", "first"};
  world.client().submit(std::make_unique<testing::Echo>(words, world.server.now() + minutes(1), false, first),
                        Transport::Lane::shared);
  driver.join();
  CHECK(told == 1);
  CHECK(begins(answer, Status::unavailable));
}

TEST_CASE("what callers ask next is sent before the last of a burst is answered") {
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

TEST_CASE("a write that waits for the server to come back goes on trying") {
  World world;
  bool stops = true;
  int polls = 0;
  world.server.script = [&](const auto& words) {
    if (words.front() == "ECHO" && std::exchange(stops, false)) {
      world.server.stop();
      polls = 0;
      return std::string();
    }
    return World::echo(words);
  };
  Environment environment = world.server.environment();
  environment.poll = [&, poll = environment.poll](auto descriptors, Deadline now, Deadline until, bool alone) {
    constexpr int refusals = 4;
    if (++polls == refusals && !stops) {
      world.server.start();
    }
    poll(descriptors, now, until, alone);
  };
  world.multiplexer = std::make_unique<Multiplexer>(world.options, nullptr, environment);
  const Deadline before = world.server.now();
  CHECK(world.ask("a", true, minutes(1)) == "a");
  CHECK(world.server.now() - before < seconds(5));
}

TEST_CASE("a write goes on trying with a server that at first does not answer as Redis does") {
  World world;
  int broken = 3;
  world.server.script = [&](const auto& words) {
    return words.front() == "ECHO" && broken-- > 0 ? std::string("nonsense\r\n") : World::echo(words);
  };
  const Deadline before = world.server.now();
  CHECK(world.ask("a", true, minutes(1)) == "a");
  CHECK(world.server.connections == 4);
  CHECK(world.server.now() - before < seconds(5));
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

TEST_CASE("a server that never answers as it should is tried in ever larger pauses") {
  World world;
  world.server.script = [&](const auto& words) {
    return words.front() == "ECHO" ? ScriptedServer::bulk("x") : World::echo(words);
  };
  CHECK(begins(world.ask("a", true, seconds(60)), Status::unknown));
  CHECK(world.server.connections > 10);
  CHECK(world.server.connections < 120);
}

TEST_CASE("processes that lost the server at the same time come back at different ones") {
  const testing::TemporaryDirectory directory;
  Options options;
  options.path = directory.file("nobody");
  // How long nobody tries to connect after a failure at a moment, in milliseconds.
  const auto pause = [&](Deadline failed) {
    Deadline now = failed;
    Environment environment;
    environment.now = [&] { return now; };
    environment.poll = [](std::span<pollfd>, Deadline, Deadline, bool) {};
    Multiplexer multiplexer(options, nullptr, environment);
    const auto submit = [&] {
      auto answer = std::make_shared<store::Answer<std::string>>();
      const std::vector<std::string_view> words = {"ECHO", "a"};
      multiplexer.submit(std::make_unique<testing::Echo>(words, now + minutes(1), false, answer),
                         Transport::Lane::shared);
      return answer;
    };
    const Asked first = submit();
    multiplexer.wait_for(*first, now + minutes(1));
    CHECK(first->is_delivered());
    while (submit()->is_delivered() && now - failed < seconds(1)) {
      now += milliseconds(1);
    }
    return (now - failed) / milliseconds(1);
  };
  std::set<std::int64_t> pauses;
  for (int i = 0; i < 50; ++i) {
    pauses.insert(pause(Deadline(minutes(1)) + std::chrono::microseconds(7'013 * i)));
  }
  CHECK(pauses.size() > 10);
  CHECK(*pauses.begin() >= 25);
  CHECK(*pauses.rbegin() <= 50);
}

TEST_CASE("a server that stops answering is not taken for a port of another kind") {
  World world;
  world.server.script = [](const auto&) { return std::string(); };
  CHECK(world.ask("a").find("port") != std::string::npos);
  world.server.script = World::echo;
  world.server.skip(seconds(10));
  CHECK(world.ask("b") == "b");
  world.server.script = [](const auto&) { return std::string(); };
  world.server.close_all();
  const std::string answer = world.ask("c");
  CHECK(begins(answer, Status::unavailable));
  CHECK(answer.find("port") == std::string::npos);
  CHECK(answer.find("stopped") != std::string::npos);
}

TEST_CASE("a process that may open no descriptor looks for calls itself") {
  World world;
  Environment environment = world.server.environment();
  Deadline::duration longest{0};
  environment.poll = [&longest, poll = environment.poll](auto descriptors, Deadline now, Deadline until, bool alone) {
    longest = std::max(longest, until - now);
    poll(descriptors, now, until, alone);
  };
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlimit none{0, limit.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  world.multiplexer = std::make_unique<Multiplexer>(world.options, nullptr, environment);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  world.server.script = [](const auto& words) {
    return words.front() == "ECHO" ? std::string() : ScriptedServer::usual(words);
  };
  CHECK(world.ask("a") == "nothing");
  CHECK(longest <= milliseconds(10));
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
