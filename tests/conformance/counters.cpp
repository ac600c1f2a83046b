// Threads that count in one session: not one of their changes may be lost, and none applied twice.
#include <algorithm>
#include <conformance/world.hpp>
#include <cstdlib>

namespace conformance {

namespace {

constexpr std::size_t threads = 8;

std::int64_t number_in(Request& request, std::string_view key) {
  return std::strtoll(request.get(key).value_or("-1").c_str(), nullptr, 10);
}

void parallel_increments_are_exact(World& world) {
  const std::size_t each = world.times(100'000, 4'000) / threads;
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"n":0})");
  std::vector<std::vector<std::int64_t>> sums(threads);
  in_threads(threads, [&](std::size_t number) {
    sums[number].reserve(each);
    for (std::size_t i = 0; i < each; ++i) {
      Request request(manager, browser.cookie());
      request.increment("n");
      request.commit_among_others();
      sums[number].push_back(number_in(request, "n"));
    }
  });
  const std::string total = std::to_string(threads * each);
  browser.expect_content(R"({"n":)" + total + "}");
  std::vector<std::int64_t> all;
  for (const std::vector<std::int64_t>& own : sums) {
    expect(std::is_sorted(own.begin(), own.end()), "the sums that one thread sees only grow");
    all.insert(all.end(), own.begin(), own.end());
  }
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i < all.size(); ++i) {
    expect_equal("sum in the handle after the commit that made it, each being seen once", static_cast<long long>(i + 1),
                 all[i]);
  }
}

void run_own_keys(World& world, std::size_t each, const std::string& content) {
  Settings settings;
  settings.max_content = 1 << 20;
  const Manager manager = world.manager(settings);
  Browser browser(world, manager, content);
  in_threads(threads, [&](std::size_t number) {
    const std::string key = "own " + std::to_string(number);
    for (std::size_t i = 1; i <= each; ++i) {
      Request request(manager, browser.cookie());
      if (i > 1) {
        expect_equal("what a thread finds of its own last commit", static_cast<long long>(i - 1),
                     number_in(request, key));
      }
      request.set(key, std::to_string(i));
      request.increment("n", static_cast<std::int64_t>(i));
      request.commit_among_others();
      expect_contested(request, {});
    }
  });
  Request look = browser.request("afterwards");
  expect_equal("sum of all increments", static_cast<long long>(threads * each * (each + 1) / 2), number_in(look, "n"));
  for (std::size_t number = 0; number < threads; ++number) {
    expect_equal("last value of a thread's own key", static_cast<long long>(each),
                 number_in(look, "own " + std::to_string(number)));
  }
}

void parallel_changes_of_own_keys_are_kept(World& world) { run_own_keys(world, world.times(2'000, 200), R"({"n":0})"); }

// The larger a session, the longer its commit takes, and the more comes in between.
void parallel_changes_of_a_large_session_are_kept(World& world) {
  run_own_keys(world, world.times(200, 100), R"({"n":0,"large":")" + std::string(200'000, 'x') + "\"}");
}

void strict_counting_is_exact(World& world) {
  const std::size_t each = world.times(1'000, 100);
  Settings settings;
  settings.mode = SESSIONS_COMMIT_STRICT;
  const Manager manager = world.manager(settings);
  Browser browser(world, manager, R"({"n":0})");
  in_threads(threads, [&](std::size_t) {
    for (std::size_t i = 0; i < each; ++i) {
      Request request(manager, browser.cookie());
      std::int32_t outcome = SESSIONS_OUTCOME_CONFLICT;
      while (outcome == SESSIONS_OUTCOME_CONFLICT) {
        request.set("n", std::to_string(number_in(request, "n") + 1));
        outcome = request.commit_among_others();
      }
    }
  });
  browser.expect_content(R"({"n":)" + std::to_string(threads * each) + "}");
}

}  // namespace

std::vector<Test> counter_tests() {
  return {
      {"counters: 8 threads increment in one session", parallel_increments_are_exact},
      {"counters: 8 threads change keys of their own", parallel_changes_of_own_keys_are_kept},
      {"counters: 8 threads change keys of their own in a large session", parallel_changes_of_a_large_session_are_kept},
      {"counters: 8 threads count in strict mode, making conflicts again", strict_counting_is_exact}};
}

}  // namespace conformance
