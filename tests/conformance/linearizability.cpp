// Are there orders that explain what 8 threads saw? For each key by itself, as a register or as a counter.
#include <algorithm>
#include <array>
#include <conformance/history.hpp>
#include <conformance/world.hpp>
#include <cstdlib>
#include <thread>
#include <tuple>

namespace conformance {

namespace {

constexpr std::size_t threads = 8;
constexpr std::size_t requests_each = 60;
constexpr std::array<const char*, 3> registers = {"x", "y", "z"};

struct Interval {
  std::uint64_t invoked;
  std::uint64_t responded;
};

// One count of a thread's: where it stood after the thread's own increment, or when it was read.
struct Count {
  Interval when;
  bool is_increment;
  std::int64_t value;
  std::size_t thread;
};

struct Seen {
  std::array<std::vector<Access>, registers.size()> accesses;
  std::vector<Count> counts;
  std::vector<std::string> torn;  // loads that saw one half of a commit
};

std::uint64_t number(Request& request, std::string_view key) {
  return std::strtoull(request.get(key).value_or("999999999").c_str(), nullptr, 10);
}

// What one thread does in a round, all of it with its own draws.
class Worker {
 public:
  Worker(const Manager& manager, const std::string& cookie, std::atomic<std::uint64_t>& tickets, std::size_t thread,
         std::uint64_t seed)
      : manager_(manager), cookie_(cookie), tickets_(tickets), thread_(thread), seed_(seed) {}

  void work(Seen& seen) {
    for (std::size_t i = 0; i < requests_each; ++i) {
      Interval when{tickets_.fetch_add(1), 0};
      Request request(manager_, cookie_);
      when.responded = tickets_.fetch_add(1);
      see(request, when, registers.size(), false, seen);
      if (draw(3) != 0) {
        change(request, thread_ * requests_each + i + 1, seen);
      }
    }
  }

 private:
  void change(Request& request, std::uint64_t value, Seen& seen) {
    const std::size_t written = draw(registers.size());
    const bool counts = draw(2) == 0;
    const std::string json = std::to_string(value);
    request.set(registers[written], json);
    if (draw(2) == 0) {
      request.set("left", json);
      request.set("right", json);
    }
    if (counts) {
      request.increment("n");
    }
    for (std::uint64_t i = draw(3); i > 0; --i) {
      std::this_thread::yield();
    }
    Interval when{tickets_.fetch_add(1), 0};
    request.commit_among_others();
    when.responded = tickets_.fetch_add(1);
    seen.accesses[written].push_back({when.invoked, when.responded, true, value, thread_});
    see(request, when, written, counts, seen);  // the handle shows the merged content
  }

  void see(Request& request, Interval when, std::size_t written, bool counted, Seen& seen) {
    for (std::size_t i = 0; i < registers.size(); ++i) {
      const std::uint64_t value = number(request, registers[i]);
      if (i != written) {
        seen.accesses[i].push_back({when.invoked, when.responded, false, value, thread_});
      }
    }
    seen.counts.push_back({when, counted, static_cast<std::int64_t>(number(request, "n")), thread_});
    const std::uint64_t left = number(request, "left");
    const std::uint64_t right = number(request, "right");
    if (left != right) {
      seen.torn.push_back("thread " + std::to_string(thread_) + " saw left = " + std::to_string(left) +
                          " and right = " + std::to_string(right) + " between " + std::to_string(when.invoked) +
                          " and " + std::to_string(when.responded));
    }
  }

  std::uint64_t draw(std::uint64_t limit) { return mixed(seed_ + ++draws_ * 0x9e3779b97f4a7c15) % limit; }

  const Manager& manager_;
  const std::string& cookie_;
  std::atomic<std::uint64_t>& tickets_;
  const std::size_t thread_;
  const std::uint64_t seed_;
  std::uint64_t draws_ = 0;
};

Seen run_round(World& world, const Manager& manager) {
  Browser browser(world, manager, R"({"x":0,"y":0,"z":0,"left":0,"right":0,"n":0})");
  std::atomic<std::uint64_t> tickets = 0;
  std::vector<Seen> seen(threads);
  const std::uint64_t seed = world.random();
  in_threads(threads, [&](std::size_t thread) {
    Worker(manager, browser.cookie(), tickets, thread, mixed(seed + thread)).work(seen[thread]);
  });
  Seen all;
  for (Seen& own : seen) {
    for (std::size_t i = 0; i < registers.size(); ++i) {
      all.accesses[i].insert(all.accesses[i].end(), own.accesses[i].begin(), own.accesses[i].end());
    }
    all.counts.insert(all.counts.end(), own.counts.begin(), own.counts.end());
    all.torn.insert(all.torn.end(), own.torn.begin(), own.torn.end());
  }
  world.journal().clear();
  return all;
}

template <class Check>
void rounds(World& world, const Check& check) {
  const Manager manager = world.manager();
  for (std::size_t round = 0; round < world.times(100, 10); ++round) {
    check(run_round(world, manager));
  }
}

void registers_are_linearizable(World& world) {
  rounds(world, [](const Seen& seen) {
    for (std::size_t i = 0; i < registers.size(); ++i) {
      Verdict verdict = linearize(seen.accesses[i], 0);
      if (!verdict.is_linearizable) {
        Failure failure("what the threads saw of key " + std::string(registers[i]),
                        "an order that explains it and keeps to what came after what", "there is none");
        failure.history = std::move(verdict.around);
        throw failure;
      }
    }
  });
}

std::string to_text(const Count& count) {
  return "thread " + std::to_string(count.thread) + (count.is_increment ? " counted to " : " read ") +
         std::to_string(count.value) + " between " + std::to_string(count.when.invoked) + " and " +
         std::to_string(count.when.responded);
}

[[noreturn]] void fail(const std::string& about, const std::vector<Count>& counts, std::size_t at) {
  constexpr std::size_t around = 15;
  Failure failure(about, "counts that grow by one, and never go back", to_text(counts[at]));
  for (std::size_t i = at > around ? at - around : 0; i < std::min(counts.size(), at + around); ++i) {
    failure.history.push_back(to_text(counts[i]) + (i == at ? "  <- not explained" : ""));
  }
  throw failure;
}

// Each increment has made another number, and who comes later sees no less.
void check_counts(std::vector<Count> counts) {
  std::sort(counts.begin(), counts.end(), [](const Count& a, const Count& b) {
    return std::tuple(a.value, !a.is_increment, a.when.invoked) < std::tuple(b.value, !b.is_increment, b.when.invoked);
  });
  std::int64_t sum = 0;
  std::uint64_t latest_invocation = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    sum += counts[i].is_increment ? 1 : 0;
    if (sum != counts[i].value) {
      fail("a count that is not the number of increments up to there", counts, i);
    }
    if (counts[i].when.responded < latest_invocation) {
      fail("a request saw a count that was only made after it had ended", counts, i);
    }
    latest_invocation = std::max(latest_invocation, counts[i].when.invoked);
  }
}

void counters_are_linearizable(World& world) {
  rounds(world, [](const Seen& seen) { check_counts(seen.counts); });
}

void commits_are_seen_whole(World& world) {
  rounds(world, [](const Seen& seen) {
    if (!seen.torn.empty()) {
      Failure failure("two keys that are always set in one commit", "the same value in both", "two values");
      failure.history = seen.torn;
      throw failure;
    }
  });
}

// A search that finds nothing must be known to find something.
void the_search_finds_what_is_wrong(World&) {
  const Access write_1{1, 4, true, 1, 0};
  const Access write_2{2, 5, true, 2, 1};
  const Access early_read{3, 6, false, 0, 2};
  const Access read_1{7, 8, false, 1, 2};
  const Access read_2{9, 10, false, 2, 3};
  expect(linearize({write_1, write_2, early_read, read_1}, 0).is_linearizable, "either write may be the last");
  expect(linearize({write_1, write_2, early_read, read_2}, 0).is_linearizable, "either write may be the last");
  expect(!linearize({write_1, write_2, read_1, read_2}, 0).is_linearizable, "but not both");
  expect(!linearize({write_1, {7, 8, false, 0, 1}}, 0).is_linearizable, "a write that was acknowledged is not lost");
}

}  // namespace

std::vector<Test> linearizability_tests() {
  return {{"linearizability: the check itself", the_search_finds_what_is_wrong},
          {"linearizability: 8 threads, every key is a register", registers_are_linearizable},
          {"linearizability: 8 threads, increments are a counter", counters_are_linearizable},
          {"linearizability: 8 threads, commits are seen whole or not at all", commits_are_seen_whole}};
}

}  // namespace conformance
