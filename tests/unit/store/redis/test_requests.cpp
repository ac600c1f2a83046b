// What becomes of replies, whoever they belong to: given by hand, byte for byte.
#include <memory>
#include <store/redis/command.hpp>
#include <store/redis/redis.hpp>
#include <store/redis/script_call.hpp>
#include <string>
#include <vector>

#include "../../../support/catch.hpp"
#include "../../../support/redis_hash.hpp"
#include "../../../support/store.hpp"

using namespace sessions;
using namespace sessions::store;
using namespace sessions::store::redis;
using Next = Request::Next;
using Outcome = Committed::Outcome;

namespace {

constexpr std::int64_t now = 1'700'000'000;
const Key key{'\x01', '\x02'};
const HashKey hash_key("session:", key);
const Call call(now, std::chrono::minutes(5));

// Keeps what is submitted.
class Desk final : public Transport {
 public:
  void submit(std::unique_ptr<Request> request, Lane lane) override {
    request_ = std::move(request);
    lane_ = lane;
  }
  void wait_for(Awaited&, Deadline) override {}

  Request& request() { return *request_; }
  Lane lane() const { return lane_; }

  // What was sent, word for word, command after command: they are arrays of strings like replies.
  std::vector<std::string> words() const {
    ReplyReader reader;
    REQUIRE(reader.feed(request_->command()));
    std::vector<std::string> words;
    for (auto command = reader.next(); command; command = reader.next()) {
      for (std::size_t i = 0; i < command->size(); ++i) {
        words.emplace_back((*command)[i].text());
      }
    }
    return words;
  }

  // What begins the answer of the script that was called.
  std::string token() const { return words().at(3 + std::stoul(words().at(2))); }

  Next take(std::string_view bytes) {
    ReplyReader reader;
    REQUIRE(reader.feed(bytes));
    const auto reply = reader.next();
    REQUIRE(reply);
    return request_->take(*reply);
  }

  // What the script answers that scans; `found` is in RESP.
  Next take_step(const std::string& cursor, const std::string& found) {
    const std::string token = this->token();
    const std::string begin = redis::command(std::vector<std::string_view>{token, cursor}).substr(4);
    return take("*3\r\n" + begin + found);
  }

  Next take_echo(const std::string& token) {
    return take("$" + std::to_string(token.size()) + "\r\n" + token + "\r\n");
  }

  // An array of strings.
  Next take_array(std::vector<std::string_view> words) { return take(redis::command(words)); }

 private:
  std::unique_ptr<Request> request_;
  Lane lane_ = Lane::shared;
};

struct World {
  explicit World(StoreOptions options = {}) : store(*Redis::make(desk, std::move(options))) {}

  template <class T, class Start>
  std::shared_ptr<Answer<T>> ask(Start start) {
    auto answer = std::make_shared<Answer<T>>();
    start(Completion<T>(answer));
    return answer;
  }

  auto load() {
    return ask<std::optional<Record>>([&](auto done) { store->load(key, call, std::move(done)); });
  }
  auto commit() {
    return ask<Committed>([&](auto done) {
      const std::vector<Change> changes = {{Change::Kind::set, "k", "1"}};
      Commit commit;
      commit.generation = 255;
      commit.version = 12;
      commit.expires = now + 1'000;
      commit.changes = changes;
      store->commit(key, commit, call, std::move(done));
    });
  }
  auto destroy() {
    return ask<Destroyed>([&](auto done) { store->destroy(key, now + 60, call, std::move(done)); });
  }

  std::shared_ptr<Desk> desk = std::make_shared<Desk>();
  std::shared_ptr<Redis> store;
};

const std::string head = testing::golden_head();
const std::string head_of_other = testing::golden_head("AQMAAAAA");

template <class T>
Status status_of(const std::shared_ptr<Answer<T>>& answer) {
  REQUIRE(answer->is_delivered());
  const Result<T> reply = answer->take();
  return reply ? Status::ok : reply.error().status;
}

// What a server that is well answers to the next command of opening it.
Next take_step_of_opening(Desk& desk) {
  const std::vector<std::string> words = desk.words();
  if (words.front() != "SCRIPT") {
    return desk.take_array({words.back(), "1700000000"});
  }
  const auto scripts = Scripts::make();
  for (const Script* const script : scripts->all()) {
    if (script->text == words.back()) {
      return desk.take("$40\r\n" + script->digest + "\r\n");
    }
  }
  return Next::foreign;
}

StoreOptions confirming() { return {"session:", std::chrono::milliseconds(100)}; }

}  // namespace

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

TEST_CASE("the hash of another key is what is under the key only when an echo follows") {
  World world;
  const auto loaded = world.load();
  CHECK(world.desk->take_array({"@", head_of_other, ".k", "0:1"}) == Next::again);
  const std::string echo = world.desk->words().at(3);
  CHECK(world.desk->take_array({"@", head_of_other, ".k", "0:1"}) == Next::more);
  CHECK(world.desk->take_array({"@", head, ".k", "0:1"}) == Next::foreign);  // the one before was somebody else's
  CHECK_FALSE(loaded->is_delivered());
  world.desk->request().lose_reply();
  CHECK(world.desk->take_array({"@", head_of_other, ".k", "0:1"}) == Next::more);
  CHECK(world.desk->take_echo(echo) == Next::done);
  CHECK(status_of(loaded) == Status::corrupt);
}

TEST_CASE("that there is no session is only believed when an echo follows") {
  World world;
  const auto loaded = world.load();
  CHECK(world.desk->take("*0\r\n") == Next::again);
  const std::vector<std::string> words = world.desk->words();
  REQUIRE(words.size() == 4);
  CHECK(words[2] == "PING");
  CHECK(world.desk->take("*0\r\n") == Next::more);
  CHECK(world.desk->take("$4\r\nPONG\r\n") == Next::foreign);
  CHECK(world.desk->take("*0\r\n") == Next::foreign);
  world.desk->request().lose_reply();
  CHECK(world.desk->take("*0\r\n") == Next::more);
  CHECK_FALSE(loaded->is_delivered());
  CHECK(world.desk->take(redis::command(std::vector<std::string_view>{words[3]}).substr(4)) == Next::done);
  CHECK(testing::text(*loaded->take()) == "gone");
}

TEST_CASE("a session that appears at the second look is one") {
  World world;
  const auto loaded = world.load();
  CHECK(world.desk->take("*0\r\n") == Next::again);
  const std::string echo = world.desk->words().at(3);
  CHECK(world.desk->take_array({"@", head, ".k", "0:1"}) == Next::more);
  CHECK(world.desk->take("$" + std::to_string(echo.size()) + "\r\n" + echo + "\r\n") == Next::done);
  CHECK(testing::text(*loaded->take()) == "k=1");
}

TEST_CASE("an error is an answer to a load, with an echo behind it too") {
  World world;
  auto loaded = world.load();
  CHECK(world.desk->take("-LOADING Redis is loading\r\n") == Next::done);
  CHECK(status_of(loaded) == Status::unavailable);
  loaded = world.load();
  CHECK(world.desk->take("*0\r\n") == Next::again);
  CHECK(world.desk->take("-NOPERM\r\n") == Next::more);
  CHECK(world.desk->take("-NOPERM\r\n") == Next::done);
  CHECK(status_of(loaded) == Status::unavailable);
}

TEST_CASE("a commit takes the answer with its token, and the head of its key") {
  World world;
  const auto committed = world.commit();
  CHECK(world.desk->words().at(0) == "EVALSHA");
  const std::string token = world.desk->token();
  CHECK(world.desk->take_array({"another", "applied", head}) == Next::foreign);
  CHECK(world.desk->take_array({"applied"}) == Next::foreign);
  CHECK(world.desk->take("*0\r\n") == Next::foreign);
  CHECK(world.desk->take(":1\r\n") == Next::foreign);
  CHECK(world.desk->take("+OK\r\n") == Next::foreign);
  CHECK(world.desk->take_array({token, "applied", head_of_other}) == Next::foreign);
  CHECK_FALSE(committed->is_delivered());
  CHECK(world.desk->take_array({token, "applied", head}) == Next::done);
  const Result<Committed> taken = committed->take();
  REQUIRE(taken);
  CHECK(taken->outcome == Outcome::applied);
  CHECK(taken->head->version == 12);
  CHECK_FALSE(taken->record);
}

TEST_CASE("no two requests have the same token") {
  World world;
  static_cast<void>(world.commit());
  const std::string first = world.desk->token();
  static_cast<void>(world.commit());
  CHECK(world.desk->token() != first);
  World another;
  static_cast<void>(another.commit());
  CHECK(another.desk->token() != first);
}

TEST_CASE("a server that does not know a script is given its text, with the same arguments") {
  World world;
  const auto committed = world.commit();
  std::vector<std::string> words = world.desk->words();
  CHECK(world.desk->take("-NOSCRIPT No matching script. Please use EVAL.\r\n") == Next::again);
  const std::vector<std::string> with_text = world.desk->words();
  CHECK(with_text.at(0) == "EVAL");
  CHECK(with_text.at(1).find("redis.call") != std::string::npos);
  words[0] = with_text[0];
  words[1] = with_text[1];
  CHECK(with_text == words);
  CHECK(world.desk->take("-NOSCRIPT Not even its text.\r\n") == Next::again);
  CHECK(world.desk->words() == with_text);
  CHECK(world.desk->take_array({world.desk->token(), "gone"}) == Next::done);
  CHECK(committed->take()->outcome == Outcome::gone);
}

TEST_CASE("what a server refuses was not done, unless it may have done it before") {
  for (const auto& [reply, status] : std::vector<std::pair<std::string, Status>>{
           {"-OOM command not allowed\r\n", Status::full}, {"-READONLY replica\r\n", Status::read_only}}) {
    World world;
    for (const bool is_lost : {false, true}) {
      const auto committed = world.commit();
      if (is_lost) {
        world.desk->request().lose_reply();
      }
      const std::string token = world.desk->token();
      CHECK(world.desk->take(reply) == Next::again);
      CHECK(world.desk->take(reply) == Next::more);
      CHECK(world.desk->take_echo(token) == Next::done);
      CHECK(status_of(committed) == (is_lost ? Status::unknown : status));
    }
  }
}

TEST_CASE("an error is only believed when the call is made again and an echo follows") {
  World world;
  const auto committed = world.commit();
  const std::vector<std::string> words = world.desk->words();
  const std::string token = world.desk->token();
  CHECK_FALSE(world.desk->request().may_be_done());
  CHECK(world.desk->take("-OOM of somebody else\r\n") == Next::again);
  CHECK(world.desk->request().may_be_done());
  std::vector<std::string> with_echo = words;
  with_echo.insert(with_echo.end(), {"PING", token});
  CHECK(world.desk->words() == with_echo);
  CHECK(world.desk->take("-OOM of somebody else\r\n") == Next::more);
  CHECK(world.desk->take_array({token, "applied", head}) == Next::foreign);
  CHECK(world.desk->take_echo("another") == Next::foreign);
  world.desk->request().lose_reply();
  CHECK(world.desk->take_array({token, "applied", head}) == Next::more);
  CHECK_FALSE(committed->is_delivered());
  CHECK(world.desk->take_echo(token) == Next::done);
  CHECK(committed->take()->outcome == Outcome::applied);
}

TEST_CASE("who refuses everything refuses the echo too") {
  World world;
  const auto committed = world.commit();
  CHECK(world.desk->take("-BUSY Redis is busy running a script\r\n") == Next::again);
  CHECK(world.desk->take("-BUSY Redis is busy running a script\r\n") == Next::more);
  CHECK(world.desk->take("-BUSY Redis is busy running a script\r\n") == Next::done);
  CHECK(status_of(committed) == Status::busy);
}

TEST_CASE("what was sent is not sent again when the server may have forgotten it") {
  World world;
  const auto before = std::chrono::steady_clock::now();
  static_cast<void>(world.commit());
  CHECK(world.desk->request().deadline() == call.deadline());
  world.desk->request().lose_reply();
  CHECK(world.desk->request().deadline() >= before + longest_retrying);
  CHECK(world.desk->request().deadline() <= std::chrono::steady_clock::now() + longest_retrying);
}

TEST_CASE("the refusals of the script are the statuses that merge() gives") {
  for (const auto& [word, status] : std::vector<std::pair<std::string, Status>>{{"type", Status::type},
                                                                                {"range", Status::range},
                                                                                {"limit", Status::limit},
                                                                                {"busy", Status::busy},
                                                                                {"coded", Status::corrupt},
                                                                                {"taken", Status::internal}}) {
    World world;
    const auto committed = world.commit();
    CHECK(world.desk->take_array({world.desk->token(), word}) == Next::done);
    CHECK(status_of(committed) == status);
  }
  for (const char* word : {"nonsense", "applied", "merged", ""}) {
    World world;
    const auto committed = world.commit();
    CHECK(world.desk->take_array({world.desk->token(), word}) == Next::foreign);
  }
  for (const auto& [text, status] :
       std::vector<std::pair<std::string, Status>>{{"2 x", Status::newer}, {"rubbish", Status::corrupt}}) {
    World world;
    const auto committed = world.commit();
    CHECK(world.desk->take_array({world.desk->token(), "corrupt", text}) == Next::done);
    CHECK(status_of(committed) == status);
    const auto destroyed = world.destroy();
    CHECK(world.desk->take_array({world.desk->token(), "corrupt", text}) == Next::done);
    CHECK(status_of(destroyed) == status);
  }
}

TEST_CASE("destroy waits for a replica when it is told to, and says what came of it") {
  for (const bool degraded : {false, true}) {
    World world(confirming());
    const auto destroyed = world.destroy();
    CHECK(world.desk->lane() == Transport::Lane::confirming);
    CHECK(world.desk->request().confirmation() == std::chrono::milliseconds(100));
    CHECK(world.desk->take(":1\r\n") == Next::foreign);
    CHECK(world.desk->take_array({world.desk->token(), "ended"}) == Next::unconfirmed);
    CHECK_FALSE(destroyed->is_delivered());
    degraded ? world.desk->request().fail({Status::unknown, {}}) : world.desk->request().confirm();
    const Result<Destroyed> taken = destroyed->take();
    REQUIRE(taken);
    CHECK(taken->was_there);
    CHECK(taken->degraded == degraded);
  }
}

TEST_CASE("no replica has to confirm what was not done") {
  World world(confirming());
  const auto destroyed = world.destroy();
  const std::string token = world.desk->token();
  CHECK(world.desk->take("-NOSCRIPT No matching script\r\n") == Next::again);
  CHECK(world.desk->words().at(0) == "EVAL");
  CHECK(world.desk->take("-OOM\r\n") == Next::again);
  CHECK(world.desk->words().back() == token);
  CHECK(world.desk->take("-OOM\r\n") == Next::more);
  CHECK(world.desk->take_echo(token) == Next::done);
  CHECK(status_of(destroyed) == Status::full);
}

TEST_CASE("a ping takes its own echo alone") {
  World world;
  auto pong = world.ask<std::monostate>([&](auto done) { world.store->ping(call, std::move(done)); });
  const std::string echo = world.desk->words().at(1);
  CHECK(world.desk->take("+PONG\r\n") == Next::foreign);
  CHECK(world.desk->take("+" + echo + "\r\n") == Next::foreign);
  CHECK(world.desk->take("$" + std::to_string(echo.size()) + "\r\n" + echo + "\r\n") == Next::done);
  CHECK(status_of(pong) == Status::ok);
  pong = world.ask<std::monostate>([&](auto done) { world.store->ping(call, std::move(done)); });
  CHECK(world.desk->take("-NOAUTH\r\n") == Next::done);
  CHECK(status_of(pong) == Status::unavailable);
}

TEST_CASE("a sweep goes on from cursor to cursor until enough was dropped, and tells what was") {
  World world;
  const auto sweep = [&](std::int64_t most) {
    return world.ask<std::int64_t>([&](auto done) { world.store->sweep(most, call, std::move(done)); });
  };
  const auto step = [&](const std::string& cursor, int dropped) {
    return world.desk->take_step(cursor, ":" + std::to_string(dropped) + "\r\n");
  };
  auto dropped = sweep(10);
  CHECK(step("x", 1) == Next::foreign);
  CHECK(step("", 1) == Next::foreign);
  CHECK(step("7", -1) == Next::foreign);
  CHECK(world.desk->take_step("7", "*0\r\n") == Next::foreign);
  CHECK(step("7", 4) == Next::again);
  CHECK(world.desk->words().at(4) == "7");
  CHECK(world.desk->words().back() == "6");
  CHECK(step("0", 2) == Next::done);
  CHECK(*dropped->take() == 6);
  dropped = sweep(10);
  CHECK(step("7", 10) == Next::done);
  CHECK(*dropped->take() == 10);
  dropped = sweep(10);
  CHECK(step("7", 3) == Next::again);
  world.desk->request().fail({Status::timeout, {}});
  CHECK(*dropped->take() == 3);
  dropped = sweep(10);
  world.desk->request().fail({Status::timeout, {}});
  CHECK(status_of(dropped) == Status::timeout);
}

TEST_CASE("a session is counted once, however often the server names it") {
  World world;
  const auto counted = world.ask<Statistics>([&](auto done) { world.store->statistics(call, std::move(done)); });
  CHECK(world.desk->take_step("7", ":1\r\n") == Next::foreign);
  CHECK(world.desk->take_step("7", "*2\r\n$1\r\na\r\n:1\r\n") == Next::foreign);
  CHECK(world.desk->take_step("7", "*6\r\n$1\r\na\r\n:1\r\n:100\r\n$1\r\nb\r\n:0\r\n:20\r\n") == Next::again);
  CHECK(world.desk->words().at(4) == "7");
  CHECK(world.desk->take_step("3", "*6\r\n$1\r\nb\r\n:0\r\n:20\r\n$1\r\na\r\n:1\r\n:100\r\n") == Next::again);
  CHECK(world.desk->take_step("0", "*3\r\n$1\r\nc\r\n:1\r\n:3\r\n") == Next::done);
  const auto statistics = counted->take();
  REQUIRE(statistics);
  CHECK(statistics->sessions == 2);
  CHECK(statistics->bytes == 123);
}

TEST_CASE("a server that takes no scripts is found out") {
  for (const auto& [reply, status] :
       std::vector<std::pair<std::string, Status>>{{"-NOPERM this user has no permissions\r\n", Status::unsupported},
                                                   {"-ERR unknown command 'SCRIPT'\r\n", Status::unsupported},
                                                   {"-LOADING Redis is loading\r\n", Status::unavailable}}) {
    for (int steps = 0; steps <= 5; ++steps) {
      World world;
      const auto prepared = world.ask<std::string>([&](auto done) { world.store->prepare(call, std::move(done)); });
      for (int i = 0; i < steps; ++i) {
        REQUIRE(take_step_of_opening(*world.desk) == Next::again);
      }
      CHECK(world.desk->words().at(0) == (steps < 4 ? "SCRIPT" : steps == 4 ? "EVAL" : "EVALSHA"));
      CHECK(world.desk->take(reply) == Next::done);
      CHECK(status_of(prepared) == status);
    }
  }
}

TEST_CASE("a server that has dropped a script again may run it all the same") {
  World world;
  const auto prepared = world.ask<std::string>([&](auto done) { world.store->prepare(call, std::move(done)); });
  for (int i = 0; i < 5; ++i) {
    REQUIRE(take_step_of_opening(*world.desk) == Next::again);
  }
  CHECK(world.desk->take("+OK\r\n") == Next::foreign);
  CHECK(world.desk->take("-NOSCRIPT\r\n") == Next::again);
  CHECK(world.desk->words() == std::vector<std::string>{"INFO", "memory"});
}
