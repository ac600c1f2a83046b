// One shard of the memory store: records by key, in the order in which they go.
#pragma once

#include <cstdint>
#include <optional>
#include <store/key_table.hpp>
#include <store/store.hpp>
#include <vector>

namespace sessions::store {

// Not safe from several threads: the caller holds the shard's lock. What it takes out it hands to the caller, who frees
// it without the lock.
class MemoryShard {
 public:
  // What one record costs, with the tables that hold it; counted against the bound on bytes.
  static std::int64_t cost(const Record& record) noexcept;

  // Null when there is none, expired or not.
  Record* find(const Key& key) noexcept;

  // False when the key is taken. Throws std::bad_alloc with nothing changed.
  bool insert(const Key& key, const Record& record);

  // Puts another record in the place that find() told; returns the former one. Throws std::bad_alloc with nothing
  // changed.
  Record replace(const Key& key, Record& place, Record record);

  std::optional<Record> erase(const Key& key) noexcept;

  // False when erase_oldest() would find nothing that has expired.
  bool may_have_expired(std::int64_t now) const noexcept { return is_due(sessions_, now) || is_due(tombstones_, now); }

  // Takes out a tombstone, or else a session: the nearest to its expiry, but not that of `keep`, which may be null.
  // With `now`, only if it has expired.
  std::optional<Record> erase_oldest(const Key* keep, std::optional<std::int64_t> now) noexcept;

  // How many entries the order of expiry has: at least one for each record, and not many more.
  std::size_t entry_count() const noexcept { return sessions_.size() + tombstones_.size(); }

 private:
  // An entry for each record, made when it is created or ended and not moved when it is renewed: when its turn comes it
  // is looked up and, if the record lives longer by then, put back. A session that is to live shorter than before gets
  // another one. Entries that no record needs are left until their turn comes, or until they are the majority.
  struct Due {
    std::int64_t expires;
    std::uint64_t key_prefix;
  };

  using Order = std::vector<Due>;  // a heap, the nearest expiry on top

  static bool is_due(const Order& order, std::int64_t now) noexcept {
    return !order.empty() && order.front().expires < now;
  }

  // Tombstones go first: otherwise who ends many sessions of his own ends those of others.
  Order& order_of(const Record& record) noexcept { return record.head().ended ? tombstones_ : sessions_; }

  void make_room_for_entry(const Record& record);
  void add_entry(const Key& key, const Record& record) noexcept;
  void renew_entries() noexcept;
  std::optional<Record> erase_first(Order& order, const Key* keep, std::optional<std::int64_t> now) noexcept;

  KeyTable records_;
  Order sessions_;
  Order tombstones_;
};

}  // namespace sessions::store
