#include <array>
#include <store/sqlite_handle.hpp>
#include <store/sqlite_schema.hpp>
#include <string>
#include <utility>

namespace sessions::store {

namespace {

// Tells file(1) and other programs whose database it is: "Sess".
constexpr std::int64_t application_id = 0x53657373;

// due: when the sweep looks at the row, at the latest when the record expires. A renewal leaves it as it is and the
// sweep puts it off, so that the index is not written at every commit. total: sessions without tombstones, so that
// counting them reads no other row.
constexpr const char* create_tables =
    "CREATE TABLE sessions(id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, due INTEGER NOT NULL, record BLOB NOT "
    "NULL);"
    "CREATE INDEX sessions_due ON sessions(due);"
    "CREATE TABLE total(sessions INTEGER NOT NULL);"
    "INSERT INTO total VALUES(0);"
    "PRAGMA application_id = 1399157619";

// Never changed, only added to.
constexpr std::array all_steps = {create_tables};

// In one statement, and so of one moment: another process may be making the tables.
constexpr const char* read_header =
    "SELECT user_version, application_id, (SELECT count(*) FROM sqlite_master) "
    "FROM pragma_user_version, pragma_application_id";

Result<std::int64_t> read_version(sqlite3* database, SchemaSteps steps) {
  const Result<SqliteStatement> statement = SqliteStatement::prepare(database, read_header);
  if (!statement) {
    return statement.error();
  }
  SqliteRun run = statement->run();
  if (const Result<bool> row = run.step(); !row) {
    return row.error();
  }
  const std::int64_t version = run.number(0);
  const std::int64_t owner = run.number(1);
  const bool is_empty = version == 0 && owner == 0 && run.number(2) == 0;
  if (!is_empty && owner != application_id) {
    return Error{Status::corrupt,
                 "the SQLite database belongs to another program: name another file in the backend's URL"};
  }
  if (Result<void> known = check_version(version, steps); !known) {
    return std::move(known.error());
  }
  if (!is_empty && version < 1) {
    return Error{Status::corrupt, "the SQLite database has no schema version: restore it from a backup"};
  }
  return version;
}

Result<void> migrate(sqlite3* database, SchemaSteps steps) {
  const Result<std::int64_t> version = read_version(database, steps);  // again: now nobody else can change it
  if (!version) {
    return version.error();
  }
  for (auto step = static_cast<std::size_t>(*version); step < steps.size(); ++step) {
    if (Result<void> done = execute(database, steps[step]); !done) {
      return done;
    }
  }
  return execute(database, ("PRAGMA user_version = " + std::to_string(steps.size())).c_str());
}

// It is kept in the file: whoever opens it next finds it so.
Result<void> use_write_ahead_log(sqlite3* database) {
  const Result<SqliteStatement> statement = SqliteStatement::prepare(database, "PRAGMA journal_mode = WAL");
  if (!statement) {
    return statement.error();
  }
  SqliteRun run = statement->run();
  const Result<bool> row = run.step();
  if (!row) {
    return row.error();
  }
  if (*row && run.bytes(0) == "wal") {
    return {};
  }
  return Error{Status::unavailable,
               "SQLite cannot keep a write-ahead log there: put the database on a local disk, not on a network's"};
}

}  // namespace

SchemaSteps schema_steps() noexcept { return all_steps; }

Result<void> check_version(std::int64_t version, SchemaSteps steps) {
  if (version > static_cast<std::int64_t>(steps.size())) {
    return Error{Status::newer,
                 "the SQLite database was written by a newer libsessions: update this one; nothing was changed"};
  }
  return {};
}

Result<void> prepare_schema(sqlite3* database, SchemaSteps steps) {
  const Result<std::int64_t> version = read_version(database, steps);
  if (!version) {
    return version.error();
  }
  if (Result<void> logged = use_write_ahead_log(database); !logged) {
    return logged;
  }
  if (*version == static_cast<std::int64_t>(steps.size())) {
    return {};
  }
  if (Result<void> begun = execute(database, "BEGIN IMMEDIATE"); !begun) {
    return begun;
  }
  Result<void> migrated = migrate(database, steps);
  if (migrated) {
    migrated = execute(database, "COMMIT");
  }
  if (!migrated) {
    sqlite3_exec(database, "ROLLBACK", nullptr, nullptr, nullptr);  // it may have been rolled back already
  }
  return migrated;
}

}  // namespace sessions::store
