#include <algorithm>
#include <array>
#include <store/sqlite_connection.hpp>
#include <store/sqlite_file.hpp>
#include <store/sqlite_schema.hpp>
#include <thread>

namespace sessions::store {

namespace {

// A record that cannot be read is never dropped, since who updates the library may read it again; the sweep looks at it
// once in so many seconds.
constexpr std::int64_t unreadable_seconds = 86'400;

Result<SqliteHandle> open_file(const std::string& path) {
  const bool is_refused = !make_private_file(path);
  sqlite3* opened = nullptr;
  constexpr int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  SqliteHandle database(opened);
  if (code != SQLITE_OK) {
    return sqlite_error(opened, code == SQLITE_CANTOPEN && is_refused ? SQLITE_READONLY : code);
  }
  sqlite3_extended_result_codes(opened, 1);
  // The schema comes from a file: nothing in it may call functions or corrupt the rest.
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  return database;
}

// What else could be wrong with statements that are always the same?
Error lacks_table() {
  return {Status::corrupt,
          "the SQLite database lacks a table or a column of libsessions: restore a backup or start anew"};
}

const char* synchronous_pragma(SqliteOptions::Synchronous synchronous) noexcept {
  switch (synchronous) {
    case SqliteOptions::Synchronous::off:
      return "PRAGMA synchronous = OFF";
    case SqliteOptions::Synchronous::full:
      return "PRAGMA synchronous = FULL";
    default:
      return "PRAGMA synchronous = NORMAL";
  }
}

std::string_view text(const Key& key) noexcept { return {key.data(), key.size()}; }

}  // namespace

struct SqliteConnection::Statements {
  SqliteStatement begin, version, commit, find, insert, replace, replace_due, erase, put_off, due, count, statistics;

  static Result<std::unique_ptr<Statements>> prepare(sqlite3* database) {
    constexpr std::array texts = {
        "BEGIN IMMEDIATE",
        "PRAGMA user_version",
        "COMMIT",
        "SELECT id, due, record FROM sessions WHERE key = ?1",
        "INSERT INTO sessions(key, due, record) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
        "UPDATE sessions SET record = ?2 WHERE id = ?1",
        "UPDATE sessions SET record = ?2, due = ?3 WHERE id = ?1",
        "DELETE FROM sessions WHERE id = ?1",
        "UPDATE sessions SET due = ?2 WHERE id = ?1",
        "SELECT id, due, record FROM sessions WHERE due < ?1 ORDER BY due LIMIT ?2",
        "UPDATE total SET sessions = sessions + ?1",
        "SELECT sessions, (page_count - freelist_count) * page_size FROM total, pragma_page_count, "
        "pragma_freelist_count, pragma_page_size",
    };
    std::vector<SqliteStatement> made;
    made.reserve(texts.size());
    for (const char* text : texts) {
      Result<SqliteStatement> statement = SqliteStatement::prepare(database, text);
      if (!statement) {
        return sqlite3_errcode(database) == SQLITE_ERROR ? lacks_table() : statement.error();
      }
      made.push_back(std::move(*statement));
    }
    auto next = made.begin();
    const auto take = [&next] { return std::move(*next++); };
    return std::make_unique<Statements>(
        Statements{take(), take(), take(), take(), take(), take(), take(), take(), take(), take(), take(), take()});
  }
};

SqliteConnection::SqliteConnection(Private, const Call& call, const std::atomic<bool>& hurry) noexcept
    : call_(&call), hurry_(hurry) {}

SqliteConnection::~SqliteConnection() = default;

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const SqliteOptions& options, const Call& call,
                                                                 const std::atomic<bool>& hurry) {
  auto connection = std::make_unique<SqliteConnection>(Private(), call, hurry);
  if (Result<void> ready = connection->set_up(options); !ready) {
    return ready.error();
  }
  return connection;
}

Result<void> SqliteConnection::set_up(const SqliteOptions& options) {
  Result<SqliteHandle> database = open_file(options.path);
  if (!database) {
    return database.error();
  }
  database_ = std::move(*database);
  sqlite3_busy_handler(database_.get(), &wait_for_lock, this);
  sqlite3_wal_hook(database_.get(), &note_log, this);  // instead of a checkpoint as a part of the commit
  if (sqlite3_db_readonly(database_.get(), "main") == 1) {
    return sqlite_error(nullptr, SQLITE_READONLY);
  }
  Result<void> ready = prepare_schema(database_.get());
  if (ready) {
    ready = execute(database_.get(), synchronous_pragma(options.synchronous));
    syncs_ = options.synchronous != SqliteOptions::Synchronous::off;
  }
  if (!ready) {
    return ready;
  }
  Result<std::unique_ptr<Statements>> statements = Statements::prepare(database_.get());
  if (!statements) {
    return statements.error();
  }
  statements_ = std::move(*statements);
  return {};
}

bool SqliteConnection::has_lost_file(std::int64_t now) noexcept {
  int has_moved = 0;
  if (now != looked_at_) {
    sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
    looked_at_ = has_moved == 0 ? now : looked_at_;
  }
  return has_moved != 0;
}

// SQLite tells nobody when a lock is free: it is tried again and again, soon at first.
int SqliteConnection::wait_for_lock(void* self, int count) noexcept {
  using std::chrono::microseconds;
  constexpr int most_for_copying = 5;
  const auto& connection = *static_cast<SqliteConnection*>(self);
  if (connection.call_ == nullptr || connection.hurry_.load() ||
      (connection.is_copying_ && count >= most_for_copying)) {
    return 0;
  }
  const auto left = connection.call_->deadline() - std::chrono::steady_clock::now();
  if (left <= left.zero()) {
    return 0;
  }
  const auto pause = microseconds(std::min(50 << std::min(count, 10), 2'000));
  std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(pause, left));
  return 1;
}

int SqliteConnection::note_log(void* self, sqlite3*, const char*, int pages) noexcept {
  static_cast<SqliteConnection*>(self)->log_pages_ = pages;
  return SQLITE_OK;
}

// What goes wrong goes wrong again in a later one, or in a transaction, which then says so.
void SqliteConnection::checkpoint(bool waits) noexcept {
  is_copying_ = true;
  sqlite3_wal_checkpoint_v2(database_.get(), "main", waits ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE,
                            nullptr, nullptr);
  is_copying_ = false;
}

// What goes wrong is found again with the last of the log.
void SqliteConnection::sync_file() noexcept {
  sqlite3_file* file = nullptr;
  if (syncs_ && sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK) {
    file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
  }
}

Result<bool> SqliteConnection::step(SqliteRun& run) {
  Result<bool> row = run.step();
  if (!row) {
    const Status status = row.error().status;
    is_suspect_ = is_suspect_ || (status != Status::busy && status != Status::full && status != Status::limit);
  }
  return row;
}

Result<void> SqliteConnection::change(SqliteRun& run) {
  const bool had_failed = has_failed_;
  has_failed_ = true;  // also when there is no memory to say so
  const Result<bool> row = step(run);
  has_failed_ = had_failed || !row;
  return row ? Result<void>() : row.error();
}

Result<void> SqliteConnection::begin() {
  new_sessions_ = 0;
  has_failed_ = false;
  has_swept_ = false;
  log_pages_ = 0;
  SqliteRun run = statements_->begin.run();
  if (const Result<bool> begun = step(run); !begun) {
    return begun.error();
  }
  SqliteRun version = statements_->version.run();
  const Result<bool> row = step(version);
  return row ? check_version(version.number(0)) : row.error();
}

Result<void> SqliteConnection::commit() {
  if (new_sessions_ != 0) {
    SqliteRun count = statements_->count.run();
    if (Result<void> counted = change(count.bind(1, new_sessions_)); !counted) {
      return counted;
    }
  }
  SqliteRun run = statements_->commit.run();
  Result<void> committed = change(run);
  if (!committed && sqlite3_extended_errcode(database_.get()) == SQLITE_IOERR_FSYNC) {
    return Error{Status::unknown,
                 "the disk of the SQLite database did not confirm a write: whether it is there after a crash is not "
                 "known"};
  }
  return committed;
}

void SqliteConnection::rollback() noexcept {
  if (is_in_transaction()) {  // otherwise SQLite has done so itself
    is_suspect_ = sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr) != SQLITE_OK || is_suspect_;
  }
}

bool SqliteConnection::must_roll_back() const noexcept { return has_failed_ || !is_in_transaction(); }

bool SqliteConnection::is_suspect() const noexcept { return is_suspect_ || is_in_transaction(); }

bool SqliteConnection::is_in_transaction() const noexcept { return sqlite3_get_autocommit(database_.get()) == 0; }

Result<std::optional<SqliteRow>> SqliteConnection::find(const Key& key, const Record& known) {
  SqliteRun run = statements_->find.run();
  const Result<bool> row = step(run.bind(1, text(key)));
  if (!row) {
    return row.error();
  }
  if (!*row) {
    return std::optional<SqliteRow>();
  }
  Result<Record> record = read_stored(run.bytes(2), known);
  if (!record) {
    return record.error();
  }
  return std::optional(SqliteRow{run.number(0), run.number(1), std::move(*record)});
}

Result<bool> SqliteConnection::insert(const Key& key, const Record& record) {
  SqliteRun run = statements_->insert.run();
  run.bind(1, text(key)).bind(2, record.expires()).bind(3, record.bytes());
  if (Result<void> done = change(run); !done) {
    return done.error();
  }
  const bool is_new = sqlite3_changes(database_.get()) == 1;
  new_sessions_ += is_new && !record.head().ended ? 1 : 0;
  return is_new;
}

Result<void> SqliteConnection::replace(const SqliteRow& row, const Record& record) {
  const bool is_sooner = record.expires() < row.due;
  SqliteRun run = is_sooner ? statements_->replace_due.run() : statements_->replace.run();
  run.bind(1, row.id).bind(2, record.bytes());
  if (is_sooner) {
    run.bind(3, record.expires());
  }
  Result<void> done = change(run);
  if (done) {
    new_sessions_ += (row.record.head().ended ? 1 : 0) - (record.head().ended ? 1 : 0);
  }
  return done;
}

Result<SqliteConnection::Swept> SqliteConnection::sweep(std::int64_t now, std::int64_t most) {
  struct Due {
    std::int64_t id;
    std::int64_t expires;
    bool is_session;
  };
  has_swept_ = true;
  std::vector<Due> found;
  {
    SqliteRun run = statements_->due.run();
    run.bind(1, now).bind(2, most);
    Result<bool> row = step(run);
    for (; row && *row; row = step(run)) {
      const Result<Record> record = Record::parse(run.bytes(2));
      found.push_back(record ? Due{run.number(0), record->expires(), !record->head().ended}
                             : Due{run.number(0), now + unreadable_seconds, true});
    }
    if (!row) {
      return row.error();
    }
  }
  Swept swept;
  for (const Due& due : found) {
    const bool has_expired = due.expires < now;
    SqliteRun run = has_expired ? statements_->erase.run() : statements_->put_off.run();
    run.bind(1, due.id);
    if (!has_expired) {
      run.bind(2, due.expires);
    }
    if (Result<void> done = change(run); !done) {
      return done.error();
    }
    new_sessions_ -= has_expired && due.is_session ? 1 : 0;
    swept.dropped += has_expired ? 1 : 0;
    ++swept.seen;
  }
  return swept;
}

Result<Statistics> SqliteConnection::statistics() {
  SqliteRun run = statements_->statistics.run();
  const Result<bool> row = step(run);
  if (!row) {
    return row.error();
  }
  return *row ? Statistics{run.number(0), run.number(1)} : Statistics{};
}

}  // namespace sessions::store
