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

  // Until when there have been waits, as soon as the last of them is one that `is_last`.
  std::vector<Deadline> waits(const std::function<bool(Deadline)>& is_last) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::minutes(1), [&] { return !waits_.empty() && is_last(waits_.back()); });
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

}  // namespace

TEST_CASE("a wait that is interrupted leaves to others what the store may have roused it for") {
  const auto silent = std::make_shared<Silent>();
  const World world({Backend::Kind::store, silent});
  const auto queue = *manager::Queue::make();
  const auto load = [&](Session& session, std::chrono::minutes timeout) {
    session.set_timeout(timeout);
    const auto begin = [](Session& begun) {
      return begun.begin_load_header(std::string("__Host-session=") + std::string(43, 'A'));
    };
    const auto begun = queue->begin(session, begin, [](const Result<void>&) {});
    REQUIRE(begun);
    REQUIRE(*begun);
  };
  const Deadline past{};
  const Deadline soon = std::chrono::steady_clock::now() + std::chrono::minutes(50);
  Session patient(world.manager());
  Session hurried(world.manager());
  load(patient, std::chrono::minutes(59));
  CHECK(silent->waits([&](Deadline until) { return until > soon; }).size() == 1);
  load(hurried, std::chrono::minutes(40));
  const std::vector<Deadline> waits = silent->waits([&](Deadline until) { return until > past && until < soon; });
  REQUIRE(waits.size() == 3);
  CHECK(waits[1] == past);
  queue->close();
}
