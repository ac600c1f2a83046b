// What sessions in SQLite cost without a library: its schema and its statements in a straight line, one connection a
// thread. A record is the moment at which it expires, then the content as JSON text.
#pragma once

#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bare_table.hpp"
#include "payload.hpp"

namespace bench {

// One thread at a time.
class BareSqlite {
 public:
  using Key = BareTable::Key;

  // Makes the tables if there are none. Throws std::runtime_error, as do all others.
  explicit BareSqlite(const std::string& path);

  void begin();
  void create(const Key& key, const Payload& payload);
  void commit();

  // One request: load the session that the header names, change one key in a transaction, print the Set-Cookie line.
  // False when there is no such session.
  bool request(BareTable::Worker& worker, std::string_view cookie_header, std::string_view key, std::string_view value);

 private:
  struct Close {
    void operator()(sqlite3* connection) const noexcept { sqlite3_close(connection); }
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Close>;

  Statement prepare(const char* text);
  void run(const Statement& statement);
  bool load(const Key& key, std::int64_t now);
  void sweep(std::int64_t now);

  std::unique_ptr<sqlite3, Close> connection_;
  Statement begin_;
  Statement select_;
  Statement insert_;
  Statement update_;
  Statement due_;
  Statement commit_;
  std::int64_t row_ = 0;  // of the session that was loaded
  std::int64_t swept_at_ = 0;
  std::string content_;  // likewise: JSON text
  std::array<std::string_view, 512> names_{};
  std::string changed_;
};

}  // namespace bench
