// SQLite's C interface with owners: a database handle, prepared statements, and what its error codes mean.
#pragma once

#include <sqlite3.h>

#include <base/result.hpp>
#include <cstdint>
#include <memory>
#include <string_view>

namespace sessions::store {

struct CloseSqlite {
  void operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }
};
using SqliteHandle = std::unique_ptr<sqlite3, CloseSqlite>;

// What the last call on the handle, which failed with `code`, means to the host. `database` may be null.
Error sqlite_error(sqlite3* database, int code);

// A statement in use: bind, step until there is no row, read columns. It is reset at the end of the scope.
class SqliteRun {
 public:
  SqliteRun(sqlite3* database, sqlite3_stmt* statement) noexcept : database_(database), statement_(statement) {}
  SqliteRun(const SqliteRun&) = delete;
  SqliteRun& operator=(const SqliteRun&) = delete;
  SqliteRun(SqliteRun&&) = delete;
  SqliteRun& operator=(SqliteRun&&) = delete;
  ~SqliteRun() { sqlite3_reset(statement_); }

  // The bytes live until the end of the scope.
  SqliteRun& bind(int at, std::string_view bytes) noexcept;
  SqliteRun& bind(int at, std::int64_t number) noexcept;

  // Whether there is a row.
  Result<bool> step();

  std::int64_t number(int column) noexcept { return sqlite3_column_int64(statement_, column); }

  // Valid until the next step.
  std::string_view bytes(int column) noexcept;

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_;
  int failure_ = SQLITE_OK;  // the first that bind met
};

class SqliteStatement {
 public:
  // For many runs.
  static Result<SqliteStatement> prepare(sqlite3* database, std::string_view sql);

  SqliteRun run() const noexcept { return {sqlite3_db_handle(statement_.get()), statement_.get()}; }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };

  explicit SqliteStatement(sqlite3_stmt* statement) noexcept : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// Statements that are run once, for their effect.
Result<void> execute(sqlite3* database, const char* sql);

}  // namespace sessions::store
