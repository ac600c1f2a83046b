#include "bare_sqlite.hpp"

#include <ctime>
#include <json/scan.hpp>
#include <stdexcept>

#include "bare_cookie.hpp"

namespace bench {

namespace {

constexpr std::int64_t lifetime = 1'209'600;
constexpr std::string_view cookie_name = "__Host-session";
constexpr std::string_view after_value = "; Max-Age=1209600; Path=/; Secure; HttpOnly; SameSite=Lax";

void check(int result) {
  if (result != SQLITE_OK) {
    throw std::runtime_error(std::string("bare SQLite: ") + sqlite3_errstr(result));
  }
}

void bind_blob(sqlite3_stmt* statement, int index, std::string_view bytes) {
  check(sqlite3_bind_blob(statement, index, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC));
}

}  // namespace

BareSqlite::BareSqlite(const std::string& path) {
  sqlite3* connection = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &connection,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  connection_.reset(connection);
  check(opened);
  check(sqlite3_busy_timeout(connection, 10'000));
  check(sqlite3_exec(connection,
                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                     "CREATE TABLE IF NOT EXISTS sessions"
                     " (key BLOB PRIMARY KEY, expires INTEGER NOT NULL, record BLOB NOT NULL);"
                     "CREATE INDEX IF NOT EXISTS sessions_by_expiry ON sessions (expires)",
                     nullptr, nullptr, nullptr));
  begin_ = prepare("BEGIN IMMEDIATE");
  select_ = prepare("SELECT record FROM sessions WHERE key = ?");
  insert_ = prepare("INSERT INTO sessions VALUES (?, ?, ?)");
  update_ = prepare("UPDATE sessions SET expires = ?, record = ? WHERE key = ?");
  commit_ = prepare("COMMIT");
}

BareSqlite::Statement BareSqlite::prepare(const char* text) {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v3(connection_.get(), text, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
  return Statement(statement);
}

void BareSqlite::run(const Statement& statement) {
  const int result = sqlite3_step(statement.get());
  check(result == SQLITE_DONE ? SQLITE_OK : result);
  check(sqlite3_reset(statement.get()));
}

void BareSqlite::begin() { run(begin_); }

void BareSqlite::commit() { run(commit_); }

void BareSqlite::create(const Key& key, const Payload& payload) {
  const std::string content = payload.json();
  bind_blob(insert_.get(), 1, {key.data(), key.size()});
  check(sqlite3_bind_int64(insert_.get(), 2, std::time(nullptr) + lifetime));
  bind_blob(insert_.get(), 3, content);
  run(insert_);
}

bool BareSqlite::load(const Key& key) {
  bind_blob(select_.get(), 1, {key.data(), key.size()});
  const bool is_there = sqlite3_step(select_.get()) == SQLITE_ROW;
  if (is_there) {
    content_.assign(static_cast<const char*>(sqlite3_column_blob(select_.get(), 0)),
                    static_cast<std::size_t>(sqlite3_column_bytes(select_.get(), 0)));
  }
  check(sqlite3_reset(select_.get()));
  return is_there;
}

bool BareSqlite::request(BareTable::Worker& worker, std::string_view cookie_header, std::string_view key,
                         std::string_view value) {
  const std::string_view id_text = find_cookie(cookie_header, cookie_name);
  bool good = false;
  const Key home_key = worker.key_of(id_text, good);
  if (!good || !load(home_key)) {
    return false;
  }
  begin();
  std::optional<std::string_view> old_value;
  const bool is_there = load(home_key);
  const auto fault = sessions::json::scan_object(content_, names_, [&](std::string_view name, std::string_view json) {
    if (name == key) {
      old_value = json;
    }
  });
  if (!is_there || fault || !old_value) {
    return false;
  }
  const std::string_view content = content_;
  const auto value_at = static_cast<std::size_t>(old_value->data() - content.data());
  changed_ = content.substr(0, value_at);
  changed_ += value;
  changed_ += content.substr(value_at + old_value->size());
  check(sqlite3_bind_int64(update_.get(), 1, std::time(nullptr) + lifetime));
  bind_blob(update_.get(), 2, changed_);
  bind_blob(update_.get(), 3, {home_key.data(), home_key.size()});
  run(update_);
  commit();
  worker.line = cookie_name;
  worker.line += '=';
  worker.line += id_text;
  worker.line += after_value;
  return true;
}

}  // namespace bench
