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

// Answers at once. Above a bound, expired records go first, then tombstones, then the sessions nearest to their expiry.
// Large stores are split into shards by key, each with its own lock and its own order of expiry: there the victim is
// the nearest of one shard. A fork's child starts empty.
class Memory final : public Store {
 public:
  explicit Memory(MemoryBounds bounds);
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  Memory(Memory&&) = delete;
  Memory& operator=(Memory&&) = delete;
  ~Memory() override;

  bool answers_at_once() const noexcept override { return true; }
  bool may_block() const noexcept override { return false; }
  void load(const Key& key, const Call& call, Completion<std::optional<Record>> done) override;
  void create(const Key& key, const Record& record, const Call& call, Completion<bool> done) override;
  Attempt commit(const Key& key, const Commit& commit, const Call& call, Completion<Committed> done) override;
  void touch(const Key& key, std::uint64_t generation, std::int64_t expires, const Call& call,
             Completion<Committed> done) override;
  Attempt regenerate(const Key& from, const Destination& to, const Commit& commit, std::int64_t ended_until,
                     const Call& call, Completion<Committed> done) override;
  void destroy(const Key& key, std::int64_t ended_until, const Call& call, Completion<Destroyed> done) override;
  void sweep(std::int64_t most, const Call& call, Completion<std::int64_t> done) override;
  void ping(const Call& call, Completion<std::monostate> done) override;
  void statistics(const Call& call, Completion<Statistics> done) override;

 private:
  class Table;

  PerProcess<Table> table_;
};

}  // namespace sessions::store
