// Sessions that travel in the cookie.
#pragma once

#include <envelope/envelope.hpp>
#include <manager/config.hpp>
#include <manager/keeper.hpp>
#include <memory>

namespace sessions::manager {

class InCookie final : public Keeper {
 public:
  // The config outlives the keeper.
  InCookie(std::unique_ptr<envelope::Envelope> envelope, const Config& config)
      : envelope_(std::move(envelope)), config_(config) {}

  bool may_wait() const noexcept override { return false; }
  Result<Origin> find(std::string_view cookie_value, const Call& call, session::Content& content, Kept& kept,
                      Asked& asked) const override;
  Result<void> append_value(Write write, const Kept& kept, const session::Content& content, const Call& call,
                            std::string& line, std::optional<Kept>& next) const override;
  bool changes_value(Write write) const noexcept override;
  Result<Written> perform(Write write, CommitMode mode, std::optional<Kept>& next, session::Content& content,
                          const Call& call, Kept& kept, Asked& asked) const override;
  Result<store::Destroyed> destroy(const Kept& kept, const Call& call, Asked& asked) const override;
  bool keeps_time() const noexcept override { return envelope_->carries_time(); }

 private:
  std::unique_ptr<envelope::Envelope> envelope_;
  const Config& config_;
};

}  // namespace sessions::manager
