#include <store/sqlite_handle.hpp>
#include <string>
#include <string_view>

#include "../../support/catch.hpp"

using namespace sessions;
using namespace sessions::store;
using namespace std::string_view_literals;

namespace {

SqliteHandle in_memory() {
  sqlite3* opened = nullptr;
  REQUIRE(sqlite3_open(":memory:", &opened) == SQLITE_OK);
  return SqliteHandle(opened);
}

SqliteStatement prepare(const SqliteHandle& database, std::string_view sql) {
  auto prepared = SqliteStatement::prepare(database.get(), sql);
  REQUIRE(prepared);
  return std::move(*prepared);
}

template <class Reply>
Status status_of(const Result<Reply>& result) {
  return result ? Status::ok : result.error().status;
}

}  // namespace

TEST_CASE("each code of SQLite has its status, whatever it is extended by") {
  const auto status_of_code = [](int code) { return sqlite_error(nullptr, code).status; };
  for (const int code : {SQLITE_BUSY, SQLITE_BUSY_SNAPSHOT, SQLITE_LOCKED, SQLITE_PROTOCOL}) {
    CHECK(status_of_code(code) == Status::busy);
  }
  for (const int code : {SQLITE_READONLY, SQLITE_READONLY_DIRECTORY}) {
    CHECK(status_of_code(code) == Status::read_only);
  }
  for (const int code : {SQLITE_CORRUPT, SQLITE_CORRUPT_INDEX, SQLITE_NOTADB}) {
    CHECK(status_of_code(code) == Status::corrupt);
  }
  for (const int code : {SQLITE_CANTOPEN, SQLITE_IOERR, SQLITE_IOERR_READ, SQLITE_PERM, SQLITE_AUTH}) {
    CHECK(status_of_code(code) == Status::unavailable);
  }
  CHECK(status_of_code(SQLITE_FULL) == Status::full);
  CHECK(status_of_code(SQLITE_TOOBIG) == Status::limit);
  CHECK(status_of_code(SQLITE_NOMEM) == Status::nomem);
  CHECK(status_of_code(SQLITE_IOERR_NOMEM) == Status::nomem);
  CHECK(status_of_code(SQLITE_MISUSE) == Status::internal);
  CHECK(sqlite_error(nullptr, SQLITE_MISUSE).message.find("code 21") != std::string::npos);
}

TEST_CASE("a statement is bound, gives its rows, and can be run again") {
  const SqliteHandle database = in_memory();
  REQUIRE(execute(database.get(), "CREATE TABLE t(n INTEGER, b BLOB)"));
  const SqliteStatement insert = prepare(database, "INSERT INTO t VALUES(?1, ?2)");
  for (const std::string_view bytes : {"a\0b"sv, ""sv}) {
    SqliteRun run = insert.run();
    const auto done = run.bind(1, INT64_MIN).bind(2, bytes).step();
    REQUIRE(done);
    CHECK_FALSE(*done);
  }
  const SqliteStatement select = prepare(database, "SELECT n, b FROM t ORDER BY rowid");
  for (int i = 0; i < 2; ++i) {
    SqliteRun run = select.run();
    REQUIRE(*run.step());
    CHECK(run.number(0) == INT64_MIN);
    CHECK(run.bytes(1) == "a\0b"sv);
    REQUIRE(*run.step());
    CHECK(run.bytes(1).empty());
    CHECK_FALSE(*run.step());
  }
}

TEST_CASE("a run that ends before its last row keeps nothing locked") {
  const SqliteHandle database = in_memory();
  REQUIRE(execute(database.get(), "CREATE TABLE t(n INTEGER); INSERT INTO t VALUES(1), (2)"));
  const SqliteStatement select = prepare(database, "SELECT n FROM t");
  {
    SqliteRun run = select.run();
    REQUIRE(*run.step());
    CHECK(status_of(execute(database.get(), "DROP TABLE t")) == Status::busy);
  }
  CHECK(execute(database.get(), "DROP TABLE t"));
}

TEST_CASE("what cannot be bound is told by the step, and nothing is done") {
  const SqliteHandle database = in_memory();
  REQUIRE(execute(database.get(), "CREATE TABLE t(n)"));
  const SqliteStatement insert = prepare(database, "INSERT INTO t VALUES(?1)");
  {
    SqliteRun run = insert.run();
    CHECK(status_of(run.bind(2, 5).bind(1, 5).step()) == Status::internal);
  }
  sqlite3_limit(database.get(), SQLITE_LIMIT_LENGTH, 100);
  {
    SqliteRun run = insert.run();
    const std::string large(101, 'x');
    CHECK(status_of(run.bind(1, large).step()) == Status::limit);
  }
  const SqliteStatement count = prepare(database, "SELECT count(*) FROM t");
  SqliteRun run = count.run();
  REQUIRE(*run.step());
  CHECK(run.number(0) == 0);
}

TEST_CASE("SQL that means nothing is no statement") {
  const SqliteHandle database = in_memory();
  CHECK(status_of(SqliteStatement::prepare(database.get(), "SELECT nothing")) == Status::internal);
  CHECK(status_of(execute(database.get(), "DROP TABLE nothing")) == Status::internal);
}
