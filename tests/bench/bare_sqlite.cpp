#include "bare_sqlite.hpp"

#include <cstring>
#include <ctime>
#include <json/scan.hpp>
#include <stdexcept>
#include <store/sqlite_schema.hpp>

#include "bare_cookie.hpp"

namespace bench {

namespace {

constexpr std::int64_t lifetime = 1'209'600;
constexpr std::int64_t swept_at_once = 4;
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

std::string_view blob(sqlite3_stmt* statement, int column) {
  return {static_cast<const char*>(sqlite3_column_blob(statement, column)),
          static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

std::int64_t expiry_of(std::string_view record) {
  std::int64_t expires = 0;
  std::memcpy(&expires, record.data(), sizeof expires);
  return expires;
}

void begin_record(std::string& record, std::int64_t expires) {
  record.assign(reinterpret_cast<const char*>(&expires), sizeof expires);
}

}  // namespace

BareSqlite::BareSqlite(const std::string& path) {
  sqlite3* connection = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &connection,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  connection_.reset(connection);
  check(opened);
  check(sqlite3_busy_timeout(connection, 10'000));
  if (const auto prepared = sessions::store::prepare_schema(connection); !prepared) {
    throw std::runtime_error("bare SQLite: " + prepared.error().message);
  }
  check(sqlite3_exec(connection, "PRAGMA synchronous = NORMAL", nullptr, nullptr, nullptr));
  begin_ = prepare("BEGIN IMMEDIATE");
  select_ = prepare("SELECT id, due, record FROM sessions WHERE key = ?1");
  insert_ = prepare("INSERT INTO sessions(key, due, record) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING");
  update_ = prepare("UPDATE sessions SET record = ?2 WHERE id = ?1");
  due_ = prepare("SELECT id, due, record FROM sessions WHERE due < ?1 ORDER BY due LIMIT ?2");
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
  const std::int64_t expires = std::time(nullptr) + lifetime;
  begin_record(changed_, expires);
  changed_ += payload.json();
  bind_blob(insert_.get(), 1, {key.data(), key.size()});
  check(sqlite3_bind_int64(insert_.get(), 2, expires));
  bind_blob(insert_.get(), 3, changed_);
  run(insert_);
}

bool BareSqlite::load(const Key& key, std::int64_t now) {
  bind_blob(select_.get(), 1, {key.data(), key.size()});
  bool is_there = sqlite3_step(select_.get()) == SQLITE_ROW;
  if (is_there) {
    row_ = sqlite3_column_int64(select_.get(), 0);
    const std::string_view record = blob(select_.get(), 2);
    is_there = expiry_of(record) >= now;
    content_ = record.substr(sizeof(std::int64_t));
  }
  check(sqlite3_reset(select_.get()));
  return is_there;
}

// A few at a time, once a second: nothing has expired where this is measured.
void BareSqlite::sweep(std::int64_t now) {
  if (now == swept_at_) {
    return;
  }
  swept_at_ = now;
  check(sqlite3_bind_int64(due_.get(), 1, now));
  check(sqlite3_bind_int64(due_.get(), 2, swept_at_once));
  if (sqlite3_step(due_.get()) != SQLITE_DONE) {
    throw std::runtime_error("bare SQLite: sessions have expired while they were measured");
  }
  check(sqlite3_reset(due_.get()));
}

bool BareSqlite::request(BareTable::Worker& worker, std::string_view cookie_header, std::string_view key,
                         std::string_view value) {
  const std::string_view id_text = find_cookie(cookie_header, cookie_name);
  bool good = false;
  const Key home_key = worker.key_of(id_text, good);
  const std::int64_t now = std::time(nullptr);
  if (!good || !load(home_key, now)) {
    return false;
  }
  begin();
  std::optional<std::string_view> old_value;
  const bool is_there = load(home_key, now);
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
  begin_record(changed_, now + lifetime);
  changed_ += content.substr(0, value_at);
  changed_ += value;
  changed_ += content.substr(value_at + old_value->size());
  check(sqlite3_bind_int64(update_.get(), 1, row_));
  bind_blob(update_.get(), 2, changed_);
  run(update_);
  sweep(now);
  commit();
  worker.line = cookie_name;
  worker.line += '=';
  worker.line += id_text;
  worker.line += after_value;
  return true;
}

}  // namespace bench
