// A store over a custom one that only keeps blobs: changes are merged here, and written if nobody was faster.
#pragma once

#include <memory>
#include <store/blobs.hpp>
#include <store/store.hpp>

namespace sessions::store {

// Answers when the blobs have answered. A write that others keep overtaking is tried again until the call's deadline.
class Custom final : public Store {
 public:
  explicit Custom(std::shared_ptr<Blobs> blobs) : blobs_(std::move(blobs)) {}

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
  std::shared_ptr<Blobs> blobs_;
};

}  // namespace sessions::store
