#include <store/merge.hpp>
#include <string>
#include <vector>

#include "../../support/catch.hpp"
#include "../../support/store.hpp"

using namespace sessions;
using namespace sessions::store;
using testing::text;
using Kind = Change::Kind;
using Outcome = Committed::Outcome;

namespace {

constexpr std::int64_t now = 1'000;

Record record_of(std::vector<Field> fields, std::int64_t deadline = no_deadline) {
  return {{7, 5, {now, now, deadline, now + 100}}, {}, fields};
}

// By somebody who has loaded this version.
Commit commit_of(const std::vector<Change>& changes, std::uint64_t version = 5) {
  Commit commit;
  commit.generation = 7;
  commit.version = version;
  commit.expires = now + 200;
  commit.changes = changes;
  return commit;
}

}  // namespace

TEST_CASE("a record ends at its deadline, however often it is renewed") {
  const Record record = record_of({{"k", "1"}}, now + 150);
  const auto renewed = merge(record, commit_of({}), now + 50);
  REQUIRE(renewed);
  CHECK(renewed->record->expires() == now + 150);
  CHECK(merge(*renewed->record, commit_of({}), now + 150)->outcome == Outcome::applied);
  CHECK(merge(*renewed->record, commit_of({}), now + 151)->outcome == Outcome::gone);
}

TEST_CASE("the time of the last write never goes back") {
  const auto merged = merge(record_of({{"k", "1"}}), commit_of({}), now - 10);
  REQUIRE(merged);
  CHECK(merged->record->head().times.written == now);
}

TEST_CASE("a tombstone has no content and another version") {
  const Record ended = tombstone(record_of({{"k", "1"}}), now + 1, now + 60);
  CHECK(ended.field_count() == 0);
  CHECK(ended.head().ended);
  CHECK(ended.head().version == 6);
  CHECK(ended.expires() == now + 60);
  CHECK_FALSE(is_alive(ended.head(), now));
  CHECK(merge(ended, commit_of({}, 6), now)->outcome == Outcome::gone);
}

TEST_CASE("what is remembered: exactly these commits, until they are settled or a minute has gone by") {
  const std::vector<Change> changes = {{Kind::increment, "n", {}, 1}};
  Record record = record_of({{"n", "0"}});
  Commit commit = commit_of(changes);
  const auto outcome_of = [&](Attempt attempt, std::int64_t when = now) {
    commit.attempt = attempt;
    const auto merged = merge(record, commit, when);
    REQUIRE(merged);
    record = *merged->record;
    return merged->outcome;
  };
  CHECK(outcome_of({1, 5}) == Outcome::applied);
  CHECK(outcome_of({1, 3}) == Outcome::merged);
  CHECK(outcome_of({2, 4}) == Outcome::merged);
  for (const Attempt& again : {Attempt{1, 5}, {1, 3}, {2, 4}, {1, 5, 5}}) {
    CHECK(outcome_of(again) == Outcome::duplicate);
  }
  CHECK(outcome_of({1, 6, 5}) == Outcome::merged);
  CHECK(record.applied().size() == 3);
  CHECK(outcome_of({1, 5}) == Outcome::duplicate);
  CHECK(outcome_of({2, 4}) == Outcome::duplicate);
  CHECK(outcome_of({3, 1}, now + 61) == Outcome::merged);
  CHECK(record.applied().size() == 1);
  CHECK(text(record) == "n=5");
}

TEST_CASE("1024 commits are remembered, for a minute at least, then the next one has to wait") {
  const std::vector<Change> changes = {{Kind::increment, "n", {}, 1}};
  Record record = record_of({{"n", "0"}});
  Commit commit = commit_of(changes);
  for (std::uint64_t writer = 1; writer <= 1'024; ++writer) {
    commit.attempt = {writer, 9};
    const auto merged = merge(record, commit, now);
    REQUIRE(merged);
    record = *merged->record;
  }
  commit.attempt = {1'025, 1};
  const auto refused = merge(record, commit, now + 60);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().status == Status::busy);
  for (std::uint64_t writer = 1; writer <= 1'024; ++writer) {
    commit.attempt = {writer, 9};
    CHECK(merge(record, commit, now + 60)->outcome == Outcome::duplicate);
  }
  commit.attempt = {3, 10, 10};
  CHECK(merge(record, commit, now + 60)->record);
  commit.attempt = {};
  CHECK(merge(record, commit, now + 60)->record);
  commit.attempt = {1'025, 1};
  const auto accepted = merge(record, commit, now + 61);
  REQUIRE(accepted);
  CHECK(accepted->record->applied().size() == 1);
  CHECK(text(accepted->record) == "n=1025");
}

TEST_CASE("what was removed and set again in one commit is an edit of what was there") {
  const Record record = record_of({{"a", "1"}, {"k", "1"}, {"b", "2"}});
  const std::vector<Change> changes = {{Kind::remove, "k", {}, 0, "1"}, {Kind::set, "k", "2", 0, "1"}};
  CHECK(text(merge(record, commit_of(changes), now)->record) == "a=1 b=2 k=2");
  const Record removed = record_of({{"a", "1"}});
  const auto late = merge(removed, commit_of(changes, 4), now);
  CHECK(text(late->record) == "a=1");
  CHECK(late->keys == std::vector<std::string>{"k"});
}

TEST_CASE("who clears has replaced everything: nothing of it is beaten") {
  const std::vector<Change> changes = {{Kind::set, "k", "2", 0, "1"}};
  Commit replacing = commit_of(changes, 4);
  replacing.clear = true;
  CHECK(text(merge(record_of({{"a", "1"}}), replacing, now)->record) == "k=2");
}

TEST_CASE("limits hold for the result, unless it shrinks") {
  const std::vector<Change> grow = {{Kind::set, "k", "12345"}};
  const std::vector<Change> shrink = {{Kind::set, "a", "1"}};
  Commit commit = commit_of(grow);
  commit.max_bytes = 10;
  CHECK(merge(record_of({{"a", "123"}}), commit, now)->record);
  const auto refused = merge(record_of({{"a", "1234"}}), commit, now);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().status == Status::limit);
  commit.changes = shrink;
  CHECK(text(merge(record_of({{"a", "123"}, {"b", "12345678901"}}), commit, now)->record) == "a=1 b=12345678901");
}
