#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "../../support/codecs.hpp"
#include "../../support/sqlite_world.hpp"

using namespace sessions;
using namespace sessions::store;
using namespace sessions::testing;

namespace {

unsigned mode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(stat(path.c_str(), &found) == 0);
  return found.st_mode & 0777U;
}

// The one that was opened last, by whomever.
class LastConnection {
 public:
  LastConnection() { sqlite3_auto_extension(reinterpret_cast<void (*)()>(&note)); }
  LastConnection(const LastConnection&) = delete;
  LastConnection& operator=(const LastConnection&) = delete;
  ~LastConnection() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(&note)); }

  int number(const char* sql) const {
    int found = -1;
    const auto read = [](void* to, int, char** texts, char**) {
      *static_cast<int*>(to) = std::stoi(texts[0]);
      return 0;
    };
    REQUIRE(sqlite3_exec(opened_, sql, read, &found, nullptr) == SQLITE_OK);
    return found;
  }

 private:
  static int note(sqlite3* database, const char**, const void*) {
    opened_ = database;
    return SQLITE_OK;
  }

  static inline sqlite3* opened_ = nullptr;
};

}  // namespace

TEST_CASE("sessions are there again after the database was closed") {
  const TemporaryDirectory directory;
  CHECK(*create(*open(directory.file("s.db")), 1));
  CHECK(increment(*open(directory.file("s.db")), 1)->outcome == Committed::Outcome::merged);
  CHECK(value_of(*open(directory.file("s.db")), 1) == "1");
}

TEST_CASE("a new database and the files beside it are for their owner alone, whatever the umask") {
  const TemporaryDirectory directory;
  const mode_t mask = umask(0);
  const auto store = open(directory.file("s.db"));
  REQUIRE(create(*store, 1));
  umask(mask);
  CHECK(mode_of(directory.file("s.db")) == 0600);
  CHECK(mode_of(directory.file("s.db-wal")) == 0600);
  CHECK(mode_of(directory.file("s.db-shm")) == 0600);
}

TEST_CASE("two stores on one file are one") {
  const TemporaryDirectory directory;
  const auto a = open(directory.file("s.db"), 1);
  auto b = open(directory.file("s.db"), 64);
  CHECK(*create(*a, 1));
  CHECK_FALSE(*create(*b, 1));
  REQUIRE(increment(*b, 1));
  REQUIRE(increment(*a, 1));
  CHECK(value_of(*b, 1) == "2");
  b.reset();  // closes descriptors of the same file
  REQUIRE(increment(*a, 1));
  CHECK(value_of(*open(directory.file("s.db")), 1) == "3");
}

TEST_CASE("synchronous is what was asked for") {
  const TemporaryDirectory directory;
  const auto level = [&directory](SqliteOptions::Synchronous synchronous) {
    const LastConnection connection;
    const auto store = open_sqlite({directory.file("s.db"), synchronous, 1});
    REQUIRE(store);
    return connection.number("PRAGMA synchronous");
  };
  CHECK(level(SqliteOptions::Synchronous::off) == 0);
  CHECK(level(SqliteOptions::Synchronous::normal) == 1);
  CHECK(level(SqliteOptions::Synchronous::full) == 2);
}

TEST_CASE("each write drops a few of what has expired, and leaves what was renewed") {
  const TemporaryDirectory directory;
  const auto store = open(directory.file("s.db"));
  Sql sql(directory.file("s.db"));
  for (unsigned i = 0; i < 20; ++i) {
    REQUIRE(*create(*store, i));
  }
  const std::int64_t later = now + lifetime;  // the last second of all
  REQUIRE(increment(*store, 3, patient(later))->outcome == Committed::Outcome::merged);
  REQUIRE(increment(*store, 4, patient(later))->outcome == Committed::Outcome::merged);
  CHECK(sql.text("SELECT count(*) FROM sessions") == "20");
  for (unsigned i = 0; i < 4; ++i) {
    REQUIRE(*create(*store, 100 + i, later + 1, "0", patient(later + 1)));
  }
  const int rows = std::stoi(sql.text("SELECT count(*) FROM sessions"));
  CHECK(rows > 6);
  CHECK(rows < 20);
  for (unsigned i = 0; i < 10; ++i) {
    REQUIRE(*create(*store, 200 + i, later + 1, "0", patient(later + 1)));
  }
  CHECK(sql.text("SELECT count(*) FROM sessions") == "16");
  CHECK(value_of(*store, 3) == "1");
  CHECK(value_of(*store, 4) == "1");
  CHECK(value_of(*store, 5) == "gone");
  CHECK(statistics(*store).sessions == 16);
}

TEST_CASE("sweep drops so many at the most, tombstones too, and nothing that cannot be read") {
  const TemporaryDirectory directory;
  const auto store = open(directory.file("s.db"));
  for (unsigned i = 0; i < 700; ++i) {
    REQUIRE(*create(*store, i));
  }
  REQUIRE(*destroy(*store, 0));
  Sql(directory.file("s.db")).run("UPDATE sessions SET record = x'63' WHERE id = 2");
  CHECK(*sweep(*store, 1'000, now) == 0);
  CHECK(*sweep(*store, 300, now + lifetime + 1) == 300);
  CHECK(*sweep(*store, 1'000, now + lifetime + 1) == 398);
  CHECK(*sweep(*store, 1'000, now + lifetime + 1) == 0);
  CHECK(*sweep(*store, 1'000, now + 3'601) == 1);
  CHECK(Sql(directory.file("s.db")).text("SELECT group_concat(id) FROM sessions") == "2");
}

TEST_CASE("sessions are counted exactly, tombstones are not") {
  const auto store = open_fresh_sqlite();
  CHECK(statistics(*store).sessions == 0);
  for (unsigned i = 0; i < 10; ++i) {
    REQUIRE(*create(*store, i));
    REQUIRE_FALSE(*create(*store, i));
  }
  REQUIRE(regenerate(*store, 1, 101)->outcome == Committed::Outcome::merged);
  CHECK(regenerate(*store, 1, 102)->outcome == Committed::Outcome::gone);
  CHECK(*destroy(*store, 2));
  CHECK_FALSE(*destroy(*store, 2));
  CHECK(statistics(*store).sessions == 9);
  CHECK(statistics(*store).bytes > 0);
  CHECK(*sweep(*store, 100, now + 5'000) == 11);
  CHECK(statistics(*store).sessions == 0);
}

TEST_CASE("a session that cannot move stays where it is, with nothing half written") {
  const auto store = open_fresh_sqlite();
  REQUIRE(*create(*store, 1));
  REQUIRE(*create(*store, 2, now, "5"));
  const auto moved = regenerate(*store, 1, 2);
  REQUIRE_FALSE(moved);
  CHECK(moved.error().status == Status::internal);
  CHECK(value_of(*store, 1) == "0");
  CHECK(value_of(*store, 2) == "5");
  CHECK(statistics(*store).sessions == 2);
}

TEST_CASE("a codec sees content on its way in and out") {
  const TemporaryDirectory directory;
  const auto store = open(directory.file("s.db"));
  const Call coded(now, std::chrono::minutes(1), std::make_shared<testing::Reversal>());
  REQUIRE(*create(*store, 1, now, "123450", coded));
  REQUIRE(increment(*store, 1, coded));
  const auto found = load(*store, 1, coded);
  REQUIRE(found);
  CHECK(Record::Reader(**found).next().value == "123451");
  CHECK(Sql(directory.file("s.db")).text("SELECT instr(record, CAST('154321' AS BLOB)) > 0 FROM sessions") == "1");
  CHECK(value_of(*store, 1) == std::to_string(static_cast<int>(Status::corrupt)));
  CHECK(*destroy(*store, 1));
  CHECK_FALSE(*load(*store, 1, coded));
}

TEST_CASE("many threads that wait share transactions, and whoever fails fails alone") {
  const TemporaryDirectory directory;
  const auto store = open(directory.file("s.db"));
  REQUIRE(*create(*store, 1));
  REQUIRE(*create(*store, 2, now, "\"no number\""));
  REQUIRE(*create(*store, 3));
  REQUIRE(*create(*store, 4));
  const std::string id = Sql(directory.file("s.db")).text("SELECT max(id) FROM sessions");
  Sql(directory.file("s.db"))
      .run("CREATE TRIGGER refuse BEFORE UPDATE ON sessions WHEN OLD.id = " + id +
           " BEGIN SELECT RAISE(ROLLBACK, 'refused'); END");
  constexpr int rounds = 200;
  std::atomic<int> good = 0, type = 0, internal = 0, others = 0;
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < rounds; ++i) {
        const auto committed = increment(*store, t == 0 ? 2 : t == 1 ? 4 : t == 2 ? 3 : 1);
        ++(committed                                      ? good
           : committed.error().status == Status::type     ? type
           : committed.error().status == Status::internal ? internal
                                                          : others);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(good == 6 * rounds);
  CHECK(type == rounds);
  CHECK(internal == rounds);
  CHECK(others == 0);
  CHECK(value_of(*store, 1) == std::to_string(5 * rounds));
  CHECK(value_of(*store, 3) == std::to_string(rounds));
  CHECK(value_of(*store, 4) == "0");
  CHECK(statistics(*store).sessions == 4);
}
