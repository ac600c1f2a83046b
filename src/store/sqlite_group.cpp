#include <algorithm>
#include <chrono>
#include <new>
#include <optional>
#include <store/sqlite_group.hpp>
#include <thread>

namespace sessions::store {

namespace {

// Under load the leader soon leads again, and then does what has been queued meanwhile. To be woken after every
// transaction costs more than the transaction, and those who are awake get into each other's way inside SQLite, which
// holds a mutex over its system calls, and each reads anew what the other has written. So they sleep for some
// twenty transactions: less than half of the least that SQLite's own waiting takes.
void nap(const Call& call) {
  const auto left = call.deadline() - std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(std::chrono::microseconds(400), left));
}

// That the log grows by before it is copied into the database.
constexpr int pages_between_checkpoints = 1'000;

// From so many on others wait, so that the log can begin anew, once there is little left to be copied, or twice as
// many. Where many sessions are written, most pages of each copy are others, and to wait more often costs more than a
// long log does.
constexpr int pages_worth_waiting = 8'000;

// Who runs out of memory fails alone.
template <class Step>
Result<void> attempt(const Step& step) {
  try {
    return step();
  } catch (const std::bad_alloc&) {
    return Error{Status::nomem, {}};
  }
}

}  // namespace

Result<void> SqliteGroup::apply(const Change& change, const Call& call) {
  Waiting me{change, State::queued, {}, {}};
  {
    std::unique_lock lock(mutex_);
    queue_.push_back(&me);
    if (has_leader_) {
      lock.unlock();
      nap(call);
      lock.lock();
    }
    const auto is_my_turn = [&] { return me.state != State::queued || !has_leader_; };
    if (!is_my_turn() && !me.changed.wait_until(lock, call.deadline(), is_my_turn)) {
      queue_.erase(std::find(queue_.begin(), queue_.end(), &me));
      return Error{Status::busy, "others were writing to the SQLite database for the time allowed: try again"};
    }
    // What is taken is being done: nothing in there waits for anything.
    me.changed.wait(lock, [&me] { return me.state != State::taken; });
    has_leader_ = has_leader_ || me.state == State::queued;
  }
  if (me.state == State::queued) {
    lead(me, call);
  }
  return me.state == State::alone ? apply_alone(change, call) : std::move(me.result);
}

void SqliteGroup::lead(Waiting& me, const Call& call) {
  bool have_led = false;
  Result<void> led = attempt([&]() -> Result<void> {
    const auto done = pool_.use<std::monostate>(call, [&](SqliteConnection& connection) -> Result<std::monostate> {
      if (Result<void> begun = connection.begin(); !begun) {
        return begun.error();
      }
      take_all();
      const State taken_are = apply_taken(connection, call.now());
      have_led = true;
      end(taken_are, connection);
      return std::monostate();
    });
    return done ? Result<void>() : done.error();
  });
  if (!have_led) {
    const std::lock_guard lock(mutex_);
    me.result = std::move(led);
    queue_.erase(std::find(queue_.begin(), queue_.end(), &me));
    step_down();
  }
}

// The log can begin anew only when nobody has added to it since it was copied, and a long one is dear: it is written to
// memory that no cache holds. So others go on while most of it is copied; when it has become long all the same the file
// is synced, too, and then they wait, in all processes, while the next leader copies what they have added meanwhile.
void SqliteGroup::end(State taken_are, SqliteConnection& connection) noexcept {
  Copying copying = Copying::nothing;
  {
    const std::lock_guard lock(mutex_);
    finish(taken_are);
    copying = start_copying(connection.log_pages());
    if (copying != Copying::rest) {
      step_down();
    }
  }
  if (copying == Copying::nothing) {
    return;
  }
  connection.checkpoint(copying == Copying::rest);
  if (copying == Copying::most_and_synced) {
    connection.sync_file();
  }
  const std::lock_guard lock(mutex_);
  if (copying == Copying::rest) {
    step_down();
  } else {
    log_ = copying == Copying::most_and_synced ? Log::has_rest : Log::grows;
  }
}

SqliteGroup::Copying SqliteGroup::start_copying(int log_pages) noexcept {
  if (log_pages == 0 || log_ == Log::is_being_copied) {
    return Copying::nothing;
  }
  if (log_pages < copied_pages_) {  // it has begun anew
    copied_pages_ = 0;
    log_ = Log::grows;
  }
  const bool has_grown = log_pages - copied_pages_ >= pages_between_checkpoints;
  const bool is_short_rest = log_ == Log::has_rest && !has_grown;
  if (is_short_rest || (has_grown && log_pages >= 2 * pages_worth_waiting)) {
    copied_pages_ = log_pages;
    log_ = Log::grows;
    return Copying::rest;
  }
  if (!has_grown) {
    return Copying::nothing;
  }
  copied_pages_ = log_pages;
  log_ = Log::is_being_copied;
  return log_pages < pages_worth_waiting ? Copying::most : Copying::most_and_synced;
}

void SqliteGroup::take_all() noexcept {
  const std::lock_guard lock(mutex_);
  taken_.swap(queue_);
  for (Waiting* each : taken_) {
    each->state = State::taken;
  }
}

// Who is told may be gone as soon as the lock is.
void SqliteGroup::finish(State state) noexcept {
  for (Waiting* each : taken_) {
    each->state = state;
    each->changed.notify_one();
  }
  taken_.clear();
}

// Who is awake by then leads next, and does what the one who is being woken wants done.
void SqliteGroup::step_down() noexcept {
  has_leader_ = false;
  if (!queue_.empty()) {
    queue_.front()->changed.notify_one();
  }
}

SqliteGroup::State SqliteGroup::apply_taken(SqliteConnection& connection, std::int64_t now) {
  const Result<void> together = apply_together(connection, now);
  connection.rollback();
  if (together) {
    return State::done;
  }
  // One of them, or the sweep, has spoiled it for the others; but what may be applied is not tried twice.
  if (together.error().status != Status::unknown) {
    return State::alone;
  }
  for (Waiting* each : taken_) {
    each->result = in_words(Status::unknown, together.error().message);
  }
  return State::done;
}

Result<void> SqliteGroup::apply_together(SqliteConnection& connection, std::int64_t now) {
  for (Waiting* each : taken_) {
    each->result = attempt([&] { return each->change(connection); });
    if (connection.must_roll_back()) {
      return Error{Status::internal, {}};
    }
  }
  const Result<void> swept = attempt([&] { return sweep(connection, now); });
  if (!swept && connection.must_roll_back()) {
    return Error{Status::internal, {}};
  }
  return attempt([&] { return connection.commit(); });
}

// A few at a time, so that nobody waits for it; more than are created meanwhile. When nothing is left, not before the
// next second.
Result<void> SqliteGroup::sweep(SqliteConnection& connection, std::int64_t now) {
  if (connection.has_swept() || (!is_more_due_ && now == swept_at_)) {
    return {};
  }
  swept_at_ = now;
  const auto most = static_cast<std::int64_t>(2 * taken_.size() + 2);
  const Result<SqliteConnection::Swept> swept = connection.sweep(now, most);
  is_more_due_ = swept && swept->seen == most;
  return swept ? Result<void>() : swept.error();
}

// In a transaction of its own.
Result<void> SqliteGroup::apply_alone(const Change& change, const Call& call) {
  Result<void> applied;
  Result<void> begun = attempt([&]() -> Result<void> {
    const auto used = pool_.use<std::monostate>(call, [&](SqliteConnection& connection) -> Result<std::monostate> {
      if (Result<void> locked = connection.begin(); !locked) {
        return locked.error();
      }
      applied = attempt([&] { return change(connection); });
      if (applied) {
        applied = attempt([&] { return connection.commit(); });
      }
      connection.rollback();
      return std::monostate();
    });
    return used ? Result<void>() : used.error();
  });
  return begun ? std::move(applied) : std::move(begun);
}

}  // namespace sessions::store
