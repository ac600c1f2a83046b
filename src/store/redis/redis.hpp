// The store on a Redis server: which requests its operations are. hash.hpp says what is kept there, scripts.cpp what is
// done to it.
#pragma once

#include <base/per_process.hpp>
#include <base/result.hpp>
#include <chrono>
#include <memory>
#include <store/redis/requests.hpp>
#include <store/redis/transport.hpp>
#include <store/store.hpp>
#include <string>

namespace sessions::store::redis {

struct StoreOptions {
  std::string prefix = "session:";
  std::chrono::milliseconds wait_for_replica{0};  // how long destroy and regenerate wait at the most; 0: not at all
};

class Redis final : public Store {
 public:
  static Result<std::shared_ptr<Redis>> make(std::shared_ptr<Transport> transport, StoreOptions options);

  Redis(std::shared_ptr<Transport> transport, StoreOptions options, std::shared_ptr<const Scripts> scripts);

  // Finds out whether the server can be used. Answers a warning for the log, or nothing. Status unsupported when it
  // takes no scripts.
  void prepare(const Call& call, Completion<std::string> done);

  bool may_block() const noexcept override { return false; }
  void wait_for(Awaited& answer, Deadline deadline) override;
  void nudge() noexcept override { transport_->nudge(); }
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
  template <class T, class Make>
  Attempt ask(Transport::Lane lane, Completion<T> done, Make make);

  // What commit() and regenerate() have in common.
  Attempt change(Transport::Lane lane, Target target, const Commit& commit, const Call& call, Confirmation confirmation,
                 Completion<Committed> done);

  HashKey hash_key(const Key& key) const { return {options_.prefix, key}; }

  const std::shared_ptr<Transport> transport_;
  const StoreOptions options_;
  const std::string pattern_;  // of all hashes
  const std::shared_ptr<const Scripts> scripts_;
  PerProcess<std::shared_ptr<Writer>> writer_;
};

}  // namespace sessions::store::redis
