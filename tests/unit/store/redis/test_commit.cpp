#include <memory>
#include <string>
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

TEST_CASE("a commit takes the answer with its token, and the head of its key") {
  World world;
  const auto committed = world.commit();
  CHECK(world.desk->words().at(0) == "EVALSHA");
  const std::string token = world.desk->token();
  CHECK(world.desk->take_array({"another", "applied", head}) == Next::foreign);
  REQUIRE(world.desk->take_array({other_token(token), "applied", head}) == Next::foreign);
  REQUIRE(world.desk->take_array({other_token(token), "gone"}) == Next::foreign);
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

TEST_CASE("who refuses a copy of a commit does not know of the one that was lost") {
  for (const bool is_lost : {false, true}) {
    for (const std::string word : {"type", "range", "limit", "busy", "gone", "stale"}) {
      World world;
      const auto committed = world.commit();
      if (is_lost) {
        world.desk->request().lose_reply();
      }
      CHECK(world.desk->take("-NOSCRIPT No matching script. Please use EVAL.\r\n") == Next::again);
      CHECK(world.desk->take_array({world.desk->token(), word}) == Next::done);
      REQUIRE(committed->is_delivered());
      const Result<Committed> taken = committed->take();
      const bool is_final = word == "gone" || word == "stale";
      CHECK(static_cast<bool>(taken) == is_final);
      CHECK((is_final || (taken.error().status == Status::unknown) == is_lost));
    }
  }
}
