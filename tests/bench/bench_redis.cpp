// Times cycles of load, change and commit on a Redis server and prints ROUND, redis/TRANSPORT/CALLERS/WHO, and
// nanoseconds: those that have passed for each cycle, how long a cycle took, at the median and at the 99th percentile,
// and what it took of the processor here and in the server; separated by tabs.
//
// bench_redis ROUND SECONDS TRANSPORT PLACE CA_FILE
//
// TRANSPORT is tcp, unix or tls, PLACE a port of 127.0.0.1 or the path of a socket. The database is emptied.
#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <functional>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bare_redis.hpp"
#include "operations.hpp"
#include "ours.hpp"

namespace {

using bench::Step;
using Clock = std::chrono::steady_clock;

// To wake a sleeping core takes longer than all the rest, so one caller is measured where the system places it, and in
// either place: near is the core that the server is bound to, far another one.
struct Callers {
  const char* name;
  std::size_t count;
  std::optional<int> core;
};
constexpr std::array<Callers, 5> all_callers = {
    {{"1", 1, {}}, {"1 near", 1, 0}, {"1 far", 1, 1}, {"8", 8, {}}, {"64", 64, {}}}};
constexpr std::size_t most_callers = all_callers.back().count;
constexpr std::size_t sessions_per_caller = 25;

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
  for (std::size_t caller = 0; caller < most_callers; ++caller) {
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
  for (std::size_t i = 0; i < most_callers * sessions_per_caller; ++i) {
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
  double wall;
  std::int64_t median;
  std::int64_t slow;
  double here;
  double server;
};

double own_processor_seconds() noexcept {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double server_processor_seconds(bench::RedisClient& client) {
  const bench::RedisReply info = client.ask(std::array<std::string_view, 2>{"INFO", "cpu"});
  const std::string text(info->str, info->len);
  double seconds = 0;
  for (const std::string name : {"used_cpu_sys_main_thread:", "used_cpu_user_main_thread:"}) {
    seconds += std::stod(text.substr(text.find(name) + name.size()));
  }
  return seconds;
}

// Does nothing where there is no such core.
void bind_this_thread(int core) noexcept {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<unsigned>(core), &cores);
  static_cast<void>(pthread_setaffinity_np(pthread_self(), sizeof cores, &cores));
}

Measured measure(const Who& who, const Callers& callers, double seconds, bench::RedisClient& observer) {
  std::vector<std::vector<std::int64_t>> times(callers.count);
  std::latch ready(static_cast<std::ptrdiff_t>(callers.count) + 1);
  std::atomic<bool> failed = false;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < callers.count; ++i) {
    threads.emplace_back([&, i] {
      if (callers.core) {
        bind_this_thread(*callers.core);
      }
      const Step& step = who.callers[i];
      std::vector<std::int64_t>& own = times[i];
      own.reserve(100'000);
      ready.arrive_and_wait();
      try {
        const Clock::time_point end =
            Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
        Clock::time_point before = Clock::now();
        do {
          if (!step()) {
            failed = true;
            return;
          }
          const Clock::time_point after = Clock::now();
          own.push_back((after - before).count());
          before = after;
        } while (before < end);
      } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_redis: %s\n", error.what());
        failed = true;
      }
    });
  }
  const double server = server_processor_seconds(observer);
  ready.arrive_and_wait();
  const double here = own_processor_seconds();
  const Clock::time_point start = Clock::now();
  for (std::thread& thread : threads) {
    thread.join();
  }
  const Clock::duration wall = Clock::now() - start;
  const double here_used = own_processor_seconds() - here;
  const double server_used = server_processor_seconds(observer) - server;
  if (failed) {
    throw std::runtime_error("a request went wrong: " + who.name);
  }
  std::vector<std::int64_t> all;
  for (const auto& own : times) {
    all.insert(all.end(), own.begin(), own.end());
  }
  std::sort(all.begin(), all.end());
  const auto count = static_cast<double>(all.size());
  return {static_cast<double>(wall.count()) / count, all[all.size() / 2], all[all.size() * 99 / 100],
          here_used * 1e9 / count, server_used * 1e9 / count};
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.size() != 5) {
    throw std::invalid_argument("usage: bench_redis ROUND SECONDS tcp|unix|tls PLACE CA_FILE");
  }
  const double seconds = std::stod(arguments[1]);
  const bench::RedisAddress address{arguments[2], arguments[3], arguments[4]};
  const std::unique_ptr<bench::RedisClient> observer = bench::connect_for_one(address);
  static_cast<void>(observer->ask(std::array<std::string_view, 1>{"FLUSHALL"}));
  const std::shared_ptr<bench::RedisClient> pipeline = bench::connect_for_all(address);
  const std::array<Who, 3> all = {
      ours(address), bare("pipeline", address, [&] { return pipeline; }),
      bare("hiredis", address, [&] { return std::shared_ptr(bench::connect_for_one(address)); })};
  for (const Callers& callers : all_callers) {
    for (const Who& who : all) {
      const Measured measured = measure(who, callers, seconds, *observer);
      std::printf("%s\tredis/%s/%s/%s\t%.0f\t%ld\t%ld\t%.0f\t%.0f\n", arguments[0].c_str(), address.transport.c_str(),
                  callers.name, who.name.c_str(), measured.wall, measured.median, measured.slow, measured.here,
                  measured.server);
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
