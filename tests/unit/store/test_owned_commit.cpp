#include <memory>
#include <store/owned_commit.hpp>
#include <string>
#include <vector>

#include "../../support/catch.hpp"

using namespace sessions::store;

TEST_CASE("a commit keeps its texts when their owner takes them back") {
  auto texts = std::make_unique<std::vector<std::string>>(std::vector<std::string>{
      "required", "\"a text that is longer than a string holds in itself\"", "key", "12", "11"});
  auto changes = std::make_unique<std::vector<Change>>();
  changes->push_back({Change::Kind::set, (*texts)[2], (*texts)[3], 0, (*texts)[4]});
  changes->push_back({Change::Kind::increment, (*texts)[0], {}, -5, {}});
  auto preconditions = std::make_unique<std::vector<Precondition>>();
  preconditions->push_back({(*texts)[0], (*texts)[1]});
  preconditions->push_back({(*texts)[2], {}});
  auto voided = std::make_unique<std::vector<Attempt>>(std::vector<Attempt>{{1, 2, 3}});
  Commit commit;
  commit.changes = *changes;
  commit.preconditions = *preconditions;
  commit.voided = *voided;
  const OwnedCommit owned(commit);
  for (std::string& text : *texts) {
    text.assign(text.size(), 'x');
  }
  texts.reset();
  changes.reset();
  preconditions.reset();
  voided.reset();

  const Commit& kept = *owned;
  REQUIRE(kept.changes.size() == 2);
  CHECK(kept.changes[0].kind == Change::Kind::set);
  CHECK(kept.changes[0].key == "key");
  CHECK(kept.changes[0].value == "12");
  CHECK(kept.changes[0].seen == "11");
  CHECK(kept.changes[1].kind == Change::Kind::increment);
  CHECK(kept.changes[1].key == "required");
  CHECK(kept.changes[1].delta == -5);
  REQUIRE(kept.preconditions.size() == 2);
  CHECK(kept.preconditions[0].key == "required");
  CHECK(kept.preconditions[0].value == "\"a text that is longer than a string holds in itself\"");
  CHECK(kept.preconditions[1].key == "key");
  REQUIRE(kept.voided.size() == 1);
  CHECK(kept.voided[0].sequence == 2);
}

TEST_CASE("what was not there is told from what was empty") {
  const std::vector<Change> changes = {{Change::Kind::remove, "a", {}, 0, {}}, {Change::Kind::remove, "b", {}, 0, ""}};
  const std::vector<Precondition> preconditions = {{"a", {}}, {"b", ""}};
  Commit commit;
  commit.changes = changes;
  commit.preconditions = preconditions;
  const OwnedCommit owned(commit);
  CHECK_FALSE((*owned).changes[0].seen);
  CHECK((*owned).changes[1].seen == "");
  CHECK_FALSE((*owned).preconditions[0].value);
  CHECK((*owned).preconditions[1].value == "");
}

TEST_CASE("what is no text is the same") {
  Commit commit;
  commit.generation = 1;
  commit.version = 2;
  commit.attempt = {3, 4, 5};
  commit.expires = 6;
  commit.max_bytes = 7;
  commit.only_version = 8;
  commit.clear = true;
  const OwnedCommit owned(commit);
  CHECK((*owned).generation == 1);
  CHECK((*owned).version == 2);
  CHECK((*owned).attempt.sequence == 4);
  CHECK((*owned).expires == 6);
  CHECK((*owned).max_bytes == 7);
  CHECK((*owned).only_version == 8);
  CHECK((*owned).clear);
}
