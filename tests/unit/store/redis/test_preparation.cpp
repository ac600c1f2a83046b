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
  CHECK(world.desk->take("-NOSCRIPT\r\n") == Next::again);
  CHECK(world.desk->words() == std::vector<std::string>{"INFO", "memory"});
}
