// A store in this process: sharded, bounded, and private to the process that uses it.
#pragma once

#include <atomic>
#include <base/per_process.hpp>
#include <cstdint>
#include <memory>
#include <store/store.hpp>

namespace sessions::store {

struct MemoryBounds {
  std::int64_t max_sessions = 1'000'000;
  std::int64_t max_bytes = 256LL * 1024 * 1024;
};

// Answers at once. Above a bound, expired records go first, then those nearest to their expiry. Large stores are split
// into shards by key, each with its own lock and its own order of expiry: there the victim is the nearest of one shard.
// A fork's child starts empty.
class Memory final : public Store {
 public:
  explicit Memory(MemoryBounds bounds);
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  Memory(Memory&&) = delete;
  Memory& operator=(Memory&&) = delete;
  ~Memory() override;

  void load(const Key& key, std::int64_t now, Completion<Found> done) override;
  void create(const Key& key, const Record& record, Completion<Found> done) override;
  void commit(const Key& key, const Changes& changes, const Times& times, Completion<Found> done) override;
  void touch(const Key& key, const Times& times, Completion<Found> done) override;
  void regenerate(const Key& from, const Key& to, const Changes& changes, const Times& times,
                  Completion<Found> done) override;
  void destroy(const Key& key, std::int64_t now, Completion<bool> done) override;

  // For tests and statistics.
  std::int64_t session_count();
  std::int64_t byte_count();

 private:
  class Table;

  PerProcess<Table> table_;
};

}  // namespace sessions::store
