// A file becomes a database, whoever else is making one of it.
#include <sqlite3.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <latch>
#include <store/sqlite_handle.hpp>
#include <store/sqlite_schema.hpp>
#include <string>
#include <thread>
#include <vector>

#include "../../support/sqlite_world.hpp"

using namespace sessions;
using namespace sessions::store;
using namespace sessions::testing;

namespace {

// Does not wait for the disk.
SqliteHandle open_alone(const std::string& path) {
  sqlite3* opened = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &opened) == SQLITE_OK);
  REQUIRE(sqlite3_exec(opened, "PRAGMA synchronous = OFF", nullptr, nullptr, nullptr) == SQLITE_OK);
  return SqliteHandle(opened);
}

// Another process that opens the file just before one statement of ours is run, and does not wait for locks.
struct Other {
  std::string path;
  int statements_before;
  SchemaSteps steps = schema_steps();
  bool has_come = false;

  static int meet(unsigned, void* self, void*, void*) {
    Other& other = *static_cast<Other*>(self);
    if (other.statements_before-- == 0) {
      other.has_come = true;
      static_cast<void>(prepare_schema(open_alone(other.path).get(), other.steps));
    }
    return 0;
  }
};

// What a later libsessions may do; done twice, it shows.
const std::array two_steps = {schema_steps()[0], "UPDATE total SET sessions = sessions + 100; CREATE TABLE later(n)"};

// Refuses one action of many, as a database may at any time.
struct Refusal {
  int actions_before;
  bool has_refused = false;

  static int decide(void* self, int, const char*, const char*, const char*, const char*) noexcept {
    Refusal& refusal = *static_cast<Refusal*>(self);
    const bool is_it = refusal.actions_before-- == 0;
    refusal.has_refused = refusal.has_refused || is_it;
    return is_it ? SQLITE_DENY : SQLITE_OK;
  }
};

// What the two steps leave behind.
std::string state_of(const std::string& path) {
  return Sql(path).text(
      "SELECT user_version || ' ' || (SELECT count(*) FROM sqlite_master WHERE name = 'later') || ' ' "
      "|| sessions FROM pragma_user_version, total");
}

std::string golden_copy(const TemporaryDirectory& directory) {
  const std::string path = directory.file("golden.db");
  std::filesystem::copy_file(GOLDEN_DIRECTORY "/sqlite-schema-1.db", path);
  return path;
}

}  // namespace

TEST_CASE("a database that another makes meanwhile is as good as one's own") {
  bool has_met = true;
  for (int statements = 0; has_met; ++statements) {
    CAPTURE(statements);
    REQUIRE(statements < 100);
    const TemporaryDirectory directory;
    const std::string path = directory.file("s.db");
    const SqliteHandle database = open_alone(path);
    Other other{path, statements};
    REQUIRE(sqlite3_trace_v2(database.get(), SQLITE_TRACE_STMT, &Other::meet, &other) == SQLITE_OK);
    const Result<void> prepared = prepare_schema(database.get());
    has_met = other.has_come;
    CHECK((prepared || prepared.error().status == Status::busy));
    CHECK(prepare_schema(database.get()));
    CHECK(*create(*open(path), 1));
  }
}

TEST_CASE("a new file gets all steps or none") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("s.db");
  const SqliteHandle database = open_alone(path);
  const auto refuse_the_version = [](void*, int action, const char* pragma, const char* value, const char*,
                                     const char*) noexcept {
    const bool is_it = action == SQLITE_PRAGMA && value != nullptr && std::string_view(pragma) == "user_version";
    return is_it ? SQLITE_DENY : SQLITE_OK;
  };
  sqlite3_set_authorizer(database.get(), refuse_the_version, nullptr);
  CHECK_FALSE(prepare_schema(database.get()));
  Sql sql(path);
  CHECK(sql.text("SELECT count(*) FROM sqlite_master") == "0");
  CHECK(sql.text("PRAGMA application_id") == "0");
  sqlite3_set_authorizer(database.get(), nullptr, nullptr);
  CHECK(prepare_schema(database.get()));
  CHECK(sql.text("PRAGMA user_version") == "1");
  CHECK(sql.text("SELECT sessions FROM total") == "0");
  CHECK(*create(*open(path), 1));
}

TEST_CASE("a database of ours without a version is damaged, and left as it is") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("s.db");
  REQUIRE(*create(*open(path), 1));
  Sql(path).run("PRAGMA user_version = 0");
  const auto opened = open_sqlite({path, {}, 4});
  REQUIRE_FALSE(opened);
  CHECK(opened.error().status == Status::corrupt);
  CHECK(Sql(path).text("SELECT sessions FROM total") == "1");
  CHECK(Sql(path).text("PRAGMA user_version") == "0");
}

TEST_CASE("a database that another brings up to date meanwhile gets each step once") {
  const bool is_new = GENERATE(true, false);
  bool has_met = true;
  for (int statements = 0; has_met; ++statements) {
    CAPTURE(is_new, statements);
    REQUIRE(statements < 100);
    const TemporaryDirectory directory;
    const std::string path = is_new ? directory.file("s.db") : golden_copy(directory);
    const SqliteHandle database = open_alone(path);
    Other other{path, statements, two_steps};
    REQUIRE(sqlite3_trace_v2(database.get(), SQLITE_TRACE_STMT, &Other::meet, &other) == SQLITE_OK);
    const Result<void> prepared = prepare_schema(database.get(), two_steps);
    has_met = other.has_come;
    CHECK((prepared || prepared.error().status == Status::busy));
    CHECK(prepare_schema(database.get(), two_steps));
    CHECK(state_of(path) == (is_new ? "2 1 100" : "2 1 102"));
  }
}

TEST_CASE("all who bring a database up to date at once succeed") {
  constexpr std::size_t all = 4;
  for (int round = 0; round < 20; ++round) {
    const TemporaryDirectory directory;
    const std::string path = golden_copy(directory);
    std::vector<SqliteHandle> databases;
    std::latch ready(all);
    std::atomic<int> failed = 0;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < all; ++i) {
      databases.push_back(open_alone(path));
      sqlite3_busy_timeout(databases.back().get(), 60'000);
    }
    for (const SqliteHandle& database : databases) {
      threads.emplace_back([&] {
        ready.arrive_and_wait();
        failed += prepare_schema(database.get(), two_steps) ? 0 : 1;
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    CHECK(failed == 0);
    CHECK(state_of(path) == "2 1 102");
  }
}

TEST_CASE("a step that fails half way leaves nothing behind, and the next opening succeeds") {
  bool has_failed = true;
  for (int actions = 0; has_failed; ++actions) {
    CAPTURE(actions);
    REQUIRE(actions < 1'000);
    const TemporaryDirectory directory;
    const std::string path = golden_copy(directory);
    const SqliteHandle database = open_alone(path);
    Refusal refusal{actions};
    sqlite3_set_authorizer(database.get(), &Refusal::decide, &refusal);
    has_failed = !prepare_schema(database.get(), two_steps);
    sqlite3_set_authorizer(database.get(), nullptr, nullptr);
    CHECK(has_failed == refusal.has_refused);
    if (has_failed) {
      CHECK(state_of(path) == "1 0 2");
      CHECK(value_of(*open(path), 1) == "7");
    }
    CHECK(prepare_schema(open_alone(path).get(), two_steps));
    CHECK(state_of(path) == "2 1 102");
    CHECK(Sql(path).text("SELECT count(*) FROM sessions") == "4");
  }
}

TEST_CASE("who knows fewer steps leaves a database as it is") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("s.db");
  const SqliteHandle database = open_alone(path);
  REQUIRE(prepare_schema(database.get(), two_steps));
  const Result<void> prepared = prepare_schema(database.get(), SchemaSteps(two_steps).first(1));
  REQUIRE_FALSE(prepared);
  CHECK(prepared.error().status == Status::newer);
  CHECK(state_of(path) == "2 1 100");
}

// The file is never written anew, and later ones come beside it. In pages of 512 bytes: a session whose only field is
// 7, one that two others have committed to, which moved from 2 to 3, and one that was destroyed.
TEST_CASE("what the first libsessions has written is read for ever") {
  const TemporaryDirectory directory;
  const std::string path = golden_copy(directory);
  {
    Sql sql(path);
    CHECK(sql.text("PRAGMA user_version") == "1");
    CHECK(sql.text("PRAGMA integrity_check") == "ok");
  }
  const auto store = open(path);
  CHECK(value_of(*store, 1) == "7");
  CHECK(value_of(*store, 2) == "gone");
  CHECK(value_of(*store, 3) == R"({"name":"Zo\u00eb","list":[1,null,2.5]})");
  const auto moved = load(*store, 3);
  REQUIRE((moved && *moved));
  CHECK((*moved)->head().version == 3);
  CHECK((*moved)->field_count() == 2);
  CHECK((*moved)->applied().size() == 2);
  CHECK(value_of(*store, 4) == "gone");
  CHECK_FALSE(*create(*store, 4));
  CHECK(statistics(*store).sessions == 2);
  CHECK(increment(*store, 1));
  CHECK(value_of(*store, 1) == "8");
  CHECK(*destroy(*store, 3));
  CHECK(*create(*store, 5));
  CHECK(statistics(*store).sessions == 2);
}
