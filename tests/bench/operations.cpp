#include "operations.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <memory>
#include <optional>
#include <stdexcept>

#include "bare_cookie.hpp"
#include "bare_sqlite.hpp"
#include "bare_table.hpp"
#include "framework_table.hpp"
#include "ours.hpp"

namespace bench {

const std::string_view signing_secret = "6b1f0c5e8d2a4793b0e1f2a3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f7";

namespace {

constexpr std::string_view cookie_name = "__Host-session";
constexpr std::int64_t first_value = 1'000'000;
constexpr std::int64_t values = 1'000'000;

// The values that the changed key gets, one after the other, always seven digits.
class Counter {
 public:
  std::int64_t next() noexcept { return first_value + ++count_ % values; }

  std::string_view next_text() noexcept {
    const auto end = std::to_chars(digits_.data(), digits_.data() + digits_.size(), next()).ptr;
    return {digits_.data(), end};
  }

 private:
  std::int64_t count_ = 0;
  std::array<char, 8> digits_{};
};

// Cookie headers, all of one size.
class Headers {
 public:
  void add(std::string_view header) {
    size_ = header.size();
    text_ += header;
  }

  std::size_t count() const noexcept { return text_.size() / size_; }

  std::string_view at(std::size_t index) const noexcept { return {text_.data() + index * size_, size_}; }

  void prefetch(std::size_t index) const noexcept {
    constexpr std::size_t cache_line = 64;
    for (std::size_t i = 0; i < size_ + cache_line; i += cache_line) {
      __builtin_prefetch(text_.data() + index * size_ + i);
    }
  }

 private:
  std::string text_;
  std::size_t size_ = 1;
};

// Picks headers in no order that a cache could foresee; but the header itself is at hand when its turn comes, as that
// of a request that has just been received.
class Picker {
 public:
  explicit Picker(std::uint64_t seed) noexcept : state_(seed * 0x9e3779b97f4a7c15U + 1) {}

  std::string_view pick(const Headers& headers) noexcept {
    const std::string_view picked = headers.at(next_);
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    next_ = state_ % headers.count();
    headers.prefetch(next_);
    return picked;
  }

 private:
  std::uint64_t state_;
  std::size_t next_ = 0;
};

std::optional<std::int64_t> to_integer(std::string_view text) noexcept {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

// ---- signed cookies ----

struct Cookie {
  Ours ours;
  std::string header;
};

struct BareState {
  BareCookie cookie;
  std::string header;
  Counter counter;
};

std::shared_ptr<BareState> bare_state(const Cookie& cookie) {
  return std::make_shared<BareState>(BareState{BareCookie(signing_secret, cookie_name), cookie.header, {}});
}

Step bare_load(const Cookie& cookie) {
  return [state = bare_state(cookie)] { return state->cookie.load(state->header).has_value(); };
}

Step bare_read(const Cookie& cookie) {
  return [state = bare_state(cookie)] {
    const auto content = state->cookie.load(state->header);
    const auto found = content ? state->cookie.find(*content, read_key) : std::nullopt;
    return found && to_integer(*found).has_value();
  };
}

Step bare_commit(const Cookie& cookie) {
  const auto state = bare_state(cookie);
  const auto content = std::make_shared<std::string>(state->cookie.load(state->header).value());
  const std::string_view old_value = state->cookie.find(*content, changed_key).value();
  return [state, content, old_value] {
    return !state->cookie.commit(*content, old_value, state->counter.next_text()).empty();
  };
}

Step bare_cycle(const Cookie& cookie) {
  return [state = bare_state(cookie)] {
    const auto content = state->cookie.load(state->header);
    const auto found = content ? state->cookie.find(*content, changed_key) : std::nullopt;
    return found && !state->cookie.commit(*content, *found, state->counter.next_text()).empty();
  };
}

Step our_commit(const std::shared_ptr<const Cookie>& cookie) {
  const std::shared_ptr<sessions_session> session(cookie->ours.load(cookie->header));
  return [session, counter = Counter()]() mutable { return change_and_commit(session.get(), counter.next()); };
}

// Both must read what the other one wrote, or they are not doing the same work.
void compare(const Cookie& cookie) {
  BareCookie bare(signing_secret, cookie_name);
  const std::string content(bare.load(cookie.header).value_or(""));
  const auto old_value = bare.find(content, changed_key);
  const Session session = cookie.ours.load(cookie.header);
  std::int64_t ours = 0;
  if (!old_value || !read(session.get(), ours) || ours != to_integer(bare.find(content, read_key).value())) {
    throw std::runtime_error("bare cannot read what libsessions wrote");
  }
  const std::string header = header_from(bare.commit(content, *old_value, "1234567"));
  const Session changed = cookie.ours.load(header);
  const char* json = nullptr;
  std::size_t size = 0;
  if (sessions_session_get_json(changed.get(), changed_key.data(), changed_key.size(), &json, &size) != SESSIONS_OK ||
      std::string_view(json, size) != "1234567") {
    throw std::runtime_error("libsessions cannot read what bare wrote");
  }
}

// ---- sessions in memory ----

struct Table {
  Ours ours{"memory:?max_sessions=100000000&max_bytes=100000000000", {}};
  BareTable bare;
  FrameworkTable framework;
  Headers headers;
  std::atomic<std::uint64_t> threads = 0;
};

std::shared_ptr<Table> make_table(const Payload& payload, std::size_t sessions) {
  auto table = std::make_shared<Table>();
  BareTable::Worker worker;
  const std::string json = payload.json();
  for (std::size_t i = 0; i < sessions; ++i) {
    const std::string header = table->ours.create(json);
    table->headers.add(header);
    const std::string_view id = find_cookie(header, cookie_name);
    bool good = false;
    table->bare.create(worker.key_of(id, good), payload);
    table->framework.create(id, payload);
  }
  return table;
}

// ---- sessions in SQLite ----

struct Database {
  Database(const std::string& directory, const Payload& payload, std::size_t sessions)
      : ours_path(directory + "/ours.db"), bare_path(directory + "/bare.db") {
    const Ours maker("sqlite:" + ours_path + "?synchronous=off", {});
    BareSqlite bare(bare_path);
    BareTable::Worker worker;
    const std::string json = payload.json();
    bare.begin();
    for (std::size_t i = 0; i < sessions; ++i) {
      const std::string header = maker.create(json);
      headers.add(header);
      bool good = false;
      bare.create(worker.key_of(find_cookie(header, cookie_name), good), payload);
    }
    bare.commit();
  }

  std::string ours_path;
  std::string bare_path;
  Headers headers;
  std::atomic<std::uint64_t> threads = 0;
};

}  // namespace

std::vector<Operation> sqlite_operations(const Payload& payload, std::size_t sessions, const std::string& directory) {
  const auto database = std::make_shared<Database>(directory, payload, sessions);
  const auto library = std::make_shared<const Ours>("sqlite:" + database->ours_path, "");
  const auto ours = [database, library]() -> Step {
    return [database, library, counter = Counter(), picker = Picker(++database->threads)]() mutable {
      const Session session = library->load(picker.pick(database->headers));
      return change_and_commit(session.get(), counter.next());
    };
  };
  const auto bare = [database]() -> Step {
    return [database, connection = std::make_shared<BareSqlite>(database->bare_path),
            worker = std::make_shared<BareTable::Worker>(), counter = Counter(),
            picker = Picker(++database->threads)]() mutable {
      return connection->request(*worker, picker.pick(database->headers), changed_key, counter.next_text());
    };
  };
  const std::string subject = "sqlite/" + payload.name + "*" + std::to_string(sessions) + "/";
  return {{subject + "ours", ours}, {subject + "bare", bare}};
}

std::vector<Operation> cookie_operations(const Payload& payload) {
  auto made = std::make_shared<Cookie>(Cookie{Ours("signed-cookie:", signing_secret), {}});
  made->header = made->ours.create(payload.json());
  compare(*made);
  const std::shared_ptr<const Cookie> cookie = made;
  const std::string subject = "/" + payload.name + "/";
  const Step load = [cookie] { return cookie->ours.load(cookie->header) != nullptr; };
  const Step read_one = [cookie] {
    std::int64_t value = 0;
    const Session session = cookie->ours.load(cookie->header);
    return read(session.get(), value);
  };
  const Step cycle = [cookie, counter = Counter()]() mutable {
    const Session session = cookie->ours.load(cookie->header);
    return change_and_commit(session.get(), counter.next());
  };
  return {{"load" + subject + "ours", [load] { return load; }},
          {"load" + subject + "bare", [cookie] { return bare_load(*cookie); }},
          {"read" + subject + "ours", [read_one] { return read_one; }},
          {"read" + subject + "bare", [cookie] { return bare_read(*cookie); }},
          {"commit" + subject + "ours", [cookie] { return our_commit(cookie); }},
          {"commit" + subject + "bare", [cookie] { return bare_commit(*cookie); }},
          {"cycle" + subject + "ours", [cycle] { return cycle; }},
          {"cycle" + subject + "bare", [cookie] { return bare_cycle(*cookie); }}};
}

std::vector<Operation> memory_operations(const Payload& payload, std::size_t sessions) {
  const std::shared_ptr<Table> table = make_table(payload, sessions);
  const auto ours = [table]() -> Step {
    return [table, counter = Counter(), picker = Picker(++table->threads)]() mutable {
      const Session session = table->ours.load(picker.pick(table->headers));
      return change_and_commit(session.get(), counter.next());
    };
  };
  const auto bare = [table]() -> Step {
    return [table, worker = std::make_shared<BareTable::Worker>(), counter = Counter(),
            picker = Picker(++table->threads)]() mutable {
      return table->bare.request(*worker, picker.pick(table->headers), changed_key, counter.next_text());
    };
  };
  const auto framework = [table]() -> Step {
    return [table, line = std::string(), counter = Counter(), picker = Picker(++table->threads)]() mutable {
      return table->framework.request(line, picker.pick(table->headers), changed_key, counter.next_text());
    };
  };
  const std::string subject = "memory/" + payload.name + "*" + std::to_string(sessions) + "/";
  return {{subject + "ours", ours}, {subject + "bare", bare}, {subject + "framework", framework}};
}

Operation operation_named(std::string_view name) {
  const std::string_view subject = name.substr(name.find('/') + 1, name.rfind('/') - name.find('/') - 1);
  const std::size_t star = subject.find('*');
  const Payload payload = payload_named(subject.substr(0, star));
  const std::size_t sessions = star == std::string_view::npos ? 0 : std::stoul(std::string(subject.substr(star + 1)));
  const auto operations = name.substr(0, name.find('/')) == "request" ? binding_operations(payload, sessions)
                          : sessions == 0                             ? cookie_operations(payload)
                                                                      : memory_operations(payload, sessions);
  const auto found = std::find_if(operations.begin(), operations.end(),
                                  [name](const Operation& operation) { return operation.name == name; });
  if (found == operations.end()) {
    throw std::invalid_argument("there is no such operation: " + std::string(name));
  }
  return *found;
}

std::string signed_cookie_value(const Payload& payload) {
  const Ours ours("signed-cookie:", signing_secret);
  return std::string(find_cookie(ours.create(payload.json()), cookie_name));
}

}  // namespace bench
