// Sessions in a SQLite store, and the same file seen through SQLite itself.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <store/sqlite.hpp>
#include <string>
#include <vector>

#include "ask.hpp"
#include "catch.hpp"
#include "temporary_database.hpp"

namespace sessions::testing {

constexpr std::int64_t now = 1'700'000'000;
constexpr std::int64_t lifetime = 1'000;
constexpr std::uint64_t generation = 7;

inline store::Call patient(std::int64_t when = now) { return {when, std::chrono::minutes(1)}; }
inline store::Call hasty() { return {now, std::chrono::milliseconds(5)}; }

inline store::Key key_of(unsigned number) {
  store::Key key{};
  key[0] = static_cast<char>(number);
  key[1] = static_cast<char>(number >> 8U);
  key[31] = static_cast<char>(number * 7);
  return key;
}

inline store::Record record_of(std::int64_t when = now, const std::string& value = "0") {
  const store::Field field{"n", value};
  return {{generation, 1, {when, when, store::no_deadline, when + lifetime}}, {}, {&field, 1}};
}

inline std::shared_ptr<store::Store> open(const std::string& path, std::size_t connections = 4) {
  auto opened = store::open_sqlite({path, {}, connections});
  if (!opened) {
    throw std::runtime_error(opened.error().message);
  }
  return *opened;
}

inline Result<bool> create(store::Store& store, unsigned number, std::int64_t when = now,
                           const std::string& value = "0", store::Call call = patient()) {
  return ask<bool>(store,
                   [&](auto done) { store.create(key_of(number), record_of(when, value), call, std::move(done)); });
}

inline Result<store::Committed> increment(store::Store& store, unsigned number, store::Call call = patient()) {
  const store::Change change{store::Change::Kind::increment, "n", {}, 1, {}};
  store::Commit commit;
  commit.generation = generation;
  commit.expires = call.now() + lifetime;
  commit.changes = {&change, 1};
  return ask<store::Committed>(store, [&](auto done) { store.commit(key_of(number), commit, call, std::move(done)); });
}

// Increments on the way.
inline Result<store::Committed> regenerate(store::Store& store, unsigned from, unsigned to,
                                           store::Call call = patient(), std::uint64_t to_generation = generation + 1) {
  const store::Change change{store::Change::Kind::increment, "n", {}, 1, {}};
  store::Commit commit;
  commit.generation = generation;
  commit.expires = call.now() + lifetime;
  commit.changes = {&change, 1};
  return ask<store::Committed>(store, [&](auto done) {
    store.regenerate(key_of(from), {key_of(to), to_generation}, commit, call.now() + 3'600, call, std::move(done));
  });
}

inline Result<bool> destroy(store::Store& store, unsigned number, store::Call call = patient()) {
  const auto destroyed = ask<store::Destroyed>(
      store, [&](auto done) { store.destroy(key_of(number), call.now() + 3'600, call, std::move(done)); });
  return destroyed ? Result<bool>(destroyed->was_there) : destroyed.error();
}

inline Result<std::int64_t> sweep(store::Store& store, std::int64_t most, std::int64_t when) {
  return ask<std::int64_t>(store, [&](auto done) { store.sweep(most, patient(when), std::move(done)); });
}

inline store::Statistics statistics(store::Store& store) {
  return *ask<store::Statistics>(store, [&](auto done) { store.statistics(patient(), std::move(done)); });
}

inline Result<std::optional<store::Record>> load(store::Store& store, unsigned number, store::Call call = patient()) {
  return ask<std::optional<store::Record>>(store,
                                           [&](auto done) { store.load(key_of(number), call, std::move(done)); });
}

// The value of the only field, "gone", or the status of a failure.
inline std::string value_of(store::Store& store, unsigned number) {
  const auto found = load(store, number);
  if (!found) {
    return std::to_string(static_cast<int>(found.error().status));
  }
  return *found ? std::string(store::Record::Reader(**found).next().value) : "gone";
}

// SQLite itself, on the same file.
class Sql {
 public:
  explicit Sql(const std::string& path) {
    REQUIRE(sqlite3_open(path.c_str(), &database_) == SQLITE_OK);
    sqlite3_busy_timeout(database_, 60'000);
  }
  Sql(const Sql&) = delete;
  Sql& operator=(const Sql&) = delete;
  ~Sql() { sqlite3_close(database_); }

  void run(const std::string& sql) {
    CAPTURE(sql);
    REQUIRE(sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  }

  // The first column of the first row.
  std::string text(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    REQUIRE(sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    const bool has_row = sqlite3_step(statement) == SQLITE_ROW;
    const unsigned char* text = has_row ? sqlite3_column_text(statement, 0) : nullptr;
    std::string result = text == nullptr ? "none" : reinterpret_cast<const char*>(text);
    sqlite3_finalize(statement);
    return result;
  }

 private:
  sqlite3* database_ = nullptr;
};

}  // namespace sessions::testing
