#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <manager/queue.hpp>
#include <memory>
#include <mutex>
#include <store/memory.hpp>
#include <vector>

#include "../../support/browser.hpp"
#include "../../support/catch.hpp"
#include "../../support/store.hpp"

using namespace sessions;
using manager::Backend;
using manager::Session;
using testing::World;

namespace {

// Answers nothing, and keeps account of who waits for it.
class Silent final : public testing::ForwardingStore {
 public:
  Silent() : ForwardingStore(std::make_shared<store::Memory>(store::MemoryBounds{})) {}

  bool may_block() const noexcept override { return false; }

  void wait_for(store::Awaited& answer, Deadline deadline) override {
    {
      const std::lock_guard lock(mutex_);
      waits_.push_back(deadline);
      changed_.notify_all();
    }
    answer.wait(deadline);
  }

  // Until when there have been waits, as soon as there are so many and the last of them is one that `is_last`.
  std::vector<Deadline> waits(const std::function<bool(Deadline)>& is_last, std::size_t least = 1) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::minutes(1), [&] { return waits_.size() >= least && is_last(waits_.back()); });
    return waits_;
  }

 protected:
  void forward(std::function<void()> call) override { calls_.push_back(std::move(call)); }

 private:
  std::vector<std::function<void()>> calls_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Deadline> waits_;
};

struct Quiet {
  void load(Session& session, std::chrono::minutes timeout) const {
    session.set_timeout(timeout);
    const auto begin = [](Session& begun) {
      return begun.begin_load_header(std::string("__Host-session=") + std::string(43, 'A'));
    };
    const auto begun = queue->begin(session, begin, [](const Result<void>&) {});
    REQUIRE(begun);
    REQUIRE(*begun);
  }

  std::shared_ptr<Silent> store = std::make_shared<Silent>();
  World world{{Backend::Kind::store, store}};
  std::shared_ptr<manager::Queue> queue = *manager::Queue::make();
  Session one{world.manager()};
  Session other{world.manager()};
};

}  // namespace

TEST_CASE("a wait that is interrupted leaves to others what the store may have roused it for") {
  Quiet quiet;
  const Deadline past{};
  const Deadline soon = std::chrono::steady_clock::now() + std::chrono::minutes(50);
  quiet.load(quiet.one, std::chrono::minutes(59));
  CHECK(quiet.store->waits([&](Deadline until) { return until > soon; }).size() == 1);
  quiet.load(quiet.other, std::chrono::minutes(40));
  const std::vector<Deadline> waits = quiet.store->waits([&](Deadline until) { return until > past && until < soon; });
  REQUIRE(waits.size() == 3);
  CHECK(waits[1] == past);
  quiet.queue->close();
}

TEST_CASE("a wait looks up at each call, since those who looked after the store may have gone") {
  Quiet quiet;
  quiet.load(quiet.one, std::chrono::minutes(40));
  const auto any = [](Deadline) { return true; };
  REQUIRE(quiet.store->waits(any).size() == 1);
  quiet.load(quiet.other, std::chrono::minutes(59));
  CHECK(quiet.store->waits(any, 2).size() == 2);
  quiet.queue->close();
}
