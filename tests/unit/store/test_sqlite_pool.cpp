#include <filesystem>
#include <optional>
#include <store/sqlite_pool.hpp>
#include <string>
#include <thread>
#include <utility>

#include "../../support/sqlite_world.hpp"

using namespace sessions;
using namespace sessions::store;
using namespace sessions::testing;

namespace {

struct World {
  explicit World(std::size_t connections = 4) : pool({path, {}, connections}) {}

  const TemporaryDirectory directory;
  const std::string path = directory.file("s.db");
  SqlitePool pool;
};

Call out_of_time() {
  Call call = patient();
  call.end_by(std::chrono::steady_clock::now());
  return call;
}

template <class Reply>
Status status_of(const Result<Reply>& result) {
  return result ? Status::ok : result.error().status;
}

}  // namespace

TEST_CASE("there are so many connections at the most, and one that is returned is leased again") {
  World world(2);
  const Call call = patient();
  auto first = world.pool.lease(call);
  REQUIRE(first);
  SqliteConnection* const connection = &**first;
  std::optional<SqlitePool::Lease> kept(std::move(*first));
  const auto second = world.pool.lease(call);
  REQUIRE(second);
  CHECK(&**second != connection);
  CHECK(status_of(world.pool.lease(out_of_time())) == Status::busy);
  kept.reset();
  const auto third = world.pool.lease(call);
  REQUIRE(third);
  CHECK(&**third == connection);
}

TEST_CASE("who waits for a connection gets the one that is returned") {
  World world(1);
  const Call call = patient();
  auto leased = world.pool.lease(call);
  REQUIRE(leased);
  std::optional<SqlitePool::Lease> kept(std::move(*leased));
  Status status = Status::unknown;
  std::thread other([&] { status = status_of(world.pool.lease(patient())); });
  kept.reset();
  other.join();
  CHECK(status == Status::ok);
}

TEST_CASE("a connection that is left in a transaction is not leased again") {
  World world(1);
  const Call call = patient();
  REQUIRE(world.pool.use<std::monostate>(call, [](SqliteConnection& connection) -> Result<std::monostate> {
    REQUIRE(connection.begin());
    REQUIRE(*connection.insert(key_of(1), record_of()));
    return std::monostate();
  }));
  const auto next = world.pool.lease(call);
  REQUIRE(next);
  CHECK_FALSE((*next)->is_suspect());
  CHECK_FALSE(*(*next)->find(key_of(1)));
}

TEST_CASE("what meets a lock is tried again, as long as there is time") {
  World world;
  int tries = 0;
  const auto use = [&](const Call& call, Status failure) {
    tries = 0;
    return status_of(world.pool.use<int>(call, [&](SqliteConnection&) -> Result<int> {
      return ++tries < 3 ? Error{failure, {}} : Result<int>(tries);
    }));
  };
  CHECK(use(patient(), Status::busy) == Status::ok);
  CHECK(tries == 3);
  CHECK(use(out_of_time(), Status::busy) == Status::busy);
  CHECK(tries == 1);
  CHECK(use(patient(), Status::full) == Status::full);
  CHECK(tries == 1);
}

TEST_CASE("a pool whose file was replaced opens no other, whoever has a connection still") {
  World world;
  const Call call = patient();
  const bool has_idle = GENERATE(true, false);
  auto leased = world.pool.lease(call);
  REQUIRE(leased);
  std::optional<SqlitePool::Lease> kept(std::move(*leased));
  if (has_idle) {
    kept.reset();
  }
  std::filesystem::rename(world.path, world.directory.file("moved.db"));
  CHECK(*create(*open(world.path), 1));
  CHECK(status_of(world.pool.lease(patient(now + 1))) == Status::unavailable);
  std::filesystem::rename(world.directory.file("moved.db"), world.path);
  CHECK(status_of(world.pool.lease(patient(now + 2))) == Status::unavailable);
}

TEST_CASE("a database that cannot be opened takes no place in the pool") {
  World world(1);
  std::filesystem::create_directory(world.path);
  CHECK(status_of(world.pool.lease(patient())) == Status::unavailable);
  std::filesystem::remove(world.path);
  CHECK(world.pool.lease(patient()));
}
