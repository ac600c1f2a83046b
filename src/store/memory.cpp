#include <array>
#include <mutex>
#include <store/memory.hpp>
#include <store/memory_shard.hpp>
#include <store/merge.hpp>
#include <vector>

namespace sessions::store {

namespace {

constexpr std::size_t many_shards = 64;

// A small store is one shard, so that its bounds fall on the right record.
std::size_t shard_count(const MemoryBounds& bounds) noexcept {
  constexpr std::int64_t worth_sharding = 65'536;
  return bounds.max_sessions >= worth_sharding && bounds.max_bytes >= 256 * worth_sharding ? many_shards : 1;
}

Error too_large() {
  return {Status::limit,
          "the session is larger than the whole store: raise max_bytes in the backend's URL, or store less"};
}

}  // namespace

class Memory::Table {
 public:
  explicit Table(const MemoryBounds& bounds) : bounds_(bounds), shards_(shard_count(bounds)) {}

  std::optional<Record> load(const Key& key) {
    Shard& home = shard(key);
    const std::lock_guard lock(home.mutex);
    const Record* record = home.records.find(key);
    return record == nullptr || record->head().ended ? std::nullopt : std::optional(*record);
  }

  Result<bool> create(const Key& key, const Record& record) {
    if (!fits(record)) {
      return too_large();
    }
    Shard& home = shard(key);
    {
      const std::lock_guard lock(home.mutex);
      if (!home.records.insert(key, record)) {
        return false;
      }
    }
    count(1, MemoryShard::cost(record));
    make_room(key, record.head().times.written);
    return true;
  }

  Result<Committed> commit(const Key& key, const Commit& commit, std::int64_t now) {
    Shard& home = shard(key);
    std::optional<Record> former;
    Result<Committed> committed = Committed{};
    bool has_expired = false;
    {
      const std::lock_guard lock(home.mutex);
      Record* place = home.records.find(key);
      committed = change(place, commit, now);
      if (!committed || !is_written(*committed)) {
        return committed;
      }
      former = home.records.replace(key, *place, *committed->record);
      has_expired = home.records.may_have_expired(now);
    }
    count(0, MemoryShard::cost(*committed->record) - MemoryShard::cost(*former));
    if (has_expired || is_full()) {
      make_room(key, now);
    }
    return committed;
  }

  Result<Committed> regenerate(const Key& from, const Destination& to, const Commit& commit, std::int64_t ended_until,
                               std::int64_t now) {
    Shard& old_home = shard(from);
    Shard& new_home = shard(to.key);
    std::optional<Record> former;
    std::optional<Record> left;
    Result<Committed> committed = Committed{};
    {
      std::unique_lock old_lock(old_home.mutex, std::defer_lock);
      std::unique_lock new_lock(new_home.mutex, std::defer_lock);
      if (&old_home == &new_home) {
        old_lock.lock();
      } else {
        std::lock(old_lock, new_lock);
      }
      Record* place = old_home.records.find(from);
      committed = change(place, commit, now);
      if (!committed || !is_written(*committed)) {
        return committed;
      }
      Record::Head head = committed->record->head();
      head.generation = to.generation;
      committed->record = committed->record->with(head);
      left = tombstone(*committed->record, now, ended_until);
      if (!new_home.records.insert(to.key, *committed->record)) {
        return Error{Status::internal, "a new session id was in use already: is the random source broken?"};
      }
      try {
        former = old_home.records.replace(from, *old_home.records.find(from), *left);  // it may have moved
      } catch (const std::bad_alloc&) {
        new_home.records.erase(to.key);
        throw;
      }
    }
    count(0, MemoryShard::cost(*committed->record) + MemoryShard::cost(*left) - MemoryShard::cost(*former));
    make_room(to.key, now);
    return committed;
  }

  bool destroy(const Key& key, std::int64_t now, std::int64_t ended_until) {
    Shard& home = shard(key);
    std::optional<Record> former;
    std::optional<Record> left;
    {
      const std::lock_guard lock(home.mutex);
      Record* place = home.records.find(key);
      if (place == nullptr || place->head().ended) {
        return false;
      }
      left = tombstone(*place, now, ended_until);
      former = home.records.replace(key, *place, *left);
    }
    count(-1, MemoryShard::cost(*left) - MemoryShard::cost(*former));
    return is_alive(former->head(), now);
  }

  std::int64_t sweep(std::int64_t now, std::int64_t most) {
    std::int64_t dropped = 0;
    for (Shard& from : shards_) {
      while (dropped < most && drop_oldest(from, nullptr, now)) {
        ++dropped;
      }
    }
    return dropped;
  }

  Statistics statistics() const noexcept { return {sessions_.load(), bytes_.load()}; }

 private:
  struct alignas(64) Shard {  // a cache line of its own
    std::mutex mutex;
    MemoryShard records;
  };

  // The digest's first bytes choose the bucket within a shard, so the last one chooses the shard.
  Shard& shard(const Key& key) noexcept { return shards_[static_cast<unsigned char>(key.back()) % shards_.size()]; }

  bool fits(const Record& record) const noexcept { return MemoryShard::cost(record) <= bounds_.max_bytes; }

  static bool is_written(const Committed& committed) noexcept {
    return committed.outcome == Committed::Outcome::applied || committed.outcome == Committed::Outcome::merged;
  }

  Result<Committed> change(const Record* record, const Commit& commit, std::int64_t now) const {
    if (record == nullptr) {
      return Committed{};
    }
    Result<Committed> committed = merge(*record, commit, now);
    if (committed && is_written(*committed) && !fits(*committed->record)) {
      return too_large();
    }
    return committed;
  }

  // What there is more. Tombstones count in bytes only. Most commits change neither, and then threads do not meet here.
  void count(std::int64_t sessions, std::int64_t bytes) noexcept {
    if (sessions != 0) {
      sessions_.fetch_add(sessions, std::memory_order_relaxed);
    }
    if (bytes != 0) {
      bytes_.fetch_add(bytes, std::memory_order_relaxed);
    }
  }

  // Frees expired records of the key's shard, a few at a time, and whatever must go to keep the bounds, starting there.
  void make_room(const Key& keep, std::int64_t now) {
    constexpr int expired_per_call = 4;
    Shard& home = shard(keep);
    for (int i = 0; i < expired_per_call && drop_oldest(home, &keep, now); ++i) {
    }
    const auto first = static_cast<std::size_t>(&home - shards_.data());
    for (std::size_t i = 0; i < shards_.size() && is_full(); ++i) {
      while (is_full() && drop_oldest(shards_[(first + i) % shards_.size()], &keep, std::nullopt)) {
      }
    }
  }

  bool is_full() const noexcept {
    return sessions_.load(std::memory_order_relaxed) > bounds_.max_sessions ||
           bytes_.load(std::memory_order_relaxed) > bounds_.max_bytes;
  }

  bool drop_oldest(Shard& from, const Key* keep, std::optional<std::int64_t> now) {
    std::optional<Record> dropped;
    {
      const std::lock_guard lock(from.mutex);
      dropped = from.records.erase_oldest(keep, now);
    }
    if (dropped) {
      count(dropped->head().ended ? 0 : -1, -MemoryShard::cost(*dropped));
    }
    return dropped.has_value();
  }

  const MemoryBounds bounds_;
  std::vector<Shard> shards_;
  std::atomic<std::int64_t> sessions_ = 0;
  std::atomic<std::int64_t> bytes_ = 0;
};

Memory::Memory(MemoryBounds bounds) : table_([bounds] { return std::make_unique<Table>(bounds); }) {}

Memory::~Memory() = default;

void Memory::load(const Key& key, const Call&, Completion<std::optional<Record>> done) { done(table_.get().load(key)); }

void Memory::create(const Key& key, const Record& record, const Call&, Completion<bool> done) {
  done(table_.get().create(key, record));
}

Attempt Memory::commit(const Key& key, const Commit& commit, const Call& call, Completion<Committed> done) {
  done(table_.get().commit(key, commit, call.now()));
  return {};
}

void Memory::touch(const Key& key, std::uint64_t generation, std::int64_t expires, const Call& call,
                   Completion<Committed> done) {
  Commit renewal;
  renewal.generation = generation;
  renewal.expires = expires;
  done(table_.get().commit(key, renewal, call.now()));
}

Attempt Memory::regenerate(const Key& from, const Destination& to, const Commit& commit, std::int64_t ended_until,
                           const Call& call, Completion<Committed> done) {
  done(table_.get().regenerate(from, to, commit, ended_until, call.now()));
  return {};
}

void Memory::destroy(const Key& key, std::int64_t ended_until, const Call& call, Completion<Destroyed> done) {
  done(Destroyed{table_.get().destroy(key, call.now(), ended_until)});
}

void Memory::sweep(std::int64_t most, const Call& call, Completion<std::int64_t> done) {
  done(table_.get().sweep(call.now(), most));
}

void Memory::ping(const Call&, Completion<std::monostate> done) { done(std::monostate()); }

void Memory::statistics(const Call&, Completion<Statistics> done) { done(table_.get().statistics()); }

}  // namespace sessions::store
