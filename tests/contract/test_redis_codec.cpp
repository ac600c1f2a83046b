// Codecs are the host's, and so is the thread that they run on: many callers share a connection to Redis, but none
// waits for another one's codec, nor runs it.
#include <atomic>
#include <functional>
#include <manager/queue.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "../support/browser.hpp"
#include "../support/catch.hpp"
#include "../support/codecs.hpp"
#include "../support/redis_store.hpp"

using namespace sessions;
using manager::Backend;
using manager::Config;
using manager::Session;
using testing::Browser;
using testing::World;

namespace {

thread_local const void* caller = nullptr;

// Knows who calls, and does something before it decodes.
class Own final : public store::Codec {
 public:
  Result<std::string> encode(std::string_view json) const override {
    strangers += caller == this ? 0 : 1;
    return sealing_.encode(json);
  }

  Result<std::string> decode(std::string_view bytes) const override {
    strangers += caller == this ? 0 : 1;
    ++decoded;
    if (before) {
      before();
    }
    return sealing_.decode(bytes);
  }

  mutable std::atomic<int> strangers = 0;
  mutable std::atomic<int> decoded = 0;
  std::function<void()> before;

 private:
  testing::Sealing sealing_;
};

struct Host {
  explicit Host(const std::shared_ptr<store::Store>& store) : world({Backend::Kind::store, store}, with(codec)) {
    caller = codec.get();
    const auto session = world.load("");
    REQUIRE(session->content().set("n", "0") == Status::ok);
    REQUIRE(session->commit());
    browser.take(*session);
  }

  static Config with(const std::shared_ptr<Own>& codec) {
    Config config;
    config.set_codec(codec);
    return config;
  }

  std::string content() const {
    caller = codec.get();
    return world.load(browser.header())->content().to_json();
  }

  const std::shared_ptr<Own> codec = std::make_shared<Own>();
  const World world;
  Browser browser;
};

// Empty when it is done, otherwise what went wrong.
std::string increment(Session& session) {
  std::int64_t sum = 0;
  if (session.content().increment("n", 1, sum) != Status::ok) {
    return "no number";
  }
  const Result<void> done = session.commit();
  return done ? "" : std::to_string(static_cast<int>(done.error().status)) + " " + done.error().message;
}

std::string request(const Host& host) {
  Session session(host.world.manager());
  const Result<void> loaded = session.load_header(host.browser.header());
  return loaded ? increment(session) : "loading: " + loaded.error().message;
}

}  // namespace

TEST_CASE("no codec runs on the thread of another call over the same connection") {
  constexpr std::size_t hosts = 4;
  constexpr int requests = 200;
  const auto store = testing::open_fresh_redis();
  std::vector<std::unique_ptr<Host>> all;
  for (std::size_t i = 0; i < hosts; ++i) {
    all.push_back(std::make_unique<Host>(store));
  }
  std::vector<std::string> failures(hosts);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < hosts; ++i) {
    threads.emplace_back([&host = *all[i], &failure = failures[i]] {
      caller = host.codec.get();
      for (int request_count = 0; request_count < requests && failure.empty(); ++request_count) {
        failure = request(host);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(failures == std::vector<std::string>(hosts));
  for (const auto& host : all) {
    CHECK(host->content() == R"({"n":200})");
    CHECK(host->codec->strangers == 0);
  }
}

TEST_CASE("a codec may load other sessions of the same server") {
  const auto store = testing::open_fresh_redis();
  Host host(store);
  const Host other(store);
  std::string seen;
  host.codec->before = [&] {
    seen = other.content();
    caller = host.codec.get();
  };
  CHECK(host.content() == R"({"n":0})");
  CHECK(seen == R"({"n":0})");
}

TEST_CASE("a commit whose codec lets another one pass is made on what that has left") {
  const auto store = testing::open_fresh_redis();
  Host host(store);
  const auto session = host.world.load(host.browser.header());
  int passes = 1;
  host.codec->before = [&] {
    if (passes-- > 0) {
      CHECK(increment(*host.world.load(host.browser.header())).empty());
    }
  };
  CHECK(increment(*session).empty());
  CHECK(session->outcome() == manager::Outcome::merged);
  CHECK(host.content() == R"({"n":2})");
}
