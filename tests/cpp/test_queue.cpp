// Calls that do not wait, with callbacks.
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <support/catch.hpp>
#include <type_traits>
#include <vector>

#include "loop.hpp"
#include "world.hpp"

using sessions::Manager;
using sessions::Queue;
using sessions::Result;
using sessions::Session;
using sessions::Status;
using world::run;
using world::World;

namespace {

static_assert(!std::is_copy_constructible_v<Queue> && std::is_nothrow_move_constructible_v<Queue> &&
              std::is_nothrow_move_assignable_v<Queue>);

// Behind a gate, with a session stored.
struct Gated {
  std::shared_ptr<world::Gate> gate = std::make_shared<world::Gate>();
  World world{sessions::Backend::make_custom(world::GatedStore(gate)).value_or_throw()};
  Manager manager = world.manager();
  std::string header = world::stored(manager, "n", 1);
  Queue queue = Queue::make().value_or_throw();
  std::optional<Session> session = manager.new_session().value_or_throw();
  std::optional<Status> status;

  auto note() {
    return [this](const Result<void>& result) {
      CHECK_FALSE(status.has_value());
      status = result.status();
    };
  }
};

}  // namespace

TEST_CASE("what needs no store is done when the call returns") {
  for (const std::string_view url : {"memory:", "signed-cookie:", "cookie:"}) {
    const World world(url);
    const Manager manager = world.manager();
    const std::string header = world::stored(manager, "n", 1);
    Queue queue = Queue::make().value_or_throw();
    Session session = manager.new_session().value_or_throw();
    int done = 0;
    const auto count = [&done](const Result<void>& result) { done += result ? 1 : 0; };
    session.load(header, queue, count);
    CHECK(session.increment("n").value_or_throw() == 2);
    session.commit(queue, count);
    CHECK(session.outcome() == sessions::Outcome::saved);
    session.regenerate(queue, count);
    session.destroy(queue, count);
    CHECK(done == 4);
    Session other = manager.new_session().value_or_throw();
    other.load_value(header.substr(header.find('=') + 1), queue, count);
    CHECK(done == 5);
    other.load(header, queue, [](const Result<void>& result) {
      CHECK(result.status() == Status::misuse);
      CHECK(result.error().message() != message(Status::misuse));
    });
    CHECK_FALSE(world::is_readable(queue));
    CHECK(queue.dispatch().value_or_throw() == 0);
  }
}

TEST_CASE("what needs a store is done by dispatch") {
  Gated gated;
  Session& session = *gated.session;
  gated.gate->shut();
  session.load(gated.header, gated.queue, gated.note());
  CHECK_FALSE(gated.status.has_value());
  CHECK(session.get<int>("n").status() == Status::misuse);
  CHECK(session.commit().status() == Status::misuse);
  CHECK(session.empty());
  gated.gate->open();
  run(gated.queue, 1);
  CHECK(gated.status == Status::ok);
  CHECK(session.increment("n").value_or_throw() == 2);

  for (const auto call : {0, 1, 2}) {
    gated.status.reset();
    call == 0   ? session.commit(gated.queue, gated.note())
    : call == 1 ? session.regenerate(gated.queue, gated.note())
                : session.destroy(gated.queue, gated.note());
    run(gated.queue, 1);
    CHECK(gated.status == Status::ok);
    const auto expected = call == 0   ? sessions::Outcome::saved
                          : call == 1 ? sessions::Outcome::regenerated
                                      : sessions::Outcome::destroyed;
    CHECK(session.outcome() == expected);
  }
}

TEST_CASE("a session that moves or ends while its call is under way") {
  Gated gated;
  gated.gate->shut();
  gated.session->load(gated.header, gated.queue, gated.note());
  Session moved = std::move(*gated.session);
  gated.gate->open();
  run(gated.queue, 1);
  CHECK(moved.get<int>("n").value_or_throw() == 1);

  gated.status.reset();
  gated.gate->shut();
  REQUIRE(moved.set("n", 2));
  moved.commit(gated.queue, gated.note());
  { const Session ends = std::move(moved); }
  run(gated.queue, 1);
  CHECK(gated.status == Status::canceled);
  gated.gate->open();
}

TEST_CASE("a queue that ends cancels, and its sessions go on") {
  Gated gated;
  gated.gate->shut();
  gated.session->load(gated.header, gated.queue, gated.note());
  { const Queue ends = std::move(gated.queue); }
  CHECK(gated.status == Status::canceled);
  gated.gate->open();
  CHECK(gated.session->load(gated.header));
  CHECK(gated.session->get<int>("n").value_or_throw() == 1);
}

TEST_CASE("a callback may end the queue and the session") {
  Gated gated;
  std::optional<Queue> queue(std::move(gated.queue));
  gated.session->load(gated.header, *queue, [&](const Result<void>& result) {
    gated.status = result.status();
    gated.session.reset();
    queue.reset();
  });
  REQUIRE(world::is_readable(*queue, 60'000));
  while (queue) {
    CHECK(queue->dispatch());
  }
  CHECK(gated.status == Status::ok);
  CHECK_FALSE(gated.session.has_value());
}

TEST_CASE("handles end in any order while a call is under way") {
  for (const bool queue_first : {true, false}) {
    Gated gated;
    auto queue = std::make_unique<Queue>(std::move(gated.queue));
    gated.gate->shut();
    gated.session->load(gated.header, *queue, gated.note());
    { const Manager ends = std::move(gated.manager); }
    { const sessions::Backend ends = std::move(gated.world.backend); }
    if (queue_first) {
      queue.reset();
      gated.session.reset();
    } else {
      gated.session.reset();
      queue.reset();
    }
    CHECK(gated.status == Status::canceled);
    gated.gate->open();
  }
}

TEST_CASE("what a callback throws comes out of the call that ran it") {
  const auto throws = [](const Result<void>&) { throw std::runtime_error("out of the callback"); };
  const auto visit = [&throws](const Manager& manager) {
    const std::string header = world::stored(manager, "n", 1);
    Queue queue = Queue::make().value_or_throw();
    Session session = manager.new_session().value_or_throw();
    const auto load = [&] {
      session.load(header, queue, throws);
      run(queue, 1);
    };
    CHECK_THROWS_WITH(load(), "out of the callback");
    CHECK(queue.dispatch().value_or_throw() == 0);
    CHECK(session.get<int>("n").value_or_throw() == 1);
  };
  visit(World().manager());  // done at once
  visit(Gated().manager);
}

TEST_CASE("dispatch throws the first of what callbacks throw, once, when all were called") {
  Gated gated;
  const auto held = gated.gate->hold();
  std::vector<Session> first;  // these have all threads, and keep the others from the store
  for (int i = 0; i < 16; ++i) {
    first.push_back(gated.manager.new_session().value_or_throw());
    first.back().load(gated.header, gated.queue, [](const Result<void>&) {});
  }
  int calls = 0;
  for (int i = 0; i < 3; ++i) {
    Session ends = gated.manager.new_session().value_or_throw();
    ends.load(gated.header, gated.queue, [&calls](const Result<void>&) { throw ++calls; });
  }
  int thrown = 0;
  try {
    static_cast<void>(gated.queue.dispatch());
  } catch (int number) {
    thrown = number;
  }
  CHECK(thrown == 1);
  CHECK(calls == 3);
  CHECK(gated.queue.dispatch().value_or_throw() == 0);
}

TEST_CASE("what a callback throws when its queue ends is dropped") {
  Gated gated;
  gated.gate->shut();
  gated.session->load(gated.header, gated.queue, [](const Result<void>&) { throw 7; });
  { const Queue ends = std::move(gated.queue); }
  gated.gate->open();
  CHECK(gated.session->load(gated.header));
}

TEST_CASE("callbacks that can only be moved are taken, and destroyed") {
  Gated gated;
  const auto watched = std::make_shared<int>(0);
  gated.session->load(gated.header, gated.queue,
                      [held = std::make_unique<std::shared_ptr<int>>(watched)](const Result<void>&) { ++**held; });
  run(gated.queue, 1);
  CHECK(*watched == 1);
  CHECK(watched.use_count() == 1);
}

TEST_CASE("handles that were moved from refuse") {
  Gated gated;
  Queue moved = std::move(gated.queue);
  CHECK(gated.queue.handle() == nullptr);
  CHECK(gated.queue.descriptor() == -1);
  CHECK(gated.queue.dispatch().status() == Status::invalid);
  gated.session->load(gated.header, gated.queue, gated.note());
  CHECK(gated.status == Status::invalid);
  gated.status.reset();
  const Session taken = std::move(*gated.session);
  gated.session->commit(moved, gated.note());
  CHECK(gated.status == Status::invalid);
  Queue adopted(moved.release());
  CHECK(adopted.descriptor() >= 0);
  CHECK(adopted.dispatch().value_or_throw() == 0);
}

TEST_CASE("a child of the process that made a queue is refused") {
  Queue queue = Queue::make().value_or_throw();
  const pid_t child = fork();
  if (child == 0) {
    _exit(queue.dispatch().status() == Status::misuse ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(status == 0);
}
