#include <array>
#include <mutex>
#include <store/memory.hpp>
#include <store/memory_shard.hpp>
#include <store/merge.hpp>
#include <utility>
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

  Found load(const Key& key) {
    Shard& home = shard(key);
    const std::lock_guard lock(home.mutex);
    const Record* record = home.records.find(key);
    return record == nullptr ? Found() : Found(*record);
  }

  Result<Found> create(const Key& key, const Record& record) {
    if (!fits(record)) {
      return too_large();
    }
    Shard& home = shard(key);
    {
      const std::lock_guard lock(home.mutex);
      if (!home.records.insert(key, record)) {
        return Found();
      }
    }
    sessions_.fetch_add(1, std::memory_order_relaxed);
    grow(key, MemoryShard::cost(record), record.times().written);
    return Found(record);
  }

  Result<Found> commit(const Key& key, const Changes& changes, const Times& times) {
    Shard& home = shard(key);
    Found former;
    Found written;
    {
      const std::lock_guard lock(home.mutex);
      Record* record = home.records.find(key);
      Result<Found> changed = change(record, changes, times);
      if (!changed || !*changed) {
        return changed;
      }
      written = std::move(*changed);
      former = std::exchange(*record, *written);
    }
    grow(key, MemoryShard::cost(*written) - MemoryShard::cost(*former), times.written);
    return written;
  }

  Result<Found> regenerate(const Key& from, const Key& to, const Changes& changes, const Times& times) {
    Shard& old_home = shard(from);
    Shard& new_home = shard(to);
    Found former;
    Found written;
    {
      std::unique_lock old_lock(old_home.mutex, std::defer_lock);
      std::unique_lock new_lock(new_home.mutex, std::defer_lock);
      if (&old_home == &new_home) {
        old_lock.lock();
      } else {
        std::lock(old_lock, new_lock);
      }
      Result<Found> changed = change(old_home.records.find(from), changes, times);
      if (!changed || !*changed) {
        return changed;
      }
      written = std::move(*changed);
      if (!new_home.records.insert(to, *written)) {
        return Error{Status::internal, "a new session id was in use already: is the random source broken?"};
      }
      former = old_home.records.erase(from);
    }
    grow(to, MemoryShard::cost(*written) - MemoryShard::cost(*former), times.written);
    return written;
  }

  bool destroy(const Key& key) {
    Shard& home = shard(key);
    Found former;
    {
      const std::lock_guard lock(home.mutex);
      former = home.records.erase(key);
    }
    if (former) {
      forget(*former);
    }
    return former.has_value();
  }

  std::int64_t sessions() const noexcept { return sessions_.load(std::memory_order_relaxed); }
  std::int64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

 private:
  struct Shard {
    std::mutex mutex;
    MemoryShard records;
  };

  // The digest's first bytes choose the bucket within a shard, so the last one chooses the shard.
  Shard& shard(const Key& key) noexcept { return shards_[static_cast<unsigned char>(key.back()) % shards_.size()]; }

  bool fits(const Record& record) const noexcept { return MemoryShard::cost(record) <= bounds_.max_bytes; }

  // What the record would be; none when it is gone.
  Result<Found> change(const Record* record, const Changes& changes, const Times& times) const {
    if (record == nullptr || record->times().expires < times.written) {
      return Found();
    }
    Result<Record> merged = merge(*record, changes, times);
    if (!merged) {
      return std::move(merged.error());
    }
    if (!fits(*merged)) {
      return too_large();
    }
    return Found(std::move(*merged));
  }

  void grow(const Key& key, std::int64_t bytes, std::int64_t now) {
    if (bytes != 0) {
      bytes_.fetch_add(bytes, std::memory_order_relaxed);
    }
    if (bytes > 0) {
      make_room(key, now);
    }
  }

  void forget(const Record& record) noexcept {
    sessions_.fetch_sub(1, std::memory_order_relaxed);
    bytes_.fetch_sub(MemoryShard::cost(record), std::memory_order_relaxed);
  }

  // Frees expired records of the key's shard, a few at a time, and whatever must go to keep the bounds, starting there.
  void make_room(const Key& keep, std::int64_t now) {
    constexpr int expired_per_call = 4;
    Shard& home = shard(keep);
    for (int i = 0; i < expired_per_call && drop_oldest(home, keep, now); ++i) {
    }
    const auto first = static_cast<std::size_t>(&home - shards_.data());
    for (std::size_t i = 0; i < shards_.size() && is_full(); ++i) {
      while (is_full() && drop_oldest(shards_[(first + i) % shards_.size()], keep, std::nullopt)) {
      }
    }
  }

  bool is_full() const noexcept { return sessions() > bounds_.max_sessions || bytes() > bounds_.max_bytes; }

  bool drop_oldest(Shard& from, const Key& keep, std::optional<std::int64_t> now) {
    Found dropped;
    {
      const std::lock_guard lock(from.mutex);
      dropped = from.records.erase_oldest(keep, now);
    }
    if (dropped) {
      forget(*dropped);
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

void Memory::load(const Key& key, std::int64_t, Completion<Found> done) { done(table_.get().load(key)); }

void Memory::create(const Key& key, const Record& record, Completion<Found> done) {
  done(table_.get().create(key, record));
}

void Memory::commit(const Key& key, const Changes& changes, const Times& times, Completion<Found> done) {
  done(table_.get().commit(key, changes, times));
}

void Memory::touch(const Key& key, const Times& times, Completion<Found> done) {
  done(table_.get().commit(key, Changes(), times));
}

void Memory::regenerate(const Key& from, const Key& to, const Changes& changes, const Times& times,
                        Completion<Found> done) {
  done(table_.get().regenerate(from, to, changes, times));
}

void Memory::destroy(const Key& key, std::int64_t, Completion<bool> done) { done(table_.get().destroy(key)); }

std::int64_t Memory::session_count() { return table_.get().sessions(); }

std::int64_t Memory::byte_count() { return table_.get().bytes(); }

}  // namespace sessions::store
