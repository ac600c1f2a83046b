// Group commit: changes of several threads that wait for the database go into one transaction.
#pragma once

#include <base/result.hpp>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <store/call.hpp>
#include <store/sqlite_connection.hpp>
#include <store/sqlite_pool.hpp>
#include <variant>
#include <vector>

namespace sessions::store {

// One thread leads: it takes the database's lock on writing, then applies what it and the others want, commits, and
// tells them. Who comes meanwhile waits for the next turn. SQLite has one writer at a time anyhow, and does not tell
// those who wait when it is their turn.
class SqliteGroup {
 public:
  // What a thread wants done inside a transaction, without waiting for anything. It may be called again after a
  // rollback. A failure before its first change of the database is its own affair; after it, the transaction is rolled
  // back, and each is applied by its own thread.
  using Change = std::function<Result<void>(SqliteConnection&)>;

  explicit SqliteGroup(SqlitePool& pool) noexcept : pool_(pool) {}

  // Returns when the change is committed, or is not going to be. Waits for its turn until the call's deadline.
  Result<void> apply(const Change& change, const Call& call);

 private:
  // alone: together it came to nothing, and who is to blame is for each to find out.
  enum class State { queued, taken, alone, done };

  // has_rest: others have added to it while it was copied, and it is long.
  enum class Log { grows, is_being_copied, has_rest };

  // Of the log, by who has led. most_and_synced: as the rest is to follow.
  enum class Copying { nothing, most, most_and_synced, rest };

  struct Waiting {
    const Change& change;
    State state = State::queued;
    Result<void> result;
    std::condition_variable changed;
  };

  void lead(Waiting& me, const Call& call);
  void take_all() noexcept;
  void finish(State state) noexcept;
  void step_down() noexcept;
  void end(State taken_are, SqliteConnection& connection) noexcept;
  Copying start_copying(int log_pages) noexcept;
  State apply_taken(SqliteConnection& connection, std::int64_t now);
  Result<void> apply_together(SqliteConnection& connection, std::int64_t now);
  Result<void> sweep(SqliteConnection& connection, std::int64_t now);
  Result<void> apply_alone(const Change& change, const Call& call);

  SqlitePool& pool_;
  std::mutex mutex_;
  bool has_leader_ = false;
  std::vector<Waiting*> queue_;
  Log log_ = Log::grows;
  int copied_pages_ = 0;  // of the log, when it was last copied

  // The leader's:
  std::vector<Waiting*> taken_;
  std::int64_t swept_at_ = 0;
  bool is_more_due_ = false;
};

}  // namespace sessions::store
