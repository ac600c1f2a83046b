#include <algorithm>
#include <store/sqlite_pool.hpp>
#include <thread>

namespace sessions::store {

namespace {

Error lost_file() {
  return {
      Status::unavailable,
      "the file of the SQLite database was removed or replaced while it was in use: stop all processes that use it, "
      "remove what is left of the files -wal and -shm beside it, and start them again"};
}

}  // namespace

SqlitePool::SqlitePool(const SqliteOptions& options)
    : options_(options), fork_([this] { close_all(); }, [this] { reopen(); }) {
  const std::lock_guard lock(mutex_);  // from now on a fork may look
  idle_.reserve(options_.connections);
}

// While a fork still waits for it: in a child, SQLite would stay as it is in the middle of closing.
SqlitePool::~SqlitePool() {
  const std::lock_guard lock(mutex_);
  idle_.clear();
}

Result<SqlitePool::Lease> SqlitePool::lease(const Call& call) {
  std::unique_ptr<SqliteConnection> connection;
  {
    std::unique_lock lock(mutex_);
    if (!is_one_free() && !returned_.wait_until(lock, call.deadline(), [this] { return is_one_free(); })) {
      return Error{Status::busy,
                   "all connections to the SQLite database were in use for the time allowed: raise connections in the "
                   "backend's URL"};
    }
    ++leased_;
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (connection) {
    connection->set_call(&call);
  }
  if (connection ? connection->has_lost_file(call.now()) : is_file_gone()) {
    has_lost_file_ = true;
  }
  if (has_lost_file_) {
    take_back(std::move(connection));
    return lost_file();
  }
  if (connection) {
    return Lease(*this, std::move(connection));
  }
  try {
    Result<std::unique_ptr<SqliteConnection>> opened = SqliteConnection::open(options_, call, is_forking_);
    if (!opened) {
      take_back(nullptr);
      return opened.error();
    }
    remember_file();
    if (is_file_gone()) {  // before it was opened
      has_lost_file_ = true;
      take_back(std::move(*opened));
      return lost_file();
    }
    return Lease(*this, std::move(*opened));
  } catch (const std::bad_alloc&) {
    take_back(nullptr);
    throw;
  }
}

// An open connection knows its file. When there is none, this is all that tells the file from one that was put there.
bool SqlitePool::is_file_gone() {
  const std::lock_guard lock(mutex_);
  return file_ && file_->is_gone_from(options_.path);
}

void SqlitePool::remember_file() {
  const std::lock_guard lock(mutex_);
  if (!file_) {
    file_ = SqliteFile::at(options_.path);
  }
}

void SqlitePool::take_back(std::unique_ptr<SqliteConnection> connection) noexcept {
  if (connection && connection->is_suspect()) {
    connection.reset();
  }
  if (connection) {
    connection->set_call(nullptr);
  }
  const std::lock_guard lock(mutex_);
  if (connection) {
    idle_.push_back(std::move(connection));  // its place is reserved
  }
  --leased_;
  if (is_forking_) {
    all_returned_.notify_one();
  } else {
    returned_.notify_one();
  }
}

bool SqlitePool::may_try_again(const Call& call) {
  const auto left = call.deadline() - std::chrono::steady_clock::now();
  if (left <= left.zero()) {
    return false;
  }
  std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(std::chrono::microseconds(100), left));
  return true;
}

void SqlitePool::close_all() noexcept {
  std::unique_lock lock(mutex_);
  is_forking_ = true;
  all_returned_.wait(lock, [this] { return leased_ == 0; });
  idle_.clear();
}

void SqlitePool::reopen() noexcept {
  const std::lock_guard lock(mutex_);
  is_forking_ = false;
  returned_.notify_all();
}

}  // namespace sessions::store
