#include <sys/wait.h>
#include <unistd.h>

#include <base/process_lock.hpp>
#include <mutex>
#include <thread>
#include <vector>

#include "../../support/catch.hpp"

using sessions::ProcessLock;

TEST_CASE("one thread at a time") {
  ProcessLock lock;
  int count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        const std::lock_guard guard(lock);
        ++count;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(count == 80'000);
}

TEST_CASE("what the parent held at the fork is free in the child") {
  ProcessLock lock;
  lock.lock();
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(10);
    lock.lock();
    lock.unlock();
    _exit(0);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  lock.unlock();
}
