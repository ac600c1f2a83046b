// A commit that the server makes, or a move with one.
#pragma once

#include <memory>
#include <memory_resource>
#include <optional>
#include <store/redis/decoding.hpp>
#include <store/redis/requests.hpp>
#include <store/redis/script_call.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sessions::store::redis {

class CommitCall : public ScriptCall<Committed> {
 public:
  CommitCall(Means means, Target target, const Call& call, Completion<Committed> done);

  void start(const Commit& commit, std::int64_t now);

 protected:
  const Target& target() const noexcept { return target_; }

  Next read(const Reply& reply, std::string_view outcome) override;

 private:
  using Texts = std::pmr::vector<std::string>;
  using Words = std::pmr::vector<std::string_view>;

  bool is_plain(const Commit& commit) const noexcept;
  std::string format_work(const Commit& commit, const Attempt& attempt, std::int64_t now, bool is_plain) const;
  void add_rest(const Commit& commit, Texts& texts, Words& words) const;
  const HashKey& destination() const noexcept { return target_.move ? target_.move->key : target_.key; }

  std::optional<Error> refusal(const Reply& reply, std::string_view outcome) const;
  Next applied(std::string_view text);
  Next whole(Committed::Outcome outcome, const Reply& reply, const HashKey& key);
  void give(Completion<Committed> done, Result<Committed> answer) noexcept override;

  const Target target_;
  std::unique_ptr<Decoding<Committed>> decoding_;  // null without a codec
};

}  // namespace sessions::store::redis
