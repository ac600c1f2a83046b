#include <algorithm>
#include <array>
#include <base/limits.hpp>
#include <cookie/header.hpp>
#include <manager/session.hpp>
#include <utility>

namespace sessions::manager {

namespace {

// The store has answered, and will say the same again. An outage is something else: the session may be there.
bool is_unreadable(const Error& error) noexcept {
  return error.status == Status::corrupt || error.status == Status::newer;
}

}  // namespace

Session::Session(std::shared_ptr<const Manager> manager)
    : manager_(std::move(manager)),
      timeout_(manager_->config().timeout()),
      content_(manager_->config().max_content_bytes()) {
  set_commit_mode(manager_->config().commit_mode());
}

void Session::set_commit_mode(CommitMode mode) noexcept {
  mode_ = mode;
  if (mode == CommitMode::strict) {
    content_.remember_reads();
  }
}

void Session::begin_call() {
  const Config& config = manager_->config();
  call_.emplace(config.now(), timeout_, config.codec());
  if (next_deadline_) {
    call_->end_by(*std::exchange(next_deadline_, std::nullopt));
  }
}

Result<void> Session::wait_through(Result<void> result) {
  while (!result && is_pending(result.error())) {
    manager_->store()->wait_for(answer(), deadline());
    result = resume();
  }
  return result;
}

void Session::forget() noexcept {
  if (asked_.is_open() && step_ == &Session::perform && changes_version(writing_.write)) {
    kept_.doubt();
  }
  asked_.forget();
  next_deadline_.reset();
}

// ---- the request comes in ----

Result<void> Session::begin_load_header(std::string_view cookie_header) {
  const std::string& name = manager_->config().cookie().name;
  std::string_view only;
  const std::size_t count = cookie::find_values(cookie_header, name, {&only, 1});
  if (count <= 1) {
    return load({&only, count});
  }
  manager_->config().log(LogLevel::info, "a request has " + std::to_string(count) + " cookies named \"" + name +
                                             "\": of the first " + std::to_string(limits::cookie_candidates) +
                                             " the first that is good counts, the others are ignored");
  std::array<std::string_view, limits::cookie_candidates> values;
  cookie::find_values(cookie_header, name, values);
  return load({values.data(), std::min(count, values.size())});
}

Result<void> Session::begin_load_value(std::string_view cookie_value) {
  return load({&cookie_value, cookie_value.empty() ? std::size_t{0} : std::size_t{1}});
}

Result<void> Session::load(std::span<const std::string_view> candidates) {
  if (is_loaded_ || was_used_) {
    return Error{Status::misuse, "a session is loaded once, before it is used: make another one"};
  }
  begin_call();
  first_refusal_.reset();
  step_ = &Session::seek_further;
  return seek(candidates);
}

Result<void> Session::seek(std::span<const std::string_view> candidates) {
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!asked_.is_open() && manager_->keeper().may_wait()) {
      candidates_.assign(candidates.begin() + static_cast<std::ptrdiff_t>(i), candidates.end());
    }
    const Result<Origin> origin = manager_->keeper().find(candidates[i], *call_, content_, kept_, asked_);
    if (!origin) {
      browser_has_it_ = is_unreadable(origin.error());
      return origin.error();
    }
    if (*origin == Origin::restored) {
      first_refusal_.reset();
      origin_ = Origin::restored;
      is_kept_ = true;
      break;
    }
    first_refusal_ = first_refusal_.value_or(*origin);
  }
  origin_ = first_refusal_.value_or(origin_);
  browser_has_it_ = !candidates.empty();
  is_loaded_ = true;
  return {};
}

Result<void> Session::seek_further() {
  const std::vector<std::string> values = std::exchange(candidates_, {});
  std::array<std::string_view, limits::cookie_candidates> candidates;
  std::copy(values.begin(), values.end(), candidates.begin());
  return seek({candidates.data(), values.size()});
}

// Text that is authentic but no content that we read is a refused cookie, found out late.
void Session::refuse_unless(bool is_content) noexcept {
  if (!is_content) {
    origin_ = Origin::content;
    is_kept_ = false;
  }
}

void Session::use() noexcept {
  is_used_ = true;
  was_used_ = true;
}

Origin Session::origin() noexcept {
  refuse_unless(content_.look());
  return origin_;
}

session::Content& Session::content() {
  refuse_unless(content_.decode());
  use();
  return content_;
}

std::size_t Session::count() noexcept {
  refuse_unless(content_.look());
  use();
  return content_.size();
}

// ---- the response goes out ----

Result<void> Session::finish(Outcome outcome, std::vector<std::string> contested_keys, bool degraded) noexcept {
  outcome_ = outcome;
  degraded_ = degraded;
  contested_keys_ = std::move(contested_keys);
  is_used_ = false;
  was_used_ = was_used_ || outcome != Outcome::unchanged;
  return {};
}

bool Session::is_renewal_due() const noexcept {
  return is_used_ &&
         (!manager_->keeper().keeps_time() || call_->now() - kept_.written >= manager_->config().renew_after());
}

Result<void> Session::begin_commit() {
  if (is_gone_) {
    return finish(Outcome::gone);
  }
  if (!is_used_) {
    return finish(Outcome::unchanged);
  }
  refuse_unless(content_.decode());
  begin_call();
  if (content_.empty() && (!is_kept_ || content_.cleared())) {
    return content_.cleared() ? end() : finish(Outcome::unchanged);
  }
  if (!is_kept_) {
    return write(Write::create, Outcome::created);
  }
  if (content_.changed()) {
    return write(Write::save, Outcome::saved);
  }
  return is_renewal_due() ? write(Write::touch, Outcome::touched) : finish(Outcome::unchanged);
}

Result<void> Session::begin_regenerate() {
  refuse_unless(content_.decode());
  if (is_gone_) {
    return finish(Outcome::gone);
  }
  if (!is_kept_ || (content_.empty() && content_.cleared())) {
    was_used_ = true;  // that there is nothing to move is an answer, too
    return begin_commit();
  }
  begin_call();
  return write(Write::regenerate, Outcome::regenerated);
}

Result<void> Session::begin_destroy() {
  refuse_unless(content_.look());
  begin_call();
  return end();
}

Result<void> Session::write(Write write, Outcome outcome) {
  const cookie::SetCookieLines& lines = manager_->lines();
  writing_.write = write;
  writing_.outcome = outcome;
  std::string& line = writing_.line;
  line = lines.before_value();
  if (Result<void> appended = manager_->keeper().append_value(write, kept_, content_, *call_, line, writing_.next);
      !appended) {
    return appended;
  }
  line += lines.after_value();
  if (line.size() > limits::cookie_line_bytes) {
    return Error{Status::limit,
                 "the Set-Cookie line would have more than 4,096 bytes, which browsers drop: put less into the "
                 "session, or use a backend that keeps it in a store"};
  }
  // The browser's copy is renewed with ours; one that has no Max-Age needs that only when it changes.
  writing_.is_sent = manager_->config().persistent() || manager_->keeper().changes_value(write);
  step_ = &Session::perform;
  return perform();
}

Result<void> Session::perform() {
  Result<Written> written =
      manager_->keeper().perform(writing_.write, mode_, writing_.next, content_, *call_, kept_, asked_);
  if (!written) {
    return std::move(written.error());
  }
  if (written->outcome == Written::Outcome::gone) {
    is_gone_ = true;
    line_.reset();
    return finish(Outcome::gone);
  }
  if (written->outcome == Written::Outcome::conflict) {
    return finish(Outcome::conflict, std::move(written->keys));
  }
  is_kept_ = true;
  if (writing_.is_sent) {
    line_ = std::move(writing_.line);
  }
  const bool is_merged = writing_.write == Write::save && written->outcome == Written::Outcome::merged;
  return finish(is_merged ? Outcome::merged : writing_.outcome, std::move(written->keys), written->degraded);
}

Result<void> Session::end() {
  if (!is_kept_ && !browser_has_it_) {
    content_.adopt_nothing();
    was_used_ = true;  // that there is nothing to end is an answer, too
    return finish(Outcome::unchanged);
  }
  writing_.line = manager_->lines().remove();
  step_ = &Session::perform_end;
  return perform_end();
}

Result<void> Session::perform_end() {
  bool degraded = false;
  if (is_kept_) {
    const Result<store::Destroyed> destroyed = manager_->keeper().destroy(kept_, *call_, asked_);
    if (!destroyed) {
      if (is_unreadable(destroyed.error())) {
        is_kept_ = false;  // as when it is loaded so: what is left to do is to delete the cookie
        browser_has_it_ = true;
      }
      return destroyed.error();
    }
    degraded = destroyed->degraded;
  }
  line_ = std::move(writing_.line);
  content_.adopt_nothing();
  is_kept_ = false;
  browser_has_it_ = false;
  is_gone_ = false;
  return finish(Outcome::destroyed, {}, degraded);
}

}  // namespace sessions::manager
