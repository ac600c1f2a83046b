// The store under test, seen as a host sees it: managers over one backend with a clock and a random source of the
// kit's, and requests that load, change and commit.
#pragma once

#include <sessions.h>

#include <atomic>
#include <conformance/tap.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace conformance {

template <auto free>
struct Free {
  template <class Handle>
  void operator()(Handle* handle) const noexcept {
    free(handle);
  }
};
using Backend = std::unique_ptr<sessions_backend, Free<sessions_backend_free>>;
using Config = std::unique_ptr<sessions_config, Free<sessions_config_free>>;
using Manager = std::unique_ptr<sessions_manager, Free<sessions_manager_free>>;
using Session = std::unique_ptr<sessions_session, Free<sessions_session_free>>;
using Error = std::unique_ptr<sessions_error, Free<sessions_error_free>>;

struct Settings {
  std::int32_t mode = SESSIONS_COMMIT_MERGE;
  std::int64_t lifetime = 10'000;
  std::int64_t renew_after = 1'000;
  std::int64_t max_content = 65'536;
};

// What the kit's own generator gives; everything random comes from one seed.
std::uint64_t mixed(std::uint64_t number) noexcept;

struct Statistics {
  std::int64_t sessions;
  std::int64_t bytes;
};

class World {
 public:
  World(Backend backend, std::uint64_t seed, bool is_memory, bool is_quick);
  World(const World&) = delete;  // managers point to its clock
  World& operator=(const World&) = delete;

  Manager manager(const Settings& settings = {});
  bool is_memory() const noexcept { return is_memory_; }
  bool is_quick() const noexcept { return is_quick_; }
  std::size_t times(std::size_t full, std::size_t quick) const noexcept { return is_quick_ ? quick : full; }
  std::uint64_t random() noexcept { return mixed(seed_ + draws_.fetch_add(1) * 0x9e3779b97f4a7c15); }

  // ---- time ----

  std::int64_t now() const noexcept { return now_.load(); }
  void pass(std::int64_t seconds) noexcept { now_.fetch_add(seconds); }

  // ---- ids: the next ones are made of the same random bytes as those after mark_ids() ----

  void mark_ids() noexcept { id_mark_ = id_draws_.load(); }
  void repeat_ids() noexcept { id_draws_ = id_mark_; }
  void go_on_with_fresh_ids() noexcept { id_draws_ = id_draws_.load() + 1'000; }

  // ---- upkeep ----

  // None when the backend cannot count.
  std::optional<Statistics> statistics();

  // What statistics() said before the first test.
  void remember_start() { at_start_ = statistics(); }
  const std::optional<Statistics>& at_start() const noexcept { return at_start_; }

  // Drops all that is due, and says how many that were. None when the backend cannot.
  std::optional<std::int64_t> drop_expired();

  // The same when the time of every tombstone has passed.
  bool sweep();

  // What a destructor finds out; the test has failed with it when it is over, if with nothing else.
  void fail_later(Failure failure) { late_ = late_ ? std::move(late_) : std::move(failure); }
  std::optional<Failure> take_late_failure() { return std::exchange(late_, std::nullopt); }

  // What was done in this test, for its report.
  std::vector<std::string>& journal() noexcept { return journal_; }

 private:
  static std::int64_t tell_time(void* world) noexcept;
  static sessions_status fill(void* world, void* bytes, std::size_t size) noexcept;

  Backend backend_;
  const std::uint64_t seed_;
  const bool is_memory_;
  const bool is_quick_;
  std::atomic<std::int64_t> now_ = 2'000'000'000;
  std::atomic<std::uint64_t> draws_ = 0;
  std::atomic<std::uint64_t> id_draws_ = 0;
  std::uint64_t id_mark_ = 0;
  std::vector<std::string> journal_;
  std::optional<Failure> late_;
  Manager upkeep_;
  std::optional<Statistics> at_start_;
};

// SESSIONS_OK, or a Failure that says what could not be done.
void expect_ok(std::string_view about, sessions_status status, const Error& error = nullptr);

std::string origin_name(std::int32_t origin);
std::string outcome_name(std::int32_t outcome);

// One request. It has loaded when it is made. Values are JSON text. Unless a status is returned, any other than the
// usual one is a Failure.
class Request {
 public:
  using Journal = std::vector<std::string>;

  // With a journal, every step is written down there under the request's name. An empty cookie is none. `has_ended` is
  // told when the session that the cookie stands for has.
  Request(const Manager& manager, std::string_view cookie, Journal* journal = nullptr, std::string name = {},
          std::shared_ptr<bool> has_ended = std::make_shared<bool>(false));

  std::int32_t origin() const { return sessions_session_origin(session_.get()); }
  void use_mode(std::int32_t mode);

  std::optional<std::string> get(std::string_view key);
  std::string json();
  std::size_t count();

  sessions_status try_set(std::string_view key, std::string_view json);
  sessions_status try_increment(std::string_view key, std::int64_t delta);
  sessions_status try_remove(std::string_view key);
  void set(std::string_view key, std::string_view json) { expect_ok("set " + quoted(key), try_set(key, json)); }
  void increment(std::string_view key, std::int64_t delta = 1) {
    expect_ok("increment " + quoted(key), try_increment(key, delta));
  }
  void remove(std::string_view key) { expect_ok("remove " + quoted(key), try_remove(key)); }
  void require_unchanged(std::string_view key);
  void clear();
  void from_json(std::string_view json);

  sessions_status try_commit() { return end("commit", sessions_session_commit); }
  sessions_status try_regenerate() { return end("regenerate", sessions_session_regenerate); }
  std::int32_t commit() { return checked("commit", try_commit()); }

  // For threads: a store may say that it is busy. It must have changed nothing then.
  std::int32_t commit_among_others();
  std::int32_t regenerate() { return checked("regenerate", try_regenerate()); }
  std::int32_t destroy() { return checked("destroy", end("destroy", sessions_session_destroy)); }

  // Of the last commit, regenerate or destroy.
  std::int32_t outcome() const { return sessions_session_outcome(session_.get()); }
  std::vector<std::string> contested() const;
  std::size_t line_count() const { return sessions_session_cookie_count(session_.get()); }

  // What the browser sends from now on; empty when it sends nothing.
  const std::string& cookie() const noexcept { return cookie_; }

 private:
  using Ending = sessions_status (*)(sessions_session*, sessions_error**);

  sessions_status end(std::string_view verb, Ending ending);
  std::int32_t checked(std::string_view verb, sessions_status status);
  sessions_status note(std::string_view step, sessions_status status);
  template <class... Texts>
  void write_down(const Texts&... texts);

  Session session_;
  Error error_;
  std::string cookie_;
  Journal* journal_;
  std::string name_;
  std::shared_ptr<bool> has_ended_;
};

// A stored session with a cookie, as a browser has one. What it holds in the end is destroyed; a session that one of
// its requests has ended, or found ended, must not be there again then.
class Browser {
 public:
  Browser(World& world, const Manager& manager, std::string_view json);
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;
  ~Browser();

  Request request(std::string name);
  Request request(std::string name, std::int32_t mode);

  const std::string& cookie() const noexcept { return cookie_; }
  void take(const Request& response) {
    cookie_ = response.cookie();
    has_ended_ = std::make_shared<bool>(false);
  }

  // What a new request finds.
  void expect_content(std::string_view json);
  void expect_origin(std::int32_t origin);

 private:
  World& world_;
  const Manager& manager_;
  std::string cookie_;
  std::shared_ptr<bool> has_ended_ = std::make_shared<bool>(false);
};

void expect_outcome(std::int32_t expected, std::int32_t got, std::string_view about = "outcome");
// Than there were before. A test does this last: it is skipped when the backend does not count. It may drop what is due
// at any time.
void expect_no_more_sessions(World& world, const std::optional<Statistics>& before);

void expect_contested(const Request& request, const std::vector<std::string>& expected);

// What each of some threads did, for the report of a failure.
class Journals {
 public:
  explicit Journals(std::size_t threads) : journals_(threads) {}
  Request::Journal* of(std::size_t thread) noexcept { return &journals_[thread]; }

  // Runs the check, and adds to its failure what the threads did.
  void explain(const std::function<void()>& check) const;

 private:
  std::vector<Request::Journal> journals_;
};

// Runs the body in as many threads, numbered from 0, that start together; the first failure goes on to the caller.
void in_threads(std::size_t count, const std::function<void(std::size_t)>& body);

}  // namespace conformance
