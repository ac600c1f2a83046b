#include <atomic>
#include <chrono>
#include <memory>
#include <store/sqlite_connection.hpp>
#include <string>
#include <utility>

#include "../../support/sqlite_world.hpp"

using namespace sessions;
using namespace sessions::store;
using namespace sessions::testing;

namespace {

struct World {
  std::unique_ptr<SqliteConnection> connect() {
    auto opened = SqliteConnection::open({path, {}, 1}, call, hurry);
    REQUIRE(opened);
    return std::move(*opened);
  }

  const TemporaryDirectory directory;
  const std::string path = directory.file("s.db");
  const Call call = patient();
  std::atomic<bool> hurry = false;
};

// Does it in a transaction.
template <class Do>
void commit(SqliteConnection& connection, Do change) {
  REQUIRE(connection.begin());
  change();
  REQUIRE(connection.commit());
}

void insert(SqliteConnection& connection, unsigned number, std::int64_t when = now) {
  commit(connection, [&] { CHECK(*connection.insert(key_of(number), record_of(when))); });
}

SqliteRow find(SqliteConnection& connection, unsigned number) {
  auto found = connection.find(key_of(number));
  REQUIRE(found);
  REQUIRE(*found);
  return std::move(**found);
}

Record ended(std::int64_t until) { return record_of().with({generation, 2, {now, now, no_deadline, until}, true}); }

Record lasting(std::int64_t until) { return record_of().with({generation, 2, {now, now, no_deadline, until}}); }

}  // namespace

TEST_CASE("a key has one row, which is found with what was put there") {
  World world;
  const auto connection = world.connect();
  CHECK_FALSE(*connection->find(key_of(1)));
  insert(*connection, 1);
  commit(*connection, [&] { CHECK_FALSE(*connection->insert(key_of(1), record_of(now + 1))); });
  CHECK(find(*connection, 1).record.bytes() == record_of().bytes());
  CHECK(find(*connection, 1).due == now + lifetime);
}

TEST_CASE("a record that expires sooner is due sooner, one that expires later is looked at as it was") {
  World world;
  const auto connection = world.connect();
  insert(*connection, 1);
  const auto replace = [&](const Record& record) {
    commit(*connection, [&] { CHECK(connection->replace(find(*connection, 1), record)); });
    CHECK(find(*connection, 1).record.bytes() == record.bytes());
    return find(*connection, 1).due;
  };
  CHECK(replace(lasting(now + lifetime + 500)) == now + lifetime);
  CHECK(replace(lasting(now + 10)) == now + 10);
}

TEST_CASE("a sweep drops what has expired, and puts off what was renewed") {
  World world;
  const auto connection = world.connect();
  insert(*connection, 1);
  insert(*connection, 2);
  insert(*connection, 3, now + 1);
  commit(*connection, [&] { CHECK(connection->replace(find(*connection, 2), lasting(now + 2 * lifetime))); });
  REQUIRE(connection->begin());
  CHECK_FALSE(connection->has_swept());
  const auto swept = connection->sweep(now + lifetime + 1, 10);
  REQUIRE(swept);
  CHECK(swept->seen == 2);
  CHECK(swept->dropped == 1);
  CHECK(connection->has_swept());
  REQUIRE(connection->commit());
  CHECK_FALSE(*connection->find(key_of(1)));
  CHECK(find(*connection, 2).due == now + 2 * lifetime);
  CHECK(find(*connection, 3).due == now + lifetime + 1);
}

TEST_CASE("a sweep looks at so many at the most, the first that were due first") {
  World world;
  const auto connection = world.connect();
  insert(*connection, 1, now + 1);
  insert(*connection, 2, now);
  commit(*connection, [&] { CHECK(connection->sweep(now + 10 * lifetime, 1)->dropped == 1); });
  CHECK(*connection->find(key_of(1)));
  CHECK_FALSE(*connection->find(key_of(2)));
}

TEST_CASE("what is committed is counted, without tombstones; what is rolled back is not") {
  World world;
  const auto connection = world.connect();
  insert(*connection, 1);
  insert(*connection, 2);
  REQUIRE(connection->begin());
  CHECK(*connection->insert(key_of(3), record_of()));
  connection->rollback();
  CHECK(connection->statistics()->sessions == 2);
  commit(*connection, [&] { CHECK(connection->replace(find(*connection, 1), ended(now + 10))); });
  CHECK(connection->statistics()->sessions == 1);
  commit(*connection, [&] { CHECK(connection->sweep(now + 11, 10)->dropped == 1); });
  CHECK(connection->statistics()->sessions == 1);
  CHECK(connection->statistics()->bytes > 0);
}

TEST_CASE("a transaction is open until it is committed or rolled back") {
  World world;
  const auto connection = world.connect();
  CHECK_FALSE(connection->is_suspect());
  REQUIRE(connection->begin());
  CHECK(connection->is_suspect());
  CHECK_FALSE(connection->must_roll_back());
  connection->rollback();
  CHECK_FALSE(connection->is_suspect());
  CHECK(connection->must_roll_back());  // there is nothing to commit
  connection->rollback();
  CHECK_FALSE(connection->is_suspect());
}

TEST_CASE("after a change that failed the transaction is of no use, and the next one is") {
  World world;
  const auto connection = world.connect();
  insert(*connection, 1);
  Sql(world.path)
      .run("CREATE TRIGGER t BEFORE INSERT ON sessions WHEN NEW.due > 0 BEGIN SELECT RAISE(FAIL, 'no'); END");
  REQUIRE(connection->begin());
  CHECK_FALSE(connection->insert(key_of(2), record_of()));
  CHECK(connection->must_roll_back());
  CHECK(connection->is_suspect());
  connection->rollback();
  Sql(world.path).run("DROP TRIGGER t");
  REQUIRE(connection->begin());
  CHECK_FALSE(connection->must_roll_back());
  connection->rollback();
}

TEST_CASE("who is to hurry does not wait for a lock, though there was time") {
  World world;
  const auto connection = world.connect();
  Sql sql(world.path);
  sql.run("BEGIN IMMEDIATE");
  world.hurry = true;
  const auto begun = connection->begin();
  REQUIRE_FALSE(begun);
  CHECK(begun.error().status == Status::busy);
  CHECK(std::chrono::steady_clock::now() < world.call.deadline());
  CHECK_FALSE(connection->is_suspect());
  sql.run("COMMIT");
  CHECK(connection->begin());
  connection->rollback();
}

TEST_CASE("nobody's connection does not wait") {
  World world;
  const auto connection = world.connect();
  Sql sql(world.path);
  sql.run("BEGIN IMMEDIATE");
  connection->set_call(nullptr);
  CHECK(connection->begin().error().status == Status::busy);
}

TEST_CASE("the log grows with what is committed, and begins anew when it was copied") {
  World world;
  const auto connection = world.connect();
  insert(*connection, 1);
  const int first = connection->log_pages();
  CHECK(first > 0);
  insert(*connection, 2);
  const int second = connection->log_pages();
  CHECK(second > first);
  REQUIRE(connection->begin());
  REQUIRE(connection->commit());
  CHECK(connection->log_pages() == 0);
  connection->checkpoint(false);
  insert(*connection, 3);
  CHECK(connection->log_pages() < second);
}

TEST_CASE("to copy the log waits for others, but not for as long as a call may take") {
  World world;
  const Call call(now, std::chrono::hours(1));
  const auto connection = world.connect();
  connection->set_call(&call);
  insert(*connection, 1);
  insert(*connection, 2);
  const int pages = connection->log_pages();
  Sql sql(world.path);
  const std::string others = GENERATE("BEGIN IMMEDIATE", "BEGIN; SELECT * FROM sessions");
  sql.run(others);
  connection->checkpoint(true);
  sql.run("COMMIT");
  connection->checkpoint(true);
  insert(*connection, 3);
  CHECK(connection->log_pages() < pages);
}

TEST_CASE("a file that is not at its path any more is missed in another second") {
  World world;
  const auto connection = world.connect();
  CHECK_FALSE(connection->has_lost_file(now));
  std::filesystem::remove(world.path);
  CHECK_FALSE(connection->has_lost_file(now));
  CHECK(connection->has_lost_file(now + 1));
  CHECK(connection->has_lost_file(now + 1));
}
