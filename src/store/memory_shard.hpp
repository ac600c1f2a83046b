// One shard of the memory store: records by key, in the order of their expiry.
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
  bool may_have_expired(std::int64_t now) const noexcept { return !due_.empty() && due_.front().expires < now; }

  // Takes out the record nearest to its expiry, but not that of `keep`, which may be null. With `now`, only if it has
  // expired.
  std::optional<Record> erase_oldest(const Key* keep, std::optional<std::int64_t> now) noexcept;

  // How many entries the order of expiry has: at least one for each record, and not many more.
  std::size_t entry_count() const noexcept { return due_.size(); }

 private:
  // An entry for each record, made when it is created and not moved when it is renewed: when its turn comes it is
  // looked up and, if the record lives longer by then, put back. A record that is to live shorter than before gets
  // another one. Entries that no record needs are left until their turn comes, or until they are the majority.
  struct Due {
    std::int64_t expires;
    std::uint64_t key_prefix;
  };

  void make_room_for_entry();
  void add_entry(const Key& key, std::int64_t expires) noexcept;
  void renew_entries() noexcept;

  KeyTable records_;
  std::vector<Due> due_;  // a heap, the nearest expiry on top
};

}  // namespace sessions::store
