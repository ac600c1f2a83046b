// Times cycles of load, change and commit on a Redis server and prints ROUND, redis/TRANSPORT/CALLERS/WHO, and
// nanoseconds: those that have passed for each cycle, and how long a cycle took, at the median and at the 99th
// percentile; separated by tabs.
//
// bench_redis ROUND SECONDS TRANSPORT PLACE CA_FILE
//
// TRANSPORT is tcp, unix or tls, PLACE a port of 127.0.0.1 or the path of a socket. The database is emptied.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bare_redis.hpp"
#include "operations.hpp"
#include "ours.hpp"

namespace {

using bench::Step;
using Clock = std::chrono::steady_clock;

constexpr std::array<std::size_t, 3> caller_counts = {1, 8, 64};
constexpr std::size_t sessions_per_caller = 100;

struct Who {
  std::string name;
  std::vector<Step> callers;
};

std::string url_of(const bench::RedisAddress& address, const std::string& prefix) {
  const std::string parameters = "?prefix=" + prefix;
  if (address.transport == "unix") {
    return "redis+unix://" + address.place + parameters;
  }
  const bool is_tls = address.transport == "tls";
  return (is_tls ? "rediss" : "redis") + ("://127.0.0.1:" + address.place) + parameters +
         (is_tls ? "&ca_file=" + address.ca_file : "");
}

// Numbers of seven digits.
class Counter {
 public:
  std::int64_t next() noexcept { return 1'000'000 + ++count_ % 1'000'000; }

 private:
  std::int64_t count_ = 0;
};

Who ours(const bench::RedisAddress& address) {
  const auto library = std::make_shared<const bench::Ours>(url_of(address, "ours:"), "");
  const std::string json = bench::small_payload().json();
  Who who{"ours", {}};
  for (std::size_t caller = 0; caller < caller_counts.back(); ++caller) {
    std::vector<std::string> headers;
    for (std::size_t i = 0; i < sessions_per_caller; ++i) {
      headers.push_back(library->create(json));
    }
    who.callers.emplace_back([library, headers = std::move(headers), counter = Counter(), turn = 0U]() mutable {
      const bench::Session session = library->load(headers[++turn % headers.size()]);
      return bench::change_and_commit(session.get(), counter.next());
    });
  }
  return who;
}

Who bare(std::string name, const bench::RedisAddress& address,
         const std::function<std::shared_ptr<bench::RedisClient>()>& connect) {
  const bench::Ours library(url_of(address, name + ":"), "");
  const std::string json = bench::small_payload().json();
  for (std::size_t i = 0; i < caller_counts.back() * sessions_per_caller; ++i) {
    static_cast<void>(library.create(json));
  }
  std::vector<std::string> keys = bench::BareRedis(connect()).keys(name + ":");
  Who who{std::move(name), {}};
  while (!keys.empty()) {
    const auto first = keys.end() - static_cast<std::ptrdiff_t>(sessions_per_caller);
    std::vector<std::string> own(first, keys.end());
    keys.erase(first, keys.end());
    who.callers.emplace_back([client = std::make_shared<bench::BareRedis>(connect()), own = std::move(own),
                              counter = Counter(), turn = 0U]() mutable {
      return client->request(own[++turn % own.size()], bench::changed_key, std::to_string(counter.next()));
    });
  }
  return who;
}

struct Measured {
  double nanoseconds;
  std::int64_t median;
  std::int64_t slow;
};

Measured measure(const Who& who, std::size_t callers, double seconds) {
  std::vector<std::vector<std::int64_t>> times(callers);
  std::latch ready(static_cast<std::ptrdiff_t>(callers) + 1);
  std::atomic<bool> ends = false;
  std::atomic<bool> failed = false;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < callers; ++i) {
    threads.emplace_back([&, i] {
      Step step = who.callers[i];
      std::vector<std::int64_t>& own = times[i];
      own.reserve(100'000);
      ready.arrive_and_wait();
      try {
        for (Clock::time_point before = Clock::now(); !ends;) {
          failed = failed || !step();
          const Clock::time_point after = Clock::now();
          own.push_back((after - before).count());
          before = after;
        }
      } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_redis: %s\n", error.what());
        failed = true;
      }
    });
  }
  ready.arrive_and_wait();
  const Clock::time_point start = Clock::now();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  ends = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  const Clock::duration wall = Clock::now() - start;
  if (failed) {
    throw std::runtime_error("a request went wrong: " + who.name);
  }
  std::vector<std::int64_t> all;
  for (const auto& own : times) {
    all.insert(all.end(), own.begin(), own.end());
  }
  std::sort(all.begin(), all.end());
  const auto count = static_cast<double>(all.size());
  return {static_cast<double>(wall.count()) / count, all[all.size() / 2], all[all.size() * 99 / 100]};
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.size() != 5) {
    throw std::invalid_argument("usage: bench_redis ROUND SECONDS tcp|unix|tls PLACE CA_FILE");
  }
  const double seconds = std::stod(arguments[1]);
  const bench::RedisAddress address{arguments[2], arguments[3], arguments[4]};
  static_cast<void>(bench::connect_for_one(address)->ask("FLUSHALL\r\n"));
  const std::shared_ptr<bench::RedisClient> pipeline = bench::connect_for_all(address);
  const std::array<Who, 3> all = {
      ours(address), bare("pipeline", address, [&] { return pipeline; }),
      bare("hiredis", address, [&] { return std::shared_ptr(bench::connect_for_one(address)); })};
  for (const std::size_t callers : caller_counts) {
    for (const Who& who : all) {
      const Measured measured = measure(who, callers, seconds);
      std::printf("%s\tredis/%s/%zu/%s\t%.1f\t%ld\t%ld\n", arguments[0].c_str(), address.transport.c_str(), callers,
                  who.name.c_str(), measured.nanoseconds, measured.median, measured.slow);
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_redis: %s\n", error.what());
    return 1;
  }
}
