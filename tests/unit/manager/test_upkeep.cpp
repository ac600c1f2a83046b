#include <functional>
#include <manager/upkeep.hpp>
#include <memory>
#include <store/memory.hpp>
#include <utility>
#include <vector>

#include "../../support/browser.hpp"
#include "../../support/catch.hpp"
#include "../../support/store.hpp"

using namespace sessions;
using manager::Backend;
using testing::World;

namespace {

// A memory store whose answers come while somebody waits for them, at once, or never.
class Slow final : public testing::ForwardingStore {
 public:
  Slow() : ForwardingStore(std::make_shared<store::Memory>(store::MemoryBounds{})) {}

  void wait_for(store::Awaited&, Deadline) override {
    ++waits;
    if (is_silent) {
      return;
    }
    for (const std::function<void()>& call : std::exchange(kept_, {})) {
      call();
    }
  }

  bool is_prompt = false;
  bool is_silent = false;
  bool is_down = false;
  int waits = 0;

 protected:
  void forward(std::function<void()> call) override {
    if (is_prompt) {
      call();
    } else {
      kept_.push_back(std::move(call));
    }
  }
  std::optional<Error> refusal() override {
    return is_down ? std::optional(Error{Status::unavailable, "down"}) : std::nullopt;
  }

 private:
  std::vector<std::function<void()>> kept_;
};

struct Town {
  Town() {
    slow->is_prompt = true;
    const auto session = world.load("");
    REQUIRE(session->content().set("n", "1") == Status::ok);
    REQUIRE(session->commit());
    slow->is_prompt = false;
  }

  const manager::Manager& manager() const { return *world.manager(); }

  std::shared_ptr<Slow> slow = std::make_shared<Slow>();
  World world{{Backend::Kind::store, slow}};
};

template <class Reply>
Status status_of(const Result<Reply>& result) {
  return result ? Status::ok : result.error().status;
}

}  // namespace

TEST_CASE("the store's answer is waited for, unless it is there") {
  const Town town;
  CHECK(manager::ping(town.manager()));
  CHECK(manager::statistics(town.manager())->sessions == 1);
  CHECK(town.slow->waits == 2);
  town.slow->is_prompt = true;
  CHECK(manager::ping(town.manager()));
  CHECK(town.slow->waits == 2);
}

TEST_CASE("sweeping goes by the manager's clock, and tells how many it dropped") {
  Town town;
  CHECK(*manager::sweep(town.manager(), 10) == 0);
  town.world.pass(town.manager().config().lifetime() + 1);
  CHECK(*manager::sweep(town.manager(), 10) == 1);
  CHECK(manager::statistics(town.manager())->sessions == 0);
}

TEST_CASE("without an answer in time it is not known whether anything was dropped; asking comes to nothing") {
  const Town town;
  town.slow->is_silent = true;
  CHECK(status_of(manager::ping(town.manager())) == Status::timeout);
  CHECK(status_of(manager::statistics(town.manager())) == Status::timeout);
  CHECK(status_of(manager::sweep(town.manager(), 10)) == Status::unknown);
}

TEST_CASE("the store's error is the caller's") {
  const Town town;
  town.slow->is_down = true;
  CHECK(manager::ping(town.manager()).error().message == "down");
  CHECK(manager::statistics(town.manager()).error().message == "down");
  CHECK(manager::sweep(town.manager(), 10).error().message == "down");
}

TEST_CASE("cookies answer, have nothing to drop, and cannot be counted") {
  const World world(World::open("signed-cookie:"));
  CHECK(manager::ping(*world.manager()));
  CHECK(*manager::sweep(*world.manager(), 1) == 0);
  CHECK(status_of(manager::statistics(*world.manager())) == Status::unsupported);
}

TEST_CASE("at least one session has to be looked at, whatever keeps them") {
  const Town town;
  const World world(World::open("signed-cookie:"));
  for (const std::int64_t most : {0, -1}) {
    CHECK(status_of(manager::sweep(town.manager(), most)) == Status::invalid);
    CHECK(status_of(manager::sweep(*world.manager(), most)) == Status::invalid);
  }
  CHECK(town.slow->waits == 0);
}
