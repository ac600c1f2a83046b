#include <memory>
#include <store/redis/scripts.hpp>
#include <string>
#include <vector>

#include "../../../support/catch.hpp"
#include "../../../support/redis_desk.hpp"

using namespace sessions;
using namespace sessions::store;
using namespace sessions::store::redis;
using namespace sessions::testing;
using Next = Request::Next;
using World = testing::DeskWorld;

namespace {

// What a server that is well answers to the next command of opening it.
Next take_step_of_opening(Desk& desk) {
  const std::vector<std::string> words = desk.words();
  if (words.front() != "SCRIPT") {
    return desk.take("*2\r\n$11\r\nlibsessions\r\n*0\r\n");
  }
  const auto scripts = Scripts::make();
  for (const Script* const script : scripts->all()) {
    if (script->text == words.back()) {
      return desk.take("$40\r\n" + script->digest + "\r\n");
    }
  }
  return Next::foreign;
}

}  // namespace

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
  CHECK(world.desk->take("*2\r\n$11\r\nlibsessions\r\n$4\r\n1700\r\n") == Next::foreign);
  CHECK(world.desk->take("-NOSCRIPT\r\n") == Next::again);
  CHECK(world.desk->words() == std::vector<std::string>{"INFO", "memory"});
}

TEST_CASE("a server that forbids what scripts call is found out, and what else fails there may work later") {
  constexpr const char* not_permitted = "ERR The user executing the script can't run this command or subcommand";
  constexpr const char* not_there = "@user_script: 1: Unknown Redis command called from Lua script";
  constexpr const char* full = "OOM command not allowed when used memory > 'maxmemory'.";
  using Failed = std::vector<std::string_view>;
  for (const auto& [failed, names] :
       std::vector<std::pair<Failed, std::string>>{{{"PEXPIRE", not_there}, "PEXPIRE"},
                                                   {{"HSET", full, "HDEL", not_permitted}, "HDEL"},
                                                   {{"DEL", not_permitted, "SCAN", not_there}, "DEL, SCAN"},
                                                   {{"DEL", "ERR ACL failure in script: No permissions"}, "DEL"},
                                                   {{"HSET", full, "RENAME", "ERR no such key"}, ""},
                                                   {{"secret", not_there}, ""},
                                                   {{"DEL"}, ""}}) {
    for (int steps = 4; steps <= 5; ++steps) {
      World world;
      const auto prepared = world.ask<std::string>([&](auto done) { world.store->prepare(call, std::move(done)); });
      for (int i = 0; i < steps; ++i) {
        REQUIRE(take_step_of_opening(*world.desk) == Next::again);
      }
      const Next next = world.desk->take("*2\r\n$11\r\nlibsessions\r\n" + redis::command(failed));
      CHECK(next == (names.empty() ? Next::again : Next::done));
      if (!names.empty()) {
        const auto result = prepared->take();
        REQUIRE_FALSE(result);
        CHECK(result.error().status == Status::unsupported);
        CHECK(result.error().message.find(" forbids " + names + ", ") != std::string::npos);
      }
    }
  }
}
