#include <array>
#include <memory>
#include <store/redis/script_call.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "../../../support/catch.hpp"
#include "../../../support/redis_desk.hpp"

using namespace sessions;
using namespace sessions::store;
using namespace sessions::store::redis;
using namespace sessions::testing;
using Next = Request::Next;
using Outcome = Committed::Outcome;
using World = testing::DeskWorld;

TEST_CASE("a call names the script, its keys and arguments, and takes its text when it has to") {
  const std::string digest(40, 'd');
  const Script script{"return 1", digest};
  const std::array<std::string_view, 1> keys = {"key"};
  const std::array<std::string_view, 2> arguments = {"token", "$7\r\nEVALSHA\r\n"};
  const std::string plain = format_call(script, keys, arguments);
  const std::string last = "$1\r\n1\r\n$3\r\nkey\r\n$5\r\ntoken\r\n$13\r\n$7\r\nEVALSHA\r\n\r\n";
  CHECK(plain == "*6\r\n$7\r\nEVALSHA\r\n$40\r\n" + digest + "\r\n" + last);
  const std::string with = with_text(script, plain);
  CHECK(with == "*6\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n" + last);
  CHECK(with_text(script, with) == with);
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
