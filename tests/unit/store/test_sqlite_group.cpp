#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <store/sqlite_group.hpp>
#include <store/sqlite_pool.hpp>
#include <thread>
#include <vector>

#include "../../support/sqlite_world.hpp"

using namespace sessions;
using namespace sessions::store;
using namespace sessions::testing;

namespace {

// Two threads whose changes come into one transaction if they can, and spoil it then. When the patient one tries again,
// alone, it holds the lock on writing until the hasty one has been told.
class Pair {
 public:
  explicit Pair(SqliteGroup& group) : group_(group) {}

  // Whether it came to that.
  bool run() {
    std::thread patient;
    std::thread hasty;
    const SqliteGroup::Change start_both = [&](SqliteConnection&) -> Result<void> {
      patient = std::thread([this] { patient_result_ = apply(std::chrono::minutes(1), true); });
      hasty = std::thread([this] {
        hasty_result_ = apply(std::chrono::milliseconds(50), false);
        hasty_is_told_.set_value();
      });
      while (started_ < 2) {
        std::this_thread::yield();
      }
      return {};
    };
    CHECK(group_.apply(start_both, sessions::testing::patient()));
    patient.join();
    hasty.join();
    return has_held_;
  }

  bool has_held_in_vain() const noexcept { return has_held_in_vain_; }
  const Result<void>& patient_result() const noexcept { return patient_result_; }
  const Result<void>& hasty_result() const noexcept { return hasty_result_; }

 private:
  Result<void> apply(std::chrono::milliseconds timeout, bool is_patient) {
    const auto myself = std::this_thread::get_id();
    const SqliteGroup::Change change = [this, myself, is_patient](SqliteConnection& in) -> Result<void> {
      if (std::this_thread::get_id() != myself) {
        is_spoiled_ = true;
        in.rollback();
      } else if (is_spoiled_ && is_patient) {
        has_held_ = true;
        has_held_in_vain_ = hasty_is_told_.get_future().wait_for(std::chrono::seconds(20)) != std::future_status::ready;
      }
      return {};
    };
    ++started_;
    return group_.apply(change, {now, timeout});
  }

  SqliteGroup& group_;
  std::promise<void> hasty_is_told_;
  std::atomic<int> started_ = 0;
  std::atomic<bool> is_spoiled_ = false;
  std::atomic<bool> has_held_ = false;
  std::atomic<bool> has_held_in_vain_ = false;
  Result<void> patient_result_;
  Result<void> hasty_result_;
};

}  // namespace

TEST_CASE("a transaction that is spoiled is tried by each alone, up to its own deadline") {
  const TemporaryDirectory directory;
  SqlitePool pool({directory.file("s.db"), {}, 4});
  SqliteGroup group(pool);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  bool has_come_to_it = false;
  while (!has_come_to_it && std::chrono::steady_clock::now() < deadline) {
    Pair pair(group);
    has_come_to_it = pair.run();
    CHECK_FALSE(pair.has_held_in_vain());
    CHECK(pair.patient_result());
    CHECK((pair.hasty_result() || pair.hasty_result().error().status == Status::busy));
  }
  CHECK(has_come_to_it);
}

// How long it gets must not depend on the disk.
TEST_CASE("the log is copied into the database again and again, and begins anew, whoever else writes") {
  constexpr int commits = 10'000;
  constexpr std::uintmax_t bytes_of_page = 4'096 + 24;
  const TemporaryDirectory directory;
  const std::string path = directory.file("s.db");
  const unsigned writers = GENERATE(1U, 3U);
  const bool is_each_a_process = GENERATE(false, true);  // as far as the store can tell
  std::vector<std::shared_ptr<Store>> stores;
  for (unsigned i = 0; i < writers; ++i) {
    const bool is_shared = i > 0 && !is_each_a_process;
    stores.push_back(is_shared ? stores[0] : *open_sqlite({path, SqliteOptions::Synchronous::off, 4}));
    REQUIRE(*create(*stores[i], i));
  }
  std::atomic<int> failed = 0;
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < writers; ++i) {
      threads.emplace_back([&, i] {
        for (int n = 0; n < commits; ++n) {
          failed += increment(*stores[i], i) ? 0 : 1;
        }
      });
    }
  }
  const std::uintmax_t longest = std::filesystem::file_size(path + "-wal");
  CHECK(failed == 0);
  CHECK(value_of(*stores[0], writers - 1) == std::to_string(commits));
  CHECK(longest > 1'000 * bytes_of_page);
  CHECK(longest < (writers == 1 ? 1'100 : 20'000) * bytes_of_page);
}
