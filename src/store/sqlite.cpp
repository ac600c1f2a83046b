#include <sqlite3.h>

#include <algorithm>
#include <base/per_process.hpp>
#include <store/codec.hpp>
#include <store/merge.hpp>
#include <store/sqlite.hpp>
#include <store/sqlite_group.hpp>
#include <store/sqlite_pool.hpp>

namespace sessions::store {

namespace {

using Outcome = Committed::Outcome;

// What one process has of the store; a fork's child makes its own.
struct Process {
  explicit Process(const SqliteOptions& options) : pool(options), group(pool) {}

  SqlitePool pool;
  SqliteGroup group;
};

bool is_written(const Committed& committed) noexcept {
  return committed.outcome == Outcome::applied || committed.outcome == Outcome::merged;
}

// A commit to one record, which may move it as well.
struct Rewrite {
  const Key& key;
  const Commit& commit;
  const Call& call;
  const Destination* to = nullptr;
  std::int64_t ended_until = 0;
};

// What it comes to, and the record to store, if there is one.
struct Plan {
  Committed committed;
  std::optional<Record> stored;
};

Result<Plan> plan(const Rewrite& rewrite, const std::optional<SqliteRow>& row) {
  if (!row || !is_alive(row->record.head(), rewrite.call.now())) {
    return Plan{};
  }
  const Result<Record> record = decode(row->record, rewrite.call.codec());
  Result<Committed> committed = record ? merge(*record, rewrite.commit, rewrite.call.now()) : record.error();
  if (!committed) {
    return std::move(committed.error());
  }
  if (!is_written(*committed)) {
    return Plan{std::move(*committed), {}};
  }
  if (rewrite.to != nullptr) {
    Record::Head head = committed->record->head();
    head.generation = rewrite.to->generation;
    committed->record = committed->record->with(head);
  }
  Result<Record> stored = encode(*committed->record, rewrite.call.codec());
  return stored ? Plan{std::move(*committed), std::move(*stored)} : Result<Plan>(std::move(stored.error()));
}

Result<void> put(const Rewrite& rewrite, const SqliteRow& row, const Plan& plan, SqliteConnection& in) {
  if (rewrite.to == nullptr) {
    return in.replace(row, *plan.stored);
  }
  const Record left = tombstone(*plan.committed.record, rewrite.call.now(), rewrite.ended_until);
  const Result<bool> inserted = in.insert(rewrite.to->key, *plan.stored);
  if (!inserted) {
    return inserted.error();
  }
  if (!*inserted) {
    return Error{Status::internal, "a new session id was in use already: is the random source broken?"};
  }
  return in.replace(row, left);
}

class Sqlite final : public Store {
 public:
  explicit Sqlite(const SqliteOptions& options) : process_([options] { return std::make_unique<Process>(options); }) {}

  Result<void> open() {
    const Call call(0, open_timeout);
    const auto opened = process_.get().pool.use<std::monostate>(
        call, [](SqliteConnection&) -> Result<std::monostate> { return std::monostate(); });
    return opened ? Result<void>() : opened.error();
  }

  void load(const Key& key, const Call& call, Completion<std::optional<Record>> done) override {
    using Found = std::optional<Record>;
    const auto row = read<std::optional<SqliteRow>>(call, [&](SqliteConnection& in) { return in.find(key); });
    if (!row) {
      done(row.error());
    } else if (!*row || (*row)->record.head().ended) {
      done(Found());
    } else {
      Result<Record> record = decode((*row)->record, call.codec());
      done(record ? Result<Found>(std::move(*record)) : record.error());
    }
  }

  void create(const Key& key, const Record& record, const Call& call, Completion<bool> done) override {
    const Result<Record> stored = encode(record, call.codec());
    if (!stored) {
      return done(stored.error());
    }
    bool is_new = false;
    answer(std::move(done), call, is_new, [&](SqliteConnection& in) -> Result<void> {
      const Result<bool> inserted = in.insert(key, *stored);
      is_new = inserted && *inserted;
      return inserted ? Result<void>() : inserted.error();
    });
  }

  Attempt commit(const Key& key, const Commit& commit, const Call& call, Completion<Committed> done) override {
    done(apply({key, commit, call}));
    return {};
  }

  void touch(const Key& key, std::uint64_t generation, std::int64_t expires, const Call& call,
             Completion<Committed> done) override {
    Commit renewal;
    renewal.generation = generation;
    renewal.expires = expires;
    commit(key, renewal, call, std::move(done));
  }

  Attempt regenerate(const Key& from, const Destination& to, const Commit& commit, std::int64_t ended_until,
                     const Call& call, Completion<Committed> done) override {
    done(apply({from, commit, call, &to, ended_until}));
    return {};
  }

  void destroy(const Key& key, std::int64_t ended_until, const Call& call, Completion<Destroyed> done) override {
    Destroyed destroyed;
    answer(std::move(done), call, destroyed, [&](SqliteConnection& in) -> Result<void> {
      const Result<std::optional<SqliteRow>> row = in.find(key);
      if (!row) {
        return row.error();
      }
      if (!*row || (*row)->record.head().ended) {
        destroyed = {};
        return {};
      }
      destroyed.was_there = is_alive((*row)->record.head(), call.now());
      return in.replace(**row, tombstone((*row)->record, call.now(), ended_until));
    });
  }

  void sweep(std::int64_t most, const Call& call, Completion<std::int64_t> done) override {
    std::int64_t dropped = 0;
    bool is_more_due = true;
    while (is_more_due && dropped < most) {
      SqliteConnection::Swept swept;
      const std::int64_t batch = std::min(most - dropped, sweep_batch);
      const Result<void> applied = process_.get().group.apply(
          [&](SqliteConnection& in) -> Result<void> {
            const Result<SqliteConnection::Swept> result = in.sweep(call.now(), batch);
            swept = result ? *result : SqliteConnection::Swept();
            return result ? Result<void>() : result.error();
          },
          call);
      if (!applied) {
        return dropped == 0 ? done(applied.error()) : done(dropped);
      }
      dropped += swept.dropped;
      is_more_due = swept.seen == batch && std::chrono::steady_clock::now() < call.deadline();
    }
    done(dropped);
  }

  void ping(const Call& call, Completion<std::monostate> done) override {
    const auto read_all = read<Statistics>(call, [](SqliteConnection& in) { return in.statistics(); });
    done(read_all ? Result<std::monostate>(std::monostate()) : read_all.error());
  }

  void statistics(const Call& call, Completion<Statistics> done) override {
    done(read<Statistics>(call, [](SqliteConnection& in) { return in.statistics(); }));
  }

 private:
  static constexpr std::chrono::milliseconds open_timeout{2'000};
  static constexpr std::int64_t sweep_batch = 256;  // so that commits get their turn in between

  template <class Reply, class Read>
  Result<Reply> read(const Call& call, Read read) {
    return process_.get().pool.template use<Reply>(call, read);
  }

  Result<Committed> apply(const Rewrite& rewrite) {
    return rewrite.call.codec() == nullptr ? apply_at_once(rewrite) : apply_coded(rewrite);
  }

  Result<Committed> apply_at_once(const Rewrite& rewrite) {
    Plan planned;
    const auto change = [&](SqliteConnection& in) -> Result<void> {
      const Result<std::optional<SqliteRow>> row = in.find(rewrite.key, rewrite.commit.loaded);
      Result<Plan> made = row ? plan(rewrite, *row) : row.error();
      if (!made) {
        return std::move(made.error());
      }
      planned = std::move(*made);
      return planned.stored ? put(rewrite, **row, planned, in) : Result<void>();
    };
    Result<void> applied = process_.get().group.apply(std::ref(change), rewrite.call);
    if (!applied) {
      return std::move(applied.error());
    }
    Committed& committed = planned.committed;
    if (committed.outcome == Outcome::applied) {
      committed.head = committed.record->head();
      committed.record.reset();
    }
    return std::move(committed);
  }

  // A codec is the host's own code, which may take its time, wait for locks and fork: while it runs, no connection is
  // in use. What it has made is put if the row is still the one that it was made of.
  Result<Committed> apply_coded(const Rewrite& rewrite) {
    do {
      const auto seen =
          read<std::optional<SqliteRow>>(rewrite.call, [&](SqliteConnection& in) { return in.find(rewrite.key); });
      Result<Plan> planned = seen ? plan(rewrite, *seen) : seen.error();
      if (!planned) {
        return std::move(planned.error());
      }
      if (!planned->stored) {
        return std::move(planned->committed);
      }
      bool is_same = false;
      Result<void> applied = process_.get().group.apply(
          [&](SqliteConnection& in) -> Result<void> {
            const Result<std::optional<SqliteRow>> row = in.find(rewrite.key);
            is_same = row && *row && (*row)->record.bytes() == (*seen)->record.bytes();
            return !row ? row.error() : is_same ? put(rewrite, **row, *planned, in) : Result<void>();
          },
          rewrite.call);
      if (!applied) {
        return std::move(applied.error());
      }
      if (is_same) {
        return std::move(planned->committed);
      }
    } while (std::chrono::steady_clock::now() < rewrite.call.deadline());
    return Error{Status::busy, "others kept changing this session for the time allowed: nothing was changed"};
  }

  // Answers with `reply`, which the change sets, when the change is committed.
  template <class Reply, class Change>
  void answer(Completion<Reply> done, const Call& call, Reply& reply, Change change) {
    Result<void> applied = process_.get().group.apply(std::ref(change), call);
    done(applied ? Result<Reply>(std::move(reply)) : std::move(applied.error()));
  }

  PerProcess<Process> process_;
};

}  // namespace

Result<std::shared_ptr<Store>> open_sqlite(const SqliteOptions& options) {
  if (sqlite3_threadsafe() == 0) {
    return Error{Status::unsupported, "SQLite was built without support for threads: install another build of it"};
  }
  auto store = std::make_shared<Sqlite>(options);
  if (Result<void> opened = store->open(); !opened) {
    return opened.error();
  }
  return std::shared_ptr<Store>(std::move(store));
}

}  // namespace sessions::store
