// One connection to the database: rows of sessions, in transactions.
#pragma once

#include <atomic>
#include <base/result.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <store/call.hpp>
#include <store/sqlite.hpp>
#include <store/sqlite_handle.hpp>
#include <store/store.hpp>
#include <store/stored_record.hpp>
#include <vector>

namespace sessions::store {

struct SqliteRow {
  std::int64_t id;
  std::int64_t due;  // when the sweep looks at it, at the latest when the record expires
  Record record;
};

// For one thread at a time. Texts in arguments are not kept.
class SqliteConnection {
  struct Private {
    explicit Private() = default;
  };

 public:
  // Waits for locks, now and later, until the deadline of the call, or until `hurry` is set.
  static Result<std::unique_ptr<SqliteConnection>> open(const SqliteOptions& options, const Call& call,
                                                        const std::atomic<bool>& hurry);

  SqliteConnection(Private, const Call& call, const std::atomic<bool>& hurry) noexcept;
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;
  SqliteConnection(SqliteConnection&&) = delete;
  SqliteConnection& operator=(SqliteConnection&&) = delete;
  ~SqliteConnection();

  // Who uses it from now on; null for nobody.
  void set_call(const Call* call) noexcept { call_ = call; }

  // Whether the file that it has open is no longer the one at its path. Looks once in a second of `now`.
  bool has_lost_file(std::int64_t now) noexcept;

  // Takes the lock on writing. When it has succeeded, end with commit() or rollback(). Status newer when a newer
  // libsessions has brought the database up to date since it was opened.
  Result<void> begin();
  Result<void> commit();
  void rollback() noexcept;

  // Pages in the write-ahead log, of all that have committed, after commit(); 0 when that wrote nothing.
  int log_pages() const noexcept { return log_pages_; }

  // Copies the log into the database, outside of a transaction. With `waits`, others have to wait for it, and it waits
  // for them, but not for long: so that the log begins anew.
  void checkpoint(bool waits) noexcept;

  // What has been copied goes to the disk, unless commits never do. SQLite itself sees to that only with the last of
  // the log, while others may be waiting.
  void sync_file() noexcept;

  // A change has failed: what the transaction has done so far is of no use.
  bool must_roll_back() const noexcept;

  // Somebody has swept in this transaction.
  bool has_swept() const noexcept { return has_swept_; }

  // What was met on this connection may not be met on a new one, or it is still in a transaction.
  bool is_suspect() const noexcept;

  // `known` is a record that was found before, or none.
  Result<std::optional<SqliteRow>> find(const Key& key, const Record& known = {});

  // False when the key is taken.
  Result<bool> insert(const Key& key, const Record& record);

  // Puts a record in the place of one that was found.
  Result<void> replace(const SqliteRow& row, const Record& record);

  struct Swept {
    std::int64_t seen = 0;
    std::int64_t dropped = 0;
  };

  // Looks at the rows that are due, so many at the most, and drops those that have expired.
  Result<Swept> sweep(std::int64_t now, std::int64_t most);

  Result<Statistics> statistics();

 private:
  struct Statements;

  Result<void> set_up(const SqliteOptions& options);
  static int wait_for_lock(void* self, int count) noexcept;
  static int note_log(void* self, sqlite3* database, const char* name, int pages) noexcept;
  bool is_in_transaction() const noexcept;
  Result<bool> step(SqliteRun& run);
  Result<void> change(SqliteRun& run);

  const Call* call_;
  const std::atomic<bool>& hurry_;
  SqliteHandle database_;
  std::unique_ptr<Statements> statements_;
  std::int64_t looked_at_ = 0;     // when the file was last at its path
  std::int64_t new_sessions_ = 0;  // in this transaction, without tombstones
  int log_pages_ = 0;
  bool has_failed_ = false;  // a change in this transaction
  bool has_swept_ = false;   // likewise
  bool is_suspect_ = false;
  bool is_copying_ = false;  // the log
  bool syncs_ = false;       // what commits write
};

}  // namespace sessions::store
