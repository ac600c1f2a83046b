// The connections of one process to one database: so many at the most, opened when they are needed.
#pragma once

#include <atomic>
#include <base/result.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <store/call.hpp>
#include <store/sqlite_connection.hpp>
#include <store/sqlite_file.hpp>
#include <store/sqlite_fork.hpp>
#include <utility>
#include <vector>

namespace sessions::store {

class SqlitePool {
 public:
  // One connection, for one thread, until the lease ends.
  class Lease {
   public:
    Lease(SqlitePool& pool, std::unique_ptr<SqliteConnection> connection) noexcept
        : pool_(&pool), connection_(std::move(connection)) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) noexcept = delete;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
      if (connection_) {
        pool_->take_back(std::move(connection_));
      }
    }

    SqliteConnection& operator*() const noexcept { return *connection_; }
    SqliteConnection* operator->() const noexcept { return connection_.get(); }

   private:
    SqlitePool* pool_;
    std::unique_ptr<SqliteConnection> connection_;
  };

  explicit SqlitePool(const SqliteOptions& options);
  SqlitePool(const SqlitePool&) = delete;
  SqlitePool& operator=(const SqlitePool&) = delete;
  SqlitePool(SqlitePool&&) = delete;
  SqlitePool& operator=(SqlitePool&&) = delete;
  ~SqlitePool();

  // Waits for one until the call's deadline. Status unavailable for ever once the file has been removed or replaced:
  // what is committed to the old one is lost, and the new one has the log of the old one beside it.
  Result<Lease> lease(const Call& call);

  // Calls use(connection), again and again while the database is locked and the call's deadline has not passed.
  template <class Reply, class Use>
  Result<Reply> use(const Call& call, Use use) {
    for (;;) {
      Result<Reply> reply = lease_and_use<Reply>(call, use);
      if (reply || reply.error().status != Status::busy || !may_try_again(call)) {
        return reply;
      }
    }
  }

  // After a status busy: false when the deadline has passed. It may come early, when a fork wants to go ahead, and
  // where SQLite does not wait.
  static bool may_try_again(const Call& call);

 private:
  template <class Reply, class Use>
  Result<Reply> lease_and_use(const Call& call, Use& use) {
    const Result<Lease> connection = lease(call);
    return connection ? use(**connection) : Result<Reply>(connection.error());
  }

  void take_back(std::unique_ptr<SqliteConnection> connection) noexcept;
  bool is_one_free() const noexcept { return !is_forking_ && leased_ < options_.connections; }
  bool is_file_gone();
  void remember_file();
  void close_all() noexcept;
  void reopen() noexcept;

  const SqliteOptions options_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::condition_variable all_returned_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_;
  std::size_t leased_ = 0;
  std::unique_ptr<SqliteFile> file_;  // of the first connection
  std::atomic<bool> is_forking_ = false;
  std::atomic<bool> has_lost_file_ = false;
  SqliteFork fork_;
};

}  // namespace sessions::store
