// Sessions that a store keeps, under the digest of the id in the cookie.
#pragma once

#include <crypto/digest.hpp>
#include <manager/config.hpp>
#include <manager/keeper.hpp>
#include <memory>
#include <store/store.hpp>

namespace sessions::manager {

class InStore final : public Keeper {
 public:
  // The config outlives the keeper.
  InStore(std::shared_ptr<store::Store> store, std::unique_ptr<crypto::Digest> sha256, const Config& config)
      : store_(std::move(store)), sha256_(std::move(sha256)), config_(config) {}

  bool may_wait() const noexcept override { return !store_->answers_at_once(); }
  Result<Origin> find(std::string_view cookie_value, const Call& call, session::Content& content, Kept& kept,
                      Asked& asked) const override;
  Result<void> append_value(Write write, const Kept& kept, const session::Content& content, const Call& call,
                            std::string& line, std::optional<Kept>& next) const override;
  bool changes_value(Write write) const noexcept override;
  Result<Written> perform(Write write, CommitMode mode, std::optional<Kept>& next, session::Content& content,
                          const Call& call, Kept& kept, Asked& asked) const override;
  Result<store::Destroyed> destroy(const Kept& kept, const Call& call, Asked& asked) const override;
  bool keeps_time() const noexcept override { return true; }

 private:
  Result<std::uint64_t> draw_generation() const;
  Result<store::Committed> create(Kept& next, const session::Content& content, const Call& call, Asked& asked) const;
  Result<void> start_change(Write write, CommitMode mode, Kept& kept, const store::Key& key,
                            const session::Content& content, const Call& call,
                            store::Completion<store::Committed> done) const;

  std::shared_ptr<store::Store> store_;
  std::unique_ptr<crypto::Digest> sha256_;
  const Config& config_;
};

}  // namespace sessions::manager
