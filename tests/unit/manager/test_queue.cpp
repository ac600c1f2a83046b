#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <barrier>
#include <chrono>
#include <functional>
#include <manager/queue.hpp>
#include <manager/session.hpp>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../../support/browser.hpp"
#include "../../support/catch.hpp"
#include "../../support/held_store.hpp"

using namespace sessions;
using manager::Backend;
using manager::PendingCall;
using manager::Queue;
using manager::Session;
using testing::HeldStore;
using testing::World;

namespace {

const std::string one_cookie = "__Host-session=" + std::string(43, 'A');

// A store that may block, and tells on which thread it was asked.
class Blocking final : public testing::ForwardingStore {
 public:
  Blocking() : ForwardingStore(std::make_shared<store::Memory>(store::MemoryBounds{})) {}
  std::thread::id asked_on;

 protected:
  void forward(std::function<void()> call) override {
    asked_on = std::this_thread::get_id();
    call();
  }
};

// A store that answers nobody before so many ask at once.
class Meeting final : public testing::ForwardingStore {
 public:
  explicit Meeting(int expected)
      : ForwardingStore(std::make_shared<store::Memory>(store::MemoryBounds{})), arrivals_(expected) {}

 protected:
  void forward(std::function<void()> call) override {
    arrivals_.arrive_and_wait();
    call();
  }

 private:
  std::barrier<> arrivals_;
};

bool is_readable(const Queue& queue, std::chrono::milliseconds timeout = std::chrono::milliseconds(0)) {
  pollfd polled{queue.descriptor(), POLLIN, 0};
  return poll(&polled, 1, static_cast<int>(timeout.count())) == 1;
}

bool becomes_readable(const Queue& queue) { return is_readable(queue, std::chrono::minutes(1)); }

struct Town {
  Town() { store->is_holding = true; }

  // Keeps the status with which each call ends.
  PendingCall::End end() {
    return [this](const Result<void>& result) { ended.push_back(result ? Status::ok : result.error().status); };
  }

  std::shared_ptr<PendingCall> load(Session& of, const std::string& header = one_cookie) {
    auto begun = queue->begin(
        of, [&](Session& begin) { return begin.begin_load_header(header); }, end());
    REQUIRE(begun);
    return *begun;
  }

  std::shared_ptr<HeldStore> store = std::make_shared<HeldStore>();
  World world{{Backend::Kind::store, store}};
  Session session{world.manager()};
  std::vector<Status> ended;
  std::shared_ptr<Queue> queue = *Queue::make();
};

}  // namespace

TEST_CASE("a call that needs no answer is done when it has begun") {
  Town town;
  town.store->is_holding = false;
  CHECK_FALSE(town.load(town.session));
  CHECK_FALSE(town.load(*std::make_unique<Session>(World(World::open("memory:")).manager())));
  CHECK(town.ended.empty());
  CHECK_FALSE(is_readable(*town.queue));
}

TEST_CASE("a call that is answered makes the descriptor readable, until it is dispatched") {
  Town town;
  REQUIRE(town.load(town.session));
  CHECK_FALSE(is_readable(*town.queue));
  CHECK(*town.queue->dispatch() == 0);
  town.store->let_go();
  REQUIRE(becomes_readable(*town.queue));
  CHECK(town.ended.empty());
  CHECK(*town.queue->dispatch() == 1);
  CHECK(town.ended == std::vector{Status::ok});
  CHECK_FALSE(is_readable(*town.queue));
  CHECK(town.session.origin() == manager::Origin::unknown);
}

TEST_CASE("of many results that are there, a dispatch calls back for some, and the descriptor stays readable") {
  Town town;
  std::vector<std::unique_ptr<Session>> sessions;
  for (std::size_t i = 0; i < 20; ++i) {
    sessions.push_back(std::make_unique<Session>(town.world.manager()));
    REQUIRE(town.load(*sessions.back()));
  }
  town.store->let_go();
  REQUIRE(becomes_readable(*town.queue));
  CHECK(*town.queue->dispatch() == 16);
  CHECK(town.ended.size() == 16);
  REQUIRE(is_readable(*town.queue));
  CHECK(*town.queue->dispatch() == 4);
  CHECK_FALSE(is_readable(*town.queue));
}

TEST_CASE("a call that asks again is not at its end") {
  Town town;
  REQUIRE(town.load(town.session, one_cookie + "; __Host-session=" + std::string(42, 'B') + "A"));
  town.store->let_go();
  REQUIRE(becomes_readable(*town.queue));
  CHECK(*town.queue->dispatch() == 0);
  CHECK(town.ended.empty());
  town.store->let_go();
  REQUIRE(becomes_readable(*town.queue));
  CHECK(*town.queue->dispatch() == 1);
  CHECK(town.ended == std::vector{Status::ok});
}

TEST_CASE("a store that may block is asked on another thread") {
  const auto blocking = std::make_shared<Blocking>();
  const World world({Backend::Kind::store, blocking});
  Town town;
  Session session(world.manager());
  REQUIRE(town.load(session));
  REQUIRE(becomes_readable(*town.queue));
  CHECK(*town.queue->dispatch() == 1);
  CHECK(blocking->asked_on != std::thread::id());
  CHECK(blocking->asked_on != std::this_thread::get_id());
}

TEST_CASE("a store that may block is asked by many at once") {
  constexpr int many = 16;
  const World world({Backend::Kind::store, std::make_shared<Meeting>(many)});
  Town town;
  std::vector<std::unique_ptr<Session>> sessions;
  for (int i = 0; i < 2 * many; ++i) {
    sessions.push_back(std::make_unique<Session>(world.manager()));
    REQUIRE(town.load(*sessions.back()));
  }
  while (town.ended.size() < sessions.size()) {
    REQUIRE(becomes_readable(*town.queue));
    REQUIRE(town.queue->dispatch());
  }
  CHECK(town.ended == std::vector(sessions.size(), Status::ok));
}

TEST_CASE("a call that fails as it begins says so at once") {
  Town town;
  const auto fail = [](Session&) -> Result<void> { return Error{Status::limit, "mine"}; };
  const auto begun = town.queue->begin(town.session, fail, town.end());
  REQUIRE_FALSE(begun);
  CHECK(begun.error().message == "mine");
  CHECK(town.ended.empty());
}

TEST_CASE("a call that is canceled ends so, and its session is destroyed") {
  Town town;
  bool is_destroyed = false;
  const auto call = town.load(town.session);
  Queue::cancel(*call, PendingCall::Owner(&is_destroyed, [](void* flag) { *static_cast<bool*>(flag) = true; }));
  REQUIRE(becomes_readable(*town.queue));
  CHECK_FALSE(is_destroyed);
  CHECK(*town.queue->dispatch() == 1);
  CHECK(town.ended == std::vector{Status::canceled});
  CHECK(is_destroyed);
  town.store->let_go();
}

TEST_CASE("closing ends what is answered as it ended, and cancels what is under way") {
  Town town;
  Session other(town.world.manager());
  REQUIRE(town.load(town.session));
  town.store->let_go();
  REQUIRE(becomes_readable(*town.queue));
  REQUIRE(town.load(other));
  town.queue->close();
  CHECK(town.ended == std::vector{Status::ok, Status::canceled});
  CHECK_FALSE(other.has_asked());
  town.store->let_go();
  CHECK(town.queue->dispatch().error().status == Status::misuse);
  CHECK(town.queue
            ->begin(
                other, [](Session&) { return Result<void>(); }, town.end())
            .error()
            .status == Status::misuse);
}

TEST_CASE("a callback that closes the queue is the last that dispatching calls") {
  Town town;
  Session other(town.world.manager());
  std::vector<Status> at_closing;
  const auto load = [](Session& session) { return session.begin_load_header(one_cookie); };
  const auto close = [&](const Result<void>&) {
    town.queue->close();
    at_closing = town.ended;
  };
  REQUIRE(*town.queue->begin(town.session, load, close));
  REQUIRE(town.load(other));
  town.store->let_go();
  REQUIRE(becomes_readable(*town.queue));
  CHECK(*town.queue->dispatch() == 1);
  CHECK(at_closing.size() == 1);
  CHECK(town.ended.size() == 1);
}

TEST_CASE("a child of a fork may not use its parent's queue") {
  Town town;
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto dispatched = town.queue->dispatch();
    const auto begun = town.queue->begin(
        town.session, [](Session&) { return Result<void>(); }, town.end());
    const bool is_refused = !dispatched && dispatched.error().status == Status::misuse && !begun;
    _exit(is_refused ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
