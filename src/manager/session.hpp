// The session of one request, from the Cookie header to the Set-Cookie lines.
#pragma once

#include <base/clock.hpp>
#include <base/result.hpp>
#include <chrono>
#include <manager/ask.hpp>
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
  std::chrono::milliseconds timeout() const noexcept { return timeout_; }
  void set_commit_mode(CommitMode mode) noexcept;

  Result<void> load_header(std::string_view cookie_header) { return wait_through(begin_load_header(cookie_header)); }
  Result<void> load_value(std::string_view cookie_value) { return wait_through(begin_load_value(cookie_value)); }

  Origin origin() noexcept;

  // Reading or changing the content uses the session; counting its keys, which needs no memory, does too.
  session::Content& content();
  std::size_t count() noexcept;

  Result<void> commit() { return wait_through(begin_commit()); }
  Result<void> regenerate() { return wait_through(begin_regenerate()); }
  Result<void> destroy() { return wait_through(begin_destroy()); }

  Outcome outcome() const noexcept { return outcome_; }
  // Done, but no replica has confirmed it.
  bool degraded() const noexcept { return degraded_; }
  // Keys that parallel requests have changed too: what a merge had to decide, or what the conflict is about.
  std::span<const std::string> contested_keys() const noexcept { return contested_keys_; }
  std::span<const std::string> lines() const noexcept {
    return line_ ? std::span<const std::string>(&*line_, 1) : std::span<const std::string>();
  }
  // What may be cached at all: for those who send the same cookie.
  bool varies_by_cookie() const noexcept { return was_used_ && !must_not_be_cached(); }
  bool must_not_be_cached() const noexcept { return line_ || (was_used_ && origin_ == Origin::restored); }

  // ---- the same without waiting ----

  // Status pending says that a store has been asked. When its answer is there, or nobody waits for it any more,
  // resume() goes on; until the call has ended nothing else may be called but what follows.
  Result<void> begin_load_header(std::string_view cookie_header);
  Result<void> begin_load_value(std::string_view cookie_value);
  Result<void> begin_commit();
  Result<void> begin_regenerate();
  Result<void> begin_destroy();

  Result<void> resume() { return (this->*step_)(); }

  // Null when cookies keep the content.
  const std::shared_ptr<store::Store>& store() const noexcept { return manager_->store(); }

  // The next call does not ask the store, which may block, but is pending when it would: resume() asks.
  void put_off_asking() noexcept { asked_.put_off(); }
  bool has_asked() const noexcept { return asked_.is_open(); }

  // What is waited for, and until when.
  store::Awaited& answer() const noexcept { return asked_.answer(); }
  Deadline deadline() const { return call_->deadline(); }

  // Ends the call: what the store makes of it will not be known.
  void forget() noexcept;

  // The next call ends by then, instead of after the timeout.
  void end_next_by(Deadline deadline) noexcept { next_deadline_ = deadline; }

 private:
  // A cookie line on its way.
  struct Writing {
    Write write = Write::create;
    Outcome outcome = Outcome::unchanged;
    std::string line;
    bool is_sent = false;
    std::optional<Kept> next;
  };

  Result<void> wait_through(Result<void> result);
  Result<void> load(std::span<const std::string_view> candidates);
  Result<void> seek(std::span<const std::string_view> candidates);
  Result<void> seek_further();
  void refuse_unless(bool is_content) noexcept;
  void use() noexcept;
  void begin_call();
  bool is_renewal_due() const noexcept;
  Result<void> write(Write write, Outcome outcome);
  Result<void> perform();
  Result<void> end();
  Result<void> perform_end();
  Result<void> finish(Outcome outcome, std::vector<std::string> contested_keys = {}, bool degraded = false) noexcept;

  std::shared_ptr<const Manager> manager_;
  std::chrono::milliseconds timeout_;
  CommitMode mode_;
  session::Content content_;
  Origin origin_ = Origin::fresh;
  bool is_kept_ = false;  // else the session exists in this handle only
  Kept kept_;
  bool is_loaded_ = false;
  bool browser_has_it_ = false;  // a cookie of our name, good or not; after a failed load, one that will not get better
  bool is_used_ = false;         // since the last commit
  bool was_used_ = false;
  bool is_gone_ = false;
  Outcome outcome_ = Outcome::unchanged;
  bool degraded_ = false;
  std::vector<std::string> contested_keys_;
  std::optional<std::string> line_;

  // The call that is being made.
  std::optional<Call> call_;
  std::optional<Deadline> next_deadline_;
  Asked asked_;
  Result<void> (Session::*step_)() = nullptr;  // asks, and goes on with the answer
  std::vector<std::string> candidates_;        // cookie values still to be looked up
  std::optional<Origin> first_refusal_;
  Writing writing_;
};

}  // namespace sessions::manager
