#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <store/redis/command.hpp>
#include <store/redis/multiplexer.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../../../support/catch.hpp"
#include "../../../support/scripted_server.hpp"
#include "../../../support/temporary_directory.hpp"

using namespace sessions;
using namespace sessions::store::redis;
using sessions::testing::ScriptedServer;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using store::Answer;
using store::Completion;

namespace {

using Texts = std::vector<std::string_view>;

// Sends words, and is answered with the text of the reply, which repeats the last word unless it is an error.
class Echo final : public Request {
 public:
  Echo(const Texts& words, Deadline deadline, bool writes, Completion<std::string> done,
       milliseconds confirmation = milliseconds(0))
      : Request(deadline, writes), command_(command(words)), last_(words.back()), done_(std::move(done)) {
    confirm_within(confirmation);
  }

  const std::string& command() const noexcept override { return command_; }

  Next take(const Reply& reply) override {
    if (reply.is_error("AGAIN")) {
      return Next::again;
    }
    if (reply.text() != last_) {
      return Next::foreign;
    }
    if (confirmation().count() > 0) {
      return Next::unconfirmed;
    }
    done_(std::string(reply.text()));
    return Next::done;
  }

  void confirm() noexcept override { done_(last_ + ", confirmed"); }

  void fail(Error error) noexcept override { done_(std::move(error)); }
  store::Awaited* awaited() const noexcept override { return done_.awaited(); }

 private:
  using Request::writes;
  static std::string command(const Texts& words) { return store::redis::command(words); }

  const std::string command_;
  const std::string last_;
  Completion<std::string> done_;
};

using Asked = std::shared_ptr<Answer<std::string>>;

// Will look after the store whenever it is asked to.
struct Counter final : store::Watcher {
  void delivered() noexcept override {}
  bool rouse() noexcept override { return ++rousings > 0; }

  int rousings = 0;
};

struct World {
  World() { options.path = path; }

  Multiplexer& client() {
    if (!multiplexer) {
      multiplexer = std::make_unique<Multiplexer>(options, nullptr, server.environment());
    }
    return *multiplexer;
  }

  Asked submit(const std::string& text, bool writes = false, milliseconds timeout = seconds(2)) {
    auto answer = std::make_shared<Answer<std::string>>();
    const Texts words = {"ECHO", text};
    client().submit(std::make_unique<Echo>(words, server.now() + timeout, writes, Completion<std::string>(answer)),
                    Transport::Lane::shared);
    return answer;
  }

  Asked submit_to_confirm(const std::string& text, milliseconds confirmation, milliseconds timeout = minutes(1)) {
    auto answer = std::make_shared<Answer<std::string>>();
    const Texts words = {"ECHO", text};
    client().submit(
        std::make_unique<Echo>(words, server.now() + timeout, true, Completion<std::string>(answer), confirmation),
        Transport::Lane::confirming);
    return answer;
  }

  // The text, or the number of the status.
  std::string wait(const Asked& asked, milliseconds timeout = seconds(2)) {
    client().wait_for(*asked, server.now() + timeout);
    if (!asked->is_delivered()) {
      return "nothing";
    }
    Result<std::string> reply = asked->take();
    return reply ? *reply : std::to_string(static_cast<int>(reply.error().status)) + " " + reply.error().message;
  }

  std::string ask(const std::string& text, bool writes = false, milliseconds timeout = seconds(2)) {
    return wait(submit(text, writes, timeout), timeout);
  }

  // Answers ECHO, and everything else as usual.
  static std::string echo(const std::vector<std::string>& words) {
    return words.front() == "ECHO" ? ScriptedServer::bulk(words.back()) : ScriptedServer::usual(words);
  }

  testing::TemporaryDirectory directory;
  std::string path = directory.file("s");
  ScriptedServer server{path};
  Options options;
  std::unique_ptr<Multiplexer> multiplexer;
};

bool begins(const std::string& text, Status status) {
  return text.starts_with(std::to_string(static_cast<int>(status)) + " ");
}

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
    world.server.environment().poll({}, world.server.now());
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
  world.server.skip(seconds(2));
  CHECK(world.ask("g") == "g");  // who has tried and left holds up nobody for ever
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

TEST_CASE("a large command goes in as many pieces as the socket takes") {
  World world;
  world.server.script = World::echo;
  const std::string large(4'000'000, 'x');
  CHECK(world.ask(large) == large);
}

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
    REQUIRE(is_wait(world.server.heard.back()));
    const int time = std::stoi(world.server.heard.back().substr(7));
    CHECK(time > 5'000);
    CHECK(time <= 10'000);
  }
}

TEST_CASE("what is done while a replica is asked for others has to be confirmed by itself") {
  World world;
  int waits = 0;
  world.server.script = [&](const auto& words) {
    return words.front() == "WAIT" ? ++waits == 1 ? std::string() : ":0\r\n" : World::echo(words);
  };
  const Asked first = world.submit_to_confirm("a", seconds(1));
  Asked second;
  world.server.meanwhile = [&] {
    second = world.submit_to_confirm("b", seconds(1));
    world.server.say(":1\r\n");
  };
  CHECK(world.wait(first) == "a, confirmed");
  CHECK(begins(world.wait(second), Status::unknown));
  CHECK(waits == 2);
}

TEST_CASE("a server that waits for a replica may be silent for as long") {
  World world;
  world.server.script = [&](const auto& words) { return words.front() == "WAIT" ? std::string() : World::echo(words); };
  const Asked asked = world.submit_to_confirm("a", seconds(8));
  world.server.meanwhile = [&] {
    world.server.skip(seconds(8));
    world.server.meanwhile = [&] { world.server.say(":1\r\n"); };
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

TEST_CASE("what is left when the client goes is answered") {
  World world;
  world.server.script = World::echo;
  const Asked asked = world.submit("a", true);
  world.multiplexer.reset();
  REQUIRE(asked->is_delivered());
  CHECK(asked->take().error().status == Status::unavailable);
}
