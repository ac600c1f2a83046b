// A database that cannot be used says why, and is left as it was.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <store/sqlite_connection.hpp>
#include <string>
#include <thread>

#include "../../support/sqlite_world.hpp"

using namespace sessions;
using namespace sessions::store;
using namespace sessions::testing;

namespace {

std::atomic<bool> disk_confirms = true;
std::atomic<int> syncs = 0;

}  // namespace

// In place of the system's, for SQLite too.
extern "C" int fdatasync(int descriptor) {
  if (!disk_confirms) {
    errno = EIO;
    return -1;
  }
  ++syncs;
  return static_cast<int>(syscall(SYS_fdatasync, descriptor));
}

namespace {

Status status_of_opening(const std::string& path) {
  const auto opened = open_sqlite({path, {}, 4});
  if (opened) {
    return Status::ok;
  }
  CHECK_FALSE(opened.error().message.empty());
  CHECK(opened.error().message.find(path) == std::string::npos);
  return opened.error().status;
}

template <class Reply>
Status status_of(const Result<Reply>& result) {
  return result ? Status::ok : result.error().status;
}

// What `body` returns in a process of its own.
template <class Body>
int in_child(Body body) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int result = 99;
    try {
      result = body();
    } catch (...) {
      result = 98;
    }
    _exit(result);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1'000 + WTERMSIG(status);
}

// So that the modes of files count.
bool is_not_root() { return geteuid() != 0 || (setgid(65'534) == 0 && setuid(65'534) == 0); }

}  // namespace

TEST_CASE("a database that another has locked is busy when the time is over, and unchanged") {
  const TemporaryDirectory directory;
  const auto store = open(directory.file("s.db"));
  REQUIRE(*create(*store, 1));
  Sql sql(directory.file("s.db"));
  sql.run("BEGIN IMMEDIATE");
  CHECK(status_of(increment(*store, 1, hasty())) == Status::busy);
  CHECK(status_of(create(*store, 2, now, "0", hasty())) == Status::busy);
  CHECK(status_of(destroy(*store, 1, hasty())) == Status::busy);
  CHECK(value_of(*store, 1) == "0");  // who reads waits for nobody
  Status patience = Status::unknown;
  std::thread patient_one([&] { patience = status_of(increment(*store, 1)); });
  CHECK(status_of(increment(*store, 1, hasty())) == Status::busy);
  sql.run("COMMIT");
  patient_one.join();
  CHECK(patience == Status::ok);
  CHECK(value_of(*store, 1) == "1");
  CHECK(value_of(*store, 2) == "gone");
}

TEST_CASE("a disk that is full is full, and works again when there is room") {
  const TemporaryDirectory directory;
  const int result = in_child([&] {
    const std::string disk = directory.file("disk");
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mkdir(disk.c_str(), 0700) != 0 || mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=512k") != 0) {
      return 77;  // only root may
    }
    const auto store = open(disk + "/s.db");
    std::ofstream(disk + "/ballast") << std::string(100'000, 'x');
    unsigned made = 0;
    Status status = Status::ok;
    for (; status == Status::ok && made < 1'000; ++made) {
      status = status_of(create(*store, made, now, '"' + std::string(10'000, 'x') + '"'));
    }
    if (status != Status::full || made < 5 || value_of(*store, 0) == "gone" || value_of(*store, made - 1) != "gone") {
      return 1;
    }
    std::filesystem::remove(disk + "/ballast");
    if (status_of(increment(*store, made)) != Status::ok || status_of(create(*store, made)) != Status::ok ||
        status_of(increment(*store, made)) != Status::ok || value_of(*store, made) != "1") {
      return 2;
    }
    return Sql(disk + "/s.db").text("PRAGMA integrity_check") == "ok" ? 0 : 3;
  });
  if (result == 77) {
    WARN("not tested: only root can mount a small disk");
    return;
  }
  CHECK(result == 0);
}

TEST_CASE("a limit that a commit meets while it writes its log is full, too") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("s.db");
  CHECK(in_child([&] {
          const auto store = open(path);
          const rlimit small{rlim_t{200} << 10U, RLIM_INFINITY};
          if (std::signal(SIGXFSZ, SIG_IGN) == SIG_ERR || setrlimit(RLIMIT_FSIZE, &small) != 0) {
            return 1;
          }
          unsigned made = 0;
          Status status = Status::ok;
          for (; status == Status::ok && made < 1'000; ++made) {
            status = status_of(create(*store, made, now, '"' + std::string(10'000, 'x') + '"'));
          }
          return status == Status::full && made > 5 && value_of(*store, made - 1) == "gone" ? 0 : 2;
        }) == 0);
  CHECK(Sql(path).text("PRAGMA integrity_check") == "ok");
  CHECK(value_of(*open(path), 0) != "gone");
}

TEST_CASE("a file is synced where commits are, whether or not the disk confirms it") {
  using Synchronous = SqliteOptions::Synchronous;
  const auto [synchronous, expected] =
      GENERATE(table<Synchronous, int>({{Synchronous::off, 0}, {Synchronous::normal, 1}, {Synchronous::full, 1}}));
  const TemporaryDirectory directory;
  const Call call = patient();
  const std::atomic<bool> hurry = false;
  const auto connection = SqliteConnection::open({directory.file("s.db"), synchronous, 1}, call, hurry);
  REQUIRE(connection);
  const int before = syncs;
  (*connection)->sync_file();
  CHECK(syncs == before + expected);
  disk_confirms = false;
  (*connection)->sync_file();
  disk_confirms = true;
  CHECK((*connection)->begin());
  CHECK((*connection)->commit());
}

TEST_CASE("a commit that the disk does not confirm may be there or not, and says so") {
  const TemporaryDirectory directory;
  const auto opened = open_sqlite({directory.file("s.db"), SqliteOptions::Synchronous::full, 4});
  REQUIRE(opened);
  REQUIRE(*create(**opened, 1));
  disk_confirms = false;
  const auto committed = increment(**opened, 1);
  disk_confirms = true;
  REQUIRE_FALSE(committed);
  CHECK(committed.error().status == Status::unknown);
  CHECK(committed.error().message.find("did not confirm") != std::string::npos);
  CHECK(status_of(increment(**opened, 1)) == Status::ok);
}

TEST_CASE("a file that may only be read, and a directory") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("s.db");
  REQUIRE(*create(*open(path), 1));
  std::filesystem::permissions(path, std::filesystem::perms(0444));
  std::filesystem::permissions(directory.file(""), std::filesystem::perms(0777));
  CHECK(in_child([&] { return is_not_root() && status_of_opening(path) == Status::read_only ? 0 : 1; }) == 0);
  std::filesystem::permissions(path, std::filesystem::perms(0666));
  std::filesystem::permissions(directory.file(""), std::filesystem::perms(0555));
  CHECK(in_child([&] { return is_not_root() && status_of_opening(path) == Status::read_only ? 0 : 1; }) == 0);
  const std::string none = directory.file("none.db");
  CHECK(in_child([&] { return is_not_root() && status_of_opening(none) == Status::read_only ? 0 : 1; }) == 0);
  CHECK(value_of(*open(path), 1) == "0");
  std::filesystem::permissions(directory.file(""), std::filesystem::perms(0755));
}

TEST_CASE("what cannot be reached is unavailable, with the reason") {
  const TemporaryDirectory directory;
  const auto opened = open_sqlite({directory.file("missing/s.db"), {}, 4});
  REQUIRE_FALSE(opened);
  CHECK(opened.error().status == Status::unavailable);
  CHECK(opened.error().message.find("No such file or directory") != std::string::npos);
  CHECK(status_of_opening(directory.file("")) == Status::unavailable);
  std::filesystem::permissions(directory.file(""), std::filesystem::perms(0700));
  if (geteuid() == 0) {
    CHECK(in_child([&] {
            return is_not_root() && status_of_opening(directory.file("s.db")) == Status::unavailable ? 0 : 1;
          }) == 0);
  }
}

TEST_CASE("a file of another program is left as it is") {
  const TemporaryDirectory directory;
  std::ofstream(directory.file("text")) << std::string(5'000, 'x');
  CHECK(status_of_opening(directory.file("text")) == Status::corrupt);
  Sql sql(directory.file("other.db"));
  sql.run("CREATE TABLE accounts(name)");
  CHECK(status_of_opening(directory.file("other.db")) == Status::corrupt);
  sql.run("PRAGMA user_version = 1");
  CHECK(status_of_opening(directory.file("other.db")) == Status::corrupt);
  CHECK(sql.text("SELECT group_concat(name) FROM sqlite_master") == "accounts");
  CHECK(sql.text("PRAGMA journal_mode") == "delete");
}

TEST_CASE("a database without one of its tables is damaged") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("s.db");
  REQUIRE(*create(*open(path), 1));
  Sql(path).run("DROP TABLE total");
  CHECK(status_of_opening(path) == Status::corrupt);
}

TEST_CASE("what a newer library has written is left as it is") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("s.db");
  {
    const auto store = open(path);
    REQUIRE(*create(*store, 1));
    REQUIRE(*create(*store, 2));
    Sql(path).run("UPDATE sessions SET record = x'09' || substr(record, 2) WHERE id = 1");
    CHECK(status_of(load(*store, 1)) == Status::newer);
    CHECK(status_of(increment(*store, 1)) == Status::newer);
    CHECK(status_of(increment(*store, 2)) == Status::ok);
  }
  CHECK(Sql(path).text("PRAGMA user_version") == "1");
  Sql(path).run("PRAGMA user_version = 2");
  CHECK(status_of_opening(path) == Status::newer);
  CHECK(Sql(path).text("PRAGMA user_version") == "2");
  Sql(path).run("PRAGMA user_version = 1");
  CHECK(value_of(*open(path), 2) == "1");
}

TEST_CASE("nothing is written to a database that a newer library has brought up to date meanwhile") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("s.db");
  const auto store = open(path);
  REQUIRE(*create(*store, 1));
  Sql sql(path);
  sql.run("PRAGMA user_version = 2");
  CHECK(status_of(increment(*store, 1)) == Status::newer);
  CHECK(status_of(create(*store, 2)) == Status::newer);
  CHECK(status_of(destroy(*store, 1)) == Status::newer);
  CHECK(status_of(sweep(*store, 10, now + lifetime + 1)) == Status::newer);
  CHECK(sql.text("SELECT count(*) FROM sessions") == "1");
  sql.run("PRAGMA user_version = 1");
  CHECK(status_of(increment(*store, 1)) == Status::ok);
  CHECK(value_of(*store, 1) == "1");
}

TEST_CASE("a file that was removed or replaced is noticed in the next second, and nothing is lost unseen") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("s.db");
  const std::string other = directory.file("other.db");
  const bool is_replaced = GENERATE(false, true);
  const auto store = open(path);
  REQUIRE(*create(*store, 1));
  REQUIRE(increment(*store, 1, patient(now + 1)));
  if (is_replaced) {
    REQUIRE(*create(*open(other), 2));
    std::filesystem::rename(other, path);
  } else {
    std::filesystem::remove(path);
  }
  if (GENERATE(false, true)) {
    CHECK(in_child([] { return 0; }) == 0);  // which closes the connections
  }
  const Call later = patient(now + 2);
  CHECK(status_of(increment(*store, 1, later)) == Status::unavailable);
  CHECK(status_of(load(*store, 1, later)) == Status::unavailable);
  CHECK(status_of(create(*store, 3, now + 2, "0", later)) == Status::unavailable);
  for (const char* left : {"", "-wal", "-shm"}) {
    if (!is_replaced || *left != '\0') {
      std::filesystem::remove(path + left);
    }
  }
  CHECK(status_of(load(*store, 1, later)) == Status::unavailable);
  const auto anew = open(path);
  CHECK(value_of(*anew, 1) == "gone");
  CHECK(value_of(*anew, 2) == (is_replaced ? "0" : "gone"));
}

TEST_CASE("a database that was made anew while nobody had the old one open is another one") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("s.db");
  const auto store = open(path);
  REQUIRE(*create(*store, 1));
  for (const char* which : {"", "-wal", "-shm"}) {
    std::filesystem::remove(path + which);
  }
  CHECK(in_child([] { return 0; }) == 0);  // which closes the connections
  const auto anew = open(path);
  REQUIRE(*create(*anew, 2));
  CHECK(status_of(load(*store, 1, patient(now + 2))) == Status::unavailable);
  CHECK(value_of(*anew, 2) == "0");
}

TEST_CASE("an empty file becomes a database") {
  const TemporaryDirectory directory;
  std::ofstream(directory.file("s.db")).flush();
  CHECK(*create(*open(directory.file("s.db")), 1));
}

TEST_CASE("who has read a session is not shown what was damaged since, and does not write it again") {
  const TemporaryDirectory directory;
  const auto store = open(directory.file("s.db"));
  const auto commit = [&](std::optional<std::string_view> required) {
    const Change change{Change::Kind::set, "other", "1"};
    const Precondition precondition{"n", required};
    Commit wanted;
    wanted.generation = generation;
    wanted.version = 1;
    wanted.loaded = record_of(now, "12");
    wanted.expires = now + lifetime;
    wanted.changes = {&change, 1};
    wanted.preconditions = {&precondition, 1};
    return ask<Committed>(*store, [&](auto done) { store->commit(key_of(1), wanted, patient(), std::move(done)); });
  };
  REQUIRE(*create(*store, 1, now, "12"));
  Sql(directory.file("s.db"))
      .run("UPDATE sessions SET record = CAST(substr(record, 1, length(record) - 1) || 'x' AS BLOB)");
  CHECK(status_of(load(*store, 1)) == Status::corrupt);
  CHECK(status_of(commit("12")) == Status::corrupt);  // a conflict, which would show the record
  CHECK(status_of(commit("1x")) == Status::corrupt);
  Sql(directory.file("s.db"))
      .run("UPDATE sessions SET record = CAST(substr(record, 1, length(record) - 1) || '2' AS BLOB)");
  const auto applied = commit("12");
  REQUIRE(applied);
  CHECK(applied->outcome == Committed::Outcome::applied);
  CHECK_FALSE(applied->record);
  REQUIRE(applied->head);
  CHECK(applied->head->version == 2);
}

TEST_CASE("damage is corrupt, where it is met") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("s.db");
  std::uintmax_t size = 0;
  {
    const auto store = open(path);
    for (unsigned i = 0; i < 200; ++i) {
      REQUIRE(*create(*store, i, now, '"' + std::string(500, 'x') + '"'));
    }
    Sql(path).run("UPDATE sessions SET record = x'00' WHERE id = 1");
    CHECK(status_of(load(*store, 0)) == Status::corrupt);
    CHECK(status_of(load(*store, 1)) == Status::ok);
    Sql(path).run(
        "UPDATE sessions SET record = (SELECT substr(record, 1, length(record) - 1) || 'x' FROM sessions "
        "WHERE id = 3) WHERE id = 3");
    CHECK(status_of(load(*store, 2)) == Status::corrupt);
    CHECK(status_of(increment(*store, 2)) == Status::corrupt);
  }
  size = std::filesystem::file_size(path);
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(8 * 4'096);
    file << std::string(size - 8 * 4'096, '\xaa');
  }
  {
    const auto store = open(path);
    int corrupt = 0;
    for (unsigned i = 0; i < 200; ++i) {
      const Status status = status_of(load(*store, i));
      const Status written = status_of(increment(*store, i));
      CHECK((status == Status::ok || status == Status::corrupt));
      CHECK((written == Status::ok || written == Status::type || written == Status::corrupt));
      corrupt += status == Status::corrupt ? 1 : 0;
    }
    CHECK(corrupt > 50);
  }
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(0);
    file << std::string(100, '\xaa');
  }
  CHECK(status_of_opening(path) == Status::corrupt);
}
