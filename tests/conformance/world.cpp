#include <array>
#include <conformance/world.hpp>
#include <cstring>
#include <exception>
#include <thread>

namespace conformance {

namespace {

constexpr std::string_view signing_key = "the conformance kit has this key for backends that sign";

// As long as a store may have to remember a session that has ended.
constexpr std::int64_t tombstone_seconds = 3'600;

}  // namespace

std::uint64_t mixed(std::uint64_t number) noexcept {  // splitmix64
  number += 0x9e3779b97f4a7c15;
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
  number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
  return number ^ (number >> 31);
}

void expect_ok(std::string_view about, sessions_status status, const Error& error) {
  if (status != SESSIONS_OK) {
    throw Failure(std::string(about), "SESSIONS_OK",
                  std::string(sessions_status_name(status)) + ": " +
                      (error ? sessions_error_message(error.get()) : sessions_status_message(status)));
  }
}

// ---- World ----

World::World(Backend backend, std::uint64_t seed, bool is_memory, bool is_quick)
    : backend_(std::move(backend)),
      seed_(mixed(seed)),
      is_memory_(is_memory),
      is_quick_(is_quick),
      upkeep_(manager()) {}

std::int64_t World::tell_time(void* world) noexcept { return static_cast<World*>(world)->now(); }

sessions_status World::fill(void* user_data, void* bytes, std::size_t size) noexcept {
  World& world = *static_cast<World*>(user_data);
  auto* to = static_cast<unsigned char*>(bytes);
  while (size > 0) {
    const std::uint64_t word = mixed(~world.seed_ + world.id_draws_.fetch_add(1) * 0x9e3779b97f4a7c15);
    const std::size_t part = std::min(size, sizeof word);
    std::memcpy(to, &word, part);
    to += part;
    size -= part;
  }
  return SESSIONS_OK;
}

Manager World::manager(const Settings& settings) {
  constexpr std::int64_t timeout_ms = 120'000;  // how fast a store is under load is not the question here
  sessions_config* made = nullptr;
  expect_ok("sessions_config_new", sessions_config_new(&made));
  const Config config(made);
  expect_ok("config", sessions_config_add_key(made, signing_key.data(), signing_key.size(), nullptr));
  expect_ok("config", sessions_config_set_clock(made, &World::tell_time, this, nullptr, nullptr));
  expect_ok("config", sessions_config_set_random(made, &World::fill, this, nullptr, nullptr));
  expect_ok("config", sessions_config_set_commit_mode(made, settings.mode, nullptr));
  expect_ok("config", sessions_config_set_lifetime_seconds(made, settings.lifetime, nullptr));
  expect_ok("config", sessions_config_set_renew_after_seconds(made, settings.renew_after, nullptr));
  expect_ok("config", sessions_config_set_max_content_bytes(made, settings.max_content, nullptr));
  expect_ok("config", sessions_config_set_timeout_ms(made, timeout_ms, nullptr));
  sessions_manager* manager = nullptr;
  sessions_error* error = nullptr;
  const sessions_status status = sessions_manager_new(backend_.get(), made, &manager, &error);
  expect_ok("sessions_manager_new", status, Error(error));
  return Manager(manager);
}

std::optional<Statistics> World::statistics() {
  Statistics statistics{};
  sessions_error* error = nullptr;
  const sessions_status status =
      sessions_manager_statistics(upkeep_.get(), &statistics.sessions, &statistics.bytes, &error);
  const Error owned(error);
  if (status == SESSIONS_E_UNSUPPORTED) {
    return std::nullopt;
  }
  expect_ok("sessions_manager_statistics", status, owned);
  return statistics;
}

bool World::sweep() {
  pass(tombstone_seconds + 1);
  return drop_expired().has_value();
}

std::optional<std::int64_t> World::drop_expired() {
  constexpr std::int64_t most = 500;
  std::int64_t all = 0;
  std::int64_t dropped = most;
  while (dropped == most) {
    sessions_error* error = nullptr;
    const sessions_status status = sessions_manager_sweep(upkeep_.get(), most, &dropped, &error);
    const Error owned(error);
    if (status == SESSIONS_E_UNSUPPORTED) {
      return std::nullopt;
    }
    expect_ok("sessions_manager_sweep", status, owned);
    all += dropped;
  }
  return all;
}

// ---- Request ----

std::string origin_name(std::int32_t origin) {
  constexpr std::array<std::string_view, 8> names = {"new",     "restored", "malformed", "signature",
                                                     "expired", "future",   "unknown",   "content"};
  return origin >= 0 && origin < 8 ? std::string(names[static_cast<std::size_t>(origin)]) : std::to_string(origin);
}

std::string outcome_name(std::int32_t outcome) {
  constexpr std::array<std::string_view, 9> names = {"UNCHANGED", "CREATED", "SAVED",  "TOUCHED", "REGENERATED",
                                                     "DESTROYED", "GONE",    "MERGED", "CONFLICT"};
  return outcome >= 0 && outcome < 9 ? std::string(names[static_cast<std::size_t>(outcome)]) : std::to_string(outcome);
}

template <class... Texts>
void Request::write_down(const Texts&... texts) {
  if (journal_ != nullptr) {
    std::string line = name_;
    ((line += ' ', line += texts), ...);
    journal_->push_back(std::move(line));
  }
}

Request::Request(const Manager& manager, std::string_view cookie, Journal* journal, std::string name,
                 std::shared_ptr<bool> has_ended)
    : cookie_(cookie), journal_(journal), name_(std::move(name)), has_ended_(std::move(has_ended)) {
  sessions_session* session = nullptr;
  sessions_error* error = nullptr;
  const sessions_status status = sessions_manager_load_value(manager.get(), cookie.empty() ? nullptr : cookie.data(),
                                                             cookie.size(), &session, &error);
  session_.reset(session);
  expect_ok("load", status, Error(error));
  if (journal_ != nullptr) {
    write_down("load -> " + origin_name(origin()));
  }
  *has_ended_ = *has_ended_ || origin() != SESSIONS_ORIGIN_RESTORED;
}

void Request::use_mode(std::int32_t mode) {
  expect_ok("sessions_session_set_commit_mode", sessions_session_set_commit_mode(session_.get(), mode, nullptr));
}

std::optional<std::string> Request::get(std::string_view key) {
  const char* json = nullptr;
  std::size_t size = 0;
  const sessions_status status = sessions_session_get_json(session_.get(), key.data(), key.size(), &json, &size);
  if (status == SESSIONS_E_NOT_FOUND) {
    write_down("get", quoted(key), "-> none");
    return std::nullopt;
  }
  expect_ok("get " + quoted(key), status);
  write_down("get", quoted(key), "->", std::string_view(json, std::min<std::size_t>(size, 80)));
  return std::string(json, size);
}

std::string Request::json() {
  const char* json = nullptr;
  std::size_t size = 0;
  expect_ok("sessions_session_to_json", sessions_session_to_json(session_.get(), &json, &size));
  return {json, size};
}

std::size_t Request::count() { return sessions_session_count(session_.get()); }

sessions_status Request::note(std::string_view step, sessions_status status) {
  if (journal_ != nullptr) {
    write_down(step, status == SESSIONS_OK ? "" : sessions_status_name(status));
  }
  return status;
}

sessions_status Request::try_set(std::string_view key, std::string_view json) {
  const sessions_status status =
      sessions_session_set_json(session_.get(), key.data(), key.size(), json.data(), json.size(), nullptr);
  return journal_ == nullptr ? status : note("set " + quoted(key) + " = " + std::string(json.substr(0, 80)), status);
}

sessions_status Request::try_increment(std::string_view key, std::int64_t delta) {
  const sessions_status status = sessions_session_increment(session_.get(), key.data(), key.size(), delta, nullptr);
  return journal_ == nullptr ? status : note("increment " + quoted(key) + " by " + std::to_string(delta), status);
}

sessions_status Request::try_remove(std::string_view key) {
  const sessions_status status = sessions_session_remove(session_.get(), key.data(), key.size());
  return journal_ == nullptr ? status : note("remove " + quoted(key), status);
}

void Request::require_unchanged(std::string_view key) {
  const sessions_status status = sessions_session_require_unchanged(session_.get(), key.data(), key.size());
  expect_ok("require_unchanged", note("require unchanged " + quoted(key), status));
}

void Request::clear() { expect_ok("clear", note("clear", sessions_session_clear(session_.get()))); }

void Request::from_json(std::string_view json) {
  const sessions_status status = sessions_session_from_json(session_.get(), json.data(), json.size(), nullptr);
  expect_ok("from_json",
            journal_ == nullptr ? status : note("replace all by " + std::string(json.substr(0, 80)), status));
}

sessions_status Request::end(std::string_view verb, Ending ending) {
  sessions_error* error = nullptr;
  const sessions_status status = ending(session_.get(), &error);
  error_.reset(error);
  if (journal_ != nullptr) {
    write_down(verb, "->", status == SESSIONS_OK ? outcome_name(outcome()) : sessions_status_name(status));
  }
  const bool is_end = outcome() == SESSIONS_OUTCOME_DESTROYED || outcome() == SESSIONS_OUTCOME_GONE ||
                      outcome() == SESSIONS_OUTCOME_REGENERATED;
  *has_ended_ = *has_ended_ || (status == SESSIONS_OK && is_end);
  if (status == SESSIONS_OK && line_count() > 0) {
    const char* line = nullptr;
    std::size_t size = 0;
    expect_ok("sessions_session_cookie_line", sessions_session_cookie_line(session_.get(), 0, &line, &size));
    const std::string_view text(line, size);
    const std::size_t begin = text.find('=') + 1;
    cookie_ = text.substr(begin, text.find(';') - begin);
  }
  return status;
}

std::int32_t Request::checked(std::string_view verb, sessions_status status) {
  expect_ok(verb, status, error_);
  return outcome();
}

std::int32_t Request::commit_among_others() {
  constexpr int patience = 1'000;
  sessions_status status = try_commit();
  for (int i = 0; i < patience && (status == SESSIONS_E_BUSY || status == SESSIONS_E_TIMEOUT); ++i) {
    std::this_thread::yield();
    status = try_commit();
  }
  return checked("commit", status);
}

std::vector<std::string> Request::contested() const {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < sessions_session_contested_count(session_.get()); ++i) {
    const char* key = nullptr;
    std::size_t size = 0;
    expect_ok("contested key", sessions_session_contested_key(session_.get(), i, &key, &size));
    keys.emplace_back(key, size);
  }
  return keys;
}

// ---- Browser ----

Browser::Browser(World& world, const Manager& manager, std::string_view json) : world_(world), manager_(manager) {
  Request request(manager_, {}, &world_.journal(), "browser");
  request.from_json(json);
  expect_outcome(SESSIONS_OUTCOME_CREATED, request.commit(), "a new session with content");
  take(request);
}

Browser::~Browser() {
  try {
    const bool has_ended = *has_ended_;
    Request last = request("browser, in the end");
    if (has_ended && last.origin() == SESSIONS_ORIGIN_RESTORED) {
      world_.fail_later({"a session that has ended", "is gone", "is there again"});
    }
    last.destroy();
  } catch (const Failure&) {
    return;  // what a test has to say was said
  }
}

Request Browser::request(std::string name) {
  return {manager_, cookie_, &world_.journal(), std::move(name), has_ended_};
}

Request Browser::request(std::string name, std::int32_t mode) {
  Request made = request(std::move(name));
  made.use_mode(mode);
  return made;
}

void Browser::expect_content(std::string_view json) {
  Request look = request("afterwards");
  expect_equal("whether the session is there", origin_name(SESSIONS_ORIGIN_RESTORED), origin_name(look.origin()));
  expect_equal("content of the session that a new request finds", json, look.json());
}

void Browser::expect_origin(std::int32_t origin) {
  expect_equal("origin that a new request finds", origin_name(origin), origin_name(request("afterwards").origin()));
}

void expect_outcome(std::int32_t expected, std::int32_t got, std::string_view about) {
  expect_equal(about, outcome_name(expected), outcome_name(got));
}

void expect_no_more_sessions(World& world, const std::optional<Statistics>& before) {
  if (!before) {
    throw Skipped("nothing was found; the backend does not count, so that something may be left");
  }
  if (world.statistics()->sessions > before->sessions) {
    throw Failure("sessions in the store", std::to_string(before->sessions),
                  std::to_string(world.statistics()->sessions));
  }
}

void expect_contested(const Request& request, const std::vector<std::string>& expected) {
  const auto text = [](const std::vector<std::string>& keys) {
    std::string joined;
    for (const std::string& key : keys) {
      joined += (joined.empty() ? "" : ", ") + key;
    }
    return joined.empty() ? "(none)" : joined;
  };
  expect_equal("contested keys", text(expected), text(request.contested()));
}

void Journals::explain(const std::function<void()>& check) const {
  try {
    check();
  } catch (Failure& failure) {
    for (const Request::Journal& journal : journals_) {
      failure.history.insert(failure.history.end(), journal.begin(), journal.end());
    }
    throw;
  }
}

void in_threads(std::size_t count, const std::function<void(std::size_t)>& body) {
  std::atomic<std::size_t> waiting = count;
  std::vector<std::exception_ptr> failures(count);
  std::vector<std::thread> threads;
  threads.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      waiting.fetch_sub(1);
      while (waiting.load() > 0) {
        std::this_thread::yield();
      }
      try {
        body(i);
      } catch (...) {
        failures[i] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const std::exception_ptr& failure : failures) {
    if (failure) {
      std::rethrow_exception(failure);
    }
  }
}

}  // namespace conformance
