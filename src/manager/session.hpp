// The session of one request, from the Cookie header to the Set-Cookie lines.
#pragma once

#include <base/result.hpp>
#include <chrono>
#include <manager/manager.hpp>
#include <memory>
#include <optional>
#include <session/content.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sessions::manager {

// What the last commit, regenerate or destroy did. The numbers are those of <sessions/session.h>.
enum class Outcome : std::int32_t {
  unchanged = 0,
  created,
  saved,
  touched,
  regenerated,
  destroyed,
  gone,
  merged,
  conflict
};

// One thread at a time. A call that fails, or throws std::bad_alloc, leaves everything as it was.
class Session {
 public:
  explicit Session(std::shared_ptr<const Manager> manager);

  void set_timeout(std::chrono::milliseconds timeout) noexcept { timeout_ = timeout; }
  void set_commit_mode(CommitMode mode) noexcept;

  Result<void> load_header(std::string_view cookie_header);
  Result<void> load_value(std::string_view cookie_value);

  Origin origin() noexcept;

  // Reading or changing the content uses the session; counting its keys, which needs no memory, does too.
  session::Content& content();
  std::size_t count() noexcept;

  Result<void> commit();
  Result<void> regenerate();
  Result<void> destroy();

  Outcome outcome() const noexcept { return outcome_; }
  // Done, but no replica has confirmed it.
  bool degraded() const noexcept { return degraded_; }
  // Keys that parallel requests have changed too: what a merge had to decide, or what the conflict is about.
  std::span<const std::string> contested_keys() const noexcept { return contested_keys_; }
  std::span<const std::string> lines() const noexcept {
    return line_ ? std::span<const std::string>(&*line_, 1) : std::span<const std::string>();
  }
  bool varies_by_cookie() const noexcept { return was_used_ || line_; }
  bool must_not_be_cached() const noexcept { return line_ || (was_used_ && origin_ == Origin::restored); }

 private:
  Result<void> load(std::span<const std::string_view> candidates);
  void refuse_unless(bool is_content) noexcept;
  void use() noexcept;
  Call call() const;
  bool is_renewal_due(const Call& call) const noexcept;
  Result<void> write(Write write, Outcome outcome, const Call& call);
  Result<void> end(const Call& call);
  Result<void> finish(Outcome outcome, std::vector<std::string> contested_keys = {}, bool degraded = false) noexcept;

  std::shared_ptr<const Manager> manager_;
  std::chrono::milliseconds timeout_;
  CommitMode mode_;
  session::Content content_;
  Origin origin_ = Origin::fresh;
  bool is_kept_ = false;  // else the session exists in this handle only
  Kept kept_;
  bool is_loaded_ = false;
  bool browser_has_it_ = false;  // a cookie of our name, good or not
  bool is_used_ = false;         // since the last commit
  bool was_used_ = false;
  bool is_gone_ = false;
  Outcome outcome_ = Outcome::unchanged;
  bool degraded_ = false;
  std::vector<std::string> contested_keys_;
  std::optional<std::string> line_;
};

}  // namespace sessions::manager
