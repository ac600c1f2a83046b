// A prefork server: connections are open and in use when it forks, and all of them go on.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "../../support/sqlite_world.hpp"

using namespace sessions;
using namespace sessions::store;
using namespace sessions::testing;

namespace {

constexpr int rounds = 100;

[[noreturn]] void serve(Store& store, unsigned own, int go) {
  alarm(60);
  char byte = 0;
  bool is_good = value_of(store, own) == "0";
  for (int i = 0; i < rounds && is_good; ++i) {
    is_good = bool(increment(store, own)) && bool(increment(store, 0));
    if (i == rounds / 2) {
      is_good = is_good && read(go, &byte, 1) == 0;  // until the parent has closed the store
    }
  }
  _exit(is_good && value_of(store, own) == std::to_string(rounds) ? 0 : 1);
}

pid_t start(Store& store, unsigned own, const int (&go)[2]) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    close(go[1]);
    serve(store, own, go[0]);
  }
  return child;
}

constexpr unsigned moves = 1'000;

// Counts in a session that moves from 0 to 1, 2 and so on, and says each time that it has found it.
[[noreturn]] void count_after(Store& store, int found) {
  alarm(60);
  bool is_good = true;
  unsigned counted = 0;
  for (unsigned at = 0; at < moves && is_good; ++at) {
    is_good = write(found, "", 1) == 1;
    for (bool is_there = true; is_there && is_good;) {
      const auto committed = increment(store, at);
      is_good = bool(committed);
      is_there = is_good && committed->outcome != Committed::Outcome::gone;
      counted += is_there ? 1 : 0;
    }
  }
  _exit(is_good && value_of(store, moves) == std::to_string(moves + counted) ? 0 : 1);
}

}  // namespace

TEST_CASE("children of a server with open connections write, also after it has closed the store") {
  const TemporaryDirectory directory;
  auto store = open(directory.file("s.db"));
  for (unsigned i = 0; i < 3; ++i) {
    REQUIRE(*create(*store, i));
  }
  int go[2];
  REQUIRE(pipe(go) == 0);
  const pid_t a = start(*store, 1, go);
  REQUIRE(increment(*store, 0));
  const pid_t b = start(*store, 2, go);
  REQUIRE(increment(*store, 0));
  store.reset();
  CHECK(*sweep(*open(directory.file("s.db")), 10, now) == 0);  // opens, and closes again
  close(go[0]);
  close(go[1]);
  for (const pid_t child : {a, b}) {
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  CHECK(value_of(*open(directory.file("s.db")), 0) == std::to_string(2 * rounds + 2));
  CHECK(Sql(directory.file("s.db")).text("PRAGMA integrity_check") == "ok");
}

TEST_CASE("a session that one process moves on while another counts in it keeps every count") {
  const TemporaryDirectory directory;
  const auto store = open(directory.file("s.db"));
  REQUIRE(*create(*store, 0));
  int found[2];
  REQUIRE(pipe(found) == 0);
  const pid_t counter = fork();
  REQUIRE(counter >= 0);
  if (counter == 0) {
    close(found[0]);
    count_after(*store, found[1]);
  }
  close(found[1]);
  for (unsigned at = 0; at < moves; ++at) {
    char byte = 0;
    REQUIRE(read(found[0], &byte, 1) == 1);
    const auto moved = regenerate(*store, at, at + 1, patient(), generation);
    REQUIRE(moved);
    CHECK((moved->outcome == Committed::Outcome::applied || moved->outcome == Committed::Outcome::merged));
  }
  close(found[0]);
  int status = -1;
  REQUIRE(waitpid(counter, &status, 0) == counter);
  CHECK(status == 0);
  CHECK(statistics(*store).sessions == 1);
}

TEST_CASE("a fork waits for no lock, and threads go on in the parent while children come and go",
          "[forks among threads]") {
  const TemporaryDirectory directory;
  const auto store = open(directory.file("s.db"), 2);
  REQUIRE(*create(*store, 0));
  std::atomic<bool> is_over = false;
  std::atomic<int> done = 0;
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      while (!is_over) {
        ++(increment(*store, 0) && load(*store, 0) ? done : failed);
      }
    });
  }
  int children = 0;
  for (int i = 0; i < 30; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(60);
      _exit(increment(*store, 0) ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    children += status == 0 ? 1 : 0;
  }
  {
    Sql sql(directory.file("s.db"));
    sql.run("BEGIN IMMEDIATE");
    const pid_t child = fork();  // while a thread waits for the lock
    if (child == 0) {
      _exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(status == 0);
    sql.run("COMMIT");
  }
  is_over = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(children == 30);
  CHECK(failed == 0);
  CHECK(value_of(*store, 0) == std::to_string(done + children));
  CHECK(Sql(directory.file("s.db")).text("PRAGMA integrity_check") == "ok");
}

TEST_CASE("a fork while threads open and close stores leaves children that work", "[forks among threads]") {
  constexpr int forks = 200;
  const TemporaryDirectory directory;
  const SqliteOptions options{directory.file("s.db"), {}, 4};
  REQUIRE(*create(*open(options.path), 0));
  const auto open_and_increment = [&options] {
    const auto store = open_sqlite(options);
    return store && increment(**store, 0);
  };
  std::atomic<bool> is_over = false;
  std::atomic<int> done = 0;
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      while (!is_over) {
        ++(open_and_increment() ? done : failed);
      }
    });
  }
  int children = 0;
  for (int status = 0; status == 0 && children < forks;) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(60);
      _exit(open_and_increment() ? 0 : 1);
    }
    waitpid(child, &status, 0);
    children += status == 0 ? 1 : 0;
  }
  is_over = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(children == forks);
  CHECK(failed == 0);
  CHECK(value_of(*open(options.path), 0) == std::to_string(done + children));
}
