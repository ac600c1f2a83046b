#include <cerrno>
#include <store/sqlite_handle.hpp>
#include <string>
#include <system_error>

namespace sessions::store {

namespace {

bool is_no_room(int error_number) noexcept {
  return error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
}

// What the system said of the last failure; 0 when it was not the system's. SQLite does not tell it of the log, which
// is what a commit writes to.
int system_error_number(sqlite3* database) noexcept {
  int number = database == nullptr ? 0 : sqlite3_system_errno(database);
  sqlite3_file* log = nullptr;
  if (database != nullptr && number == 0 &&
      sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK && log != nullptr &&
      log->pMethods != nullptr) {
    log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &number);
  }
  return number;
}

Error full() {
  return {
      Status::full,
      "the disk of the SQLite database, its quota, or the size that a file may have, is full: make room; nothing was "
      "changed"};
}

Error read_only() {
  return {Status::read_only,
          "the SQLite database, or the directory that it is in, may not be written to: give this user the right to"};
}

Error unavailable(int error_number) {
  std::string message = "the SQLite database cannot be opened, read or written";
  if (error_number != 0) {
    message += ": " + std::generic_category().message(error_number);
  }
  return {Status::unavailable,
          message + "; does its directory exist, and may this user use it, on a local and healthy disk?"};
}

}  // namespace

Error sqlite_error(sqlite3* database, int code) {
  const int error_number = system_error_number(database);
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:  // a race for the write-ahead log was lost too often
      return {Status::busy,
              "others kept the SQLite database locked for the time allowed: is a transaction left open somewhere?"};
    case SQLITE_READONLY:
      return read_only();
    case SQLITE_FULL:
      return full();
    case SQLITE_CORRUPT:
      return {Status::corrupt,
              "the SQLite database is damaged: stop all processes that use it, then remove it with the files -wal and "
              "-shm beside it, and restore a backup or start anew"};
    case SQLITE_NOTADB:
      return {Status::corrupt, "the file is no SQLite database: name another one in the backend's URL"};
    case SQLITE_NOMEM:
      return {Status::nomem, {}};
    case SQLITE_TOOBIG:
      return {Status::limit, "the session is larger than SQLite stores in one row: store less"};
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      if (code == SQLITE_IOERR_NOMEM) {
        return {Status::nomem, {}};
      }
      if (is_no_room(error_number)) {
        return full();
      }
      return error_number == EROFS ? read_only() : unavailable(error_number);
    default:
      return {Status::internal, "SQLite failed with code " + std::to_string(code) + ": please report it"};
  }
}

SqliteRun& SqliteRun::bind(int at, std::string_view bytes) noexcept {
  const int code = sqlite3_bind_blob64(statement_, at, bytes.data(), bytes.size(), SQLITE_STATIC);
  failure_ = failure_ == SQLITE_OK ? code : failure_;
  return *this;
}

SqliteRun& SqliteRun::bind(int at, std::int64_t number) noexcept {
  const int code = sqlite3_bind_int64(statement_, at, number);
  failure_ = failure_ == SQLITE_OK ? code : failure_;
  return *this;
}

Result<bool> SqliteRun::step() {
  const int code = failure_ == SQLITE_OK ? sqlite3_step(statement_) : failure_;
  if (code == SQLITE_ROW || code == SQLITE_DONE) {
    return code == SQLITE_ROW;
  }
  return sqlite_error(database_, code);
}

std::string_view SqliteRun::bytes(int column) noexcept {
  const void* data = sqlite3_column_blob(statement_, column);
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Result<SqliteStatement> SqliteStatement::prepare(sqlite3* database, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) {
    return sqlite_error(database, code);
  }
  return SqliteStatement(statement);
}

Result<void> execute(sqlite3* database, const char* sql) {
  const int code = sqlite3_exec(database, sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? Result<void>() : sqlite_error(database, code);
}

}  // namespace sessions::store
