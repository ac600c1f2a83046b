// Times what operations.hpp names and prints ROUND, NAME, wall-clock and processor nanoseconds, separated by tabs.
//
// bench cookie FIRST_ROUND ROUNDS SECONDS
// bench memory FIRST_ROUND ROUNDS SECONDS SESSIONS
// bench bindings FIRST_ROUND ROUNDS SECONDS SESSIONS
// bench sqlite FIRST_ROUND ROUNDS SECONDS SESSIONS DIRECTORY
//
// In every round each operation runs for so many seconds, those that are compared right after each other: the machine
// may change its speed at any time, so only what was measured together can be compared.
#include <benchmark/benchmark.h>

#include <atomic>
#include <barrier>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "operations.hpp"

namespace {

class Printer final : public benchmark::BenchmarkReporter {
 public:
  void set_round(int round) noexcept { round_ = round; }

  bool ReportContext(const Context&) override { return true; }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      // The time of a thread divided by the iterations of all: threads that run side by side share the work.
      std::printf("%d\t%s%s\t%.1f\t%.1f\n", round_, run.run_name.function_name.c_str(),
                  run.threads == 1 ? "" : "/2threads", run.GetAdjustedRealTime(), run.GetAdjustedCPUTime());
    }
    std::fflush(stdout);
  }

 private:
  int round_ = 0;
};

// Threads end together: the mean of their times would count work that one does after the other as if it were done side
// by side.
void add(const bench::Operation& operation, double seconds, int threads, std::atomic<bool>& failed) {
  for (int count = 1; count <= threads; ++count) {
    const auto end = std::make_shared<std::barrier<>>(count);
    const auto run = [operation, end, &failed](benchmark::State& state) {
      // Made by the thread that uses it: neighbours in memory would get into each other's way.
      const bench::Step step = operation.make_step();
      for (auto left = state.max_iterations; state.KeepRunning();) {
        if (!step()) {
          failed = true;
          state.SkipWithError("it went wrong");
          return end->arrive_and_drop();
        }
        if (--left == 0) {
          end->arrive_and_wait();
        }
      }
    };
    benchmark::RegisterBenchmark(operation.name.c_str(), run)->MinTime(seconds)->UseRealTime()->Threads(count);
  }
}

// Work that shares nothing: what the machine itself gives to a second thread while others use it too.
bench::Operation machine(std::size_t sessions) {
  const bench::Step step = [] {
    int sum = 0;
    for (int i = 0; i < 1000; ++i) {
      benchmark::DoNotOptimize(sum += i);
    }
    return sum != 0;
  };
  return {"memory/350B*" + std::to_string(sessions) + "/machine", [step] { return step; }};
}

int measure(const std::vector<std::string>& arguments) {
  if (arguments.size() < 4) {
    throw std::invalid_argument(
        "usage: bench cookie|memory|bindings|sqlite FIRST_ROUND ROUNDS SECONDS [SESSIONS [DIRECTORY]]");
  }
  const int first_round = std::stoi(arguments[1]);
  const int rounds = std::stoi(arguments[2]);
  const double seconds = std::stod(arguments[3]);
  std::atomic<bool> failed = false;
  if (arguments[0] == "cookie") {
    for (const bench::Payload& payload : {bench::small_payload(), bench::large_payload()}) {
      for (const bench::Operation& operation : bench::cookie_operations(payload)) {
        add(operation, seconds, 1, failed);
      }
    }
  } else if (arguments[0] == "bindings") {
    for (const std::size_t sessions : {std::size_t{0}, static_cast<std::size_t>(std::stoul(arguments.at(4)))}) {
      for (const bench::Operation& operation : bench::binding_operations(bench::small_payload(), sessions)) {
        add(operation, seconds, 1, failed);
      }
    }
  } else if (arguments[0] == "sqlite") {
    for (const bench::Operation& operation :
         bench::sqlite_operations(bench::small_payload(), std::stoul(arguments.at(4)), arguments.at(5))) {
      add(operation, seconds, 2, failed);
    }
  } else {
    const std::size_t sessions = std::stoul(arguments.at(4));
    for (const bench::Operation& operation : bench::memory_operations(bench::small_payload(), sessions)) {
      add(operation, seconds, 2, failed);
    }
    add(machine(sessions), seconds, 2, failed);
  }
  Printer printer;
  for (int round = first_round; round < first_round + rounds && !failed; ++round) {
    printer.set_round(round);
    benchmark::RunSpecifiedBenchmarks(&printer, "all");
  }
  benchmark::Shutdown();
  if (failed) {
    throw std::runtime_error("an operation went wrong: the last one above");
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return measure({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 1;
  }
}
