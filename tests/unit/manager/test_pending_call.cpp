#include <manager/pending_call.hpp>
#include <manager/session.hpp>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "../../support/browser.hpp"
#include "../../support/catch.hpp"
#include "../../support/held_store.hpp"

using namespace sessions;
using manager::Backend;
using manager::PendingCall;
using manager::PendingCalls;
using manager::Session;
using testing::HeldStore;
using testing::World;

namespace {

struct Town {
  // A call of a session that no thread waits for.
  PendingCall call(
      PendingCall::Begin begin, PendingCall::End end = [](const Result<void>&) {}) {
    return {nullptr, session, std::move(begin), std::move(end)};
  }

  static Result<void> load(Session& session) {
    return session.begin_load_header("__Host-session=" + std::string(43, 'A'));
  }

  std::shared_ptr<HeldStore> store = std::make_shared<HeldStore>();
  World world{{Backend::Kind::store, store}};
  Session session{world.manager()};
};

Status status_of(const Result<void>& result) { return result ? Status::ok : result.error().status; }

}  // namespace

TEST_CASE("a call begins once, and then goes on") {
  Town town;
  town.store->is_holding = true;
  int begun = 0;
  PendingCall call = town.call([&begun](Session& session) {
    ++begun;
    return Town::load(session);
  });
  CHECK(status_of(call.run()) == Status::pending);
  town.store->let_go();
  CHECK(status_of(call.run()) == Status::ok);
  CHECK(begun == 1);
  CHECK(town.session.origin() == manager::Origin::unknown);
}

TEST_CASE("a call ends after the session's timeout, counted from when it was made") {
  Town town;
  town.store->is_holding = true;
  town.session.set_timeout(std::chrono::minutes(30));
  PendingCall call = town.call(&Town::load);
  town.session.set_timeout(std::chrono::minutes(50));
  CHECK(status_of(call.run()) == Status::pending);
  CHECK(town.session.deadline() == call.deadline);
  CHECK(call.deadline < std::chrono::steady_clock::now() + std::chrono::minutes(31));
}

TEST_CASE("a call that was put off until its time was over does not ask any more") {
  Town town;
  town.session.set_timeout(std::chrono::milliseconds(0));
  PendingCall call = town.call(&Town::load);
  town.session.put_off_asking();
  CHECK(status_of(call.run()) == Status::pending);
  CHECK(status_of(call.run()) == Status::timeout);
  CHECK(town.store->calls == 0);
}

TEST_CASE("what is thrown is how the call ends") {
  Town town;
  CHECK(status_of(town.call([](Session&) -> Result<void> { throw std::bad_alloc(); }).run()) == Status::nomem);
  CHECK(status_of(town.call([](Session&) -> Result<void> { throw std::runtime_error(""); }).run()) == Status::internal);
}

TEST_CASE("a call moves from list to list") {
  Town town;
  const auto call = std::make_shared<PendingCall>(nullptr, town.session, &Town::load, [](const Result<void>&) {});
  PendingCalls from{call};
  PendingCalls to;
  call->place = &from;
  call->self = from.begin();
  call->move_to(to);
  CHECK(from.empty());
  CHECK(call->place == &to);
  call->move_to(from);
  CHECK(from.front() == call);
  CHECK(to.empty());
}

TEST_CASE("the last act tells the result, then destroys what nobody else wants and lets go of what was to be called") {
  Town town;
  std::string order;
  const auto held = std::make_shared<int>();
  const std::weak_ptr<int> watched = held;
  const auto call = std::make_shared<PendingCall>(
      nullptr, town.session, [kept = held](Session&) { return Result<void>(); },
      [&order](const Result<void>& result) { order += result ? "ok" : result.error().message; });
  const_cast<std::shared_ptr<int>&>(held).reset();
  const auto destroy = [](void* text) { *static_cast<std::string*>(text) += ", destroyed"; };
  call->owner = PendingCall::Owner(&order, destroy);
  CHECK_FALSE(watched.expired());
  call->end(Error{Status::canceled, "canceled"});
  CHECK(order == "canceled, destroyed");
  CHECK(watched.expired());
}
