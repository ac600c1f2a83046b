// What happens to a real Redis server while sessions are used, and how servers are set up that cannot be used.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <base/clock.hpp>
#include <chrono>
#include <filesystem>
#include <manager/backend.hpp>
#include <string>
#include <thread>
#include <vector>

#include "../support/ask.hpp"
#include "../support/catch.hpp"
#include "../support/certificates.hpp"
#include "../support/redis_connection.hpp"
#include "../support/redis_server.hpp"
#include "../support/store.hpp"

using namespace sessions;
using namespace sessions::store;
using testing::ask;
using testing::RedisServer;
using testing::tell;
using testing::text;
using Listen = RedisServer::Listen;
using Outcome = Committed::Outcome;
using std::chrono::milliseconds;

namespace {

constexpr std::int64_t lifetime = 1'000;
constexpr std::uint64_t generation = 7;
constexpr milliseconds patient{60'000};

std::string url_of(const RedisServer& server, const std::string& credentials = "", const std::string& parameters = "") {
  return server.port() == 0 ? "redis+unix://" + credentials + server.socket_path() + parameters
                            : "redis://" + credentials + "127.0.0.1:" + std::to_string(server.port()) + parameters;
}

std::shared_ptr<Store> open(const std::string& url) {
  auto backend = manager::open_backend(url);
  REQUIRE(backend);
  return backend->store;
}

Key key_of(std::uint32_t number) {
  Key key{};
  for (std::size_t i = 0; i < 4; ++i) {
    key[i] = static_cast<char>(number >> (8 * i));
  }
  return key;
}

Call call_within(milliseconds timeout) { return {system_clock(), timeout}; }

Status status_of(const Result<bool>& done) { return done ? Status::ok : done.error().status; }

template <class Reply, class Start>
Result<Reply> ask_within(Store& store, const Call& call, Status late, Start start) {
  auto answer = std::make_shared<Answer<Reply>>();
  start(Completion<Reply>(answer));
  store.wait_for(*answer, call.deadline());
  return answer->is_delivered() ? answer->take() : Result<Reply>(Error{late, {}});
}

Result<bool> create(Store& store, std::uint32_t number, const std::vector<Field>& fields,
                    milliseconds timeout = patient) {
  const Call call = call_within(timeout);
  const Record record({generation, 1, {call.now(), call.now(), no_deadline, call.now() + lifetime}}, {}, fields);
  return ask_within<bool>(store, call, Status::unknown,
                          [&](auto done) { store.create(key_of(number), record, call, std::move(done)); });
}

// "key=value key=value", "gone", or the number of a status.
std::string load(Store& store, std::uint32_t number, milliseconds timeout = patient) {
  const Call call = call_within(timeout);
  const auto found = ask_within<std::optional<Record>>(
      store, call, Status::timeout, [&](auto done) { store.load(key_of(number), call, std::move(done)); });
  return found ? text(*found) : std::to_string(static_cast<int>(found.error().status));
}

// Whether it was done; the status when that is not so, or not known.
Result<bool> change(Store& store, std::uint32_t number, const std::vector<Change>& changes,
                    milliseconds timeout = patient) {
  const Call call = call_within(timeout);
  Commit commit;
  commit.generation = generation;
  commit.version = 1;
  commit.expires = call.now() + lifetime;
  commit.changes = changes;
  auto done = ask_within<Committed>(store, call, Status::unknown, [&](auto completion) {
    store.commit(key_of(number), commit, call, std::move(completion));
  });
  if (!done) {
    return std::move(done.error());
  }
  return done->outcome == Outcome::applied || done->outcome == Outcome::merged || done->outcome == Outcome::duplicate;
}

Result<bool> destroy(Store& store, std::uint32_t number) {
  const Call call = call_within(patient);
  auto done = ask_within<Destroyed>(store, call, Status::unknown, [&](auto completion) {
    store.destroy(key_of(number), call.now() + lifetime, call, std::move(completion));
  });
  return done ? Result<bool>(done->was_there) : std::move(done.error());
}

// How many there have been, without this one.
int connections_of(const RedisServer& server) {
  const std::string info = tell(server, {"INFO", "stats"});
  const std::string name = "total_connections_received:";
  return std::stoi(info.substr(info.find(name) + name.size())) - 1;
}

void refuses(const std::string& url, Status status, const std::string& word) {
  const auto backend = manager::open_backend(url);
  CAPTURE(url);
  REQUIRE_FALSE(backend);
  CAPTURE(backend.error().message);
  CHECK(backend.error().status == status);
  CHECK(backend.error().message.find(word) != std::string::npos);
  CHECK(backend.error().message.find("hunter") == std::string::npos);
}

std::int64_t number_in(const std::string& text, const std::string& name) {
  const std::size_t found = text.find(name + "=");
  return found == std::string::npos ? 0 : std::stoll(text.substr(found + name.size() + 1));
}

}  // namespace

TEST_CASE("a server that is killed and comes back loses nothing that was acknowledged, and doubles nothing") {
  constexpr int kills = 30;
  constexpr std::size_t writers = 8;
  RedisServer server(Listen::tcp, {"--appendonly", "yes", "--appendfsync", "always"});
  const auto shared = open(url_of(server));
  REQUIRE(create(*shared, 1, {}));
  std::atomic<bool> ends = false;
  std::atomic<int> all = 0;
  std::vector<std::int64_t> acknowledged(writers);
  std::vector<std::int64_t> unknown(writers);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < writers; ++i) {
    threads.emplace_back([&, i] {
      const std::string name = "w" + std::to_string(i);
      const std::vector<Change> changes = {{Change::Kind::increment, name, {}, 1, {}},
                                           {Change::Kind::increment, "sum", {}, 1, {}}};
      while (!ends) {
        const Result<bool> done = change(*shared, 1, changes, milliseconds(5'000));
        acknowledged[i] += done && *done ? 1 : 0;
        unknown[i] += !done && done.error().status == Status::unknown ? 1 : 0;
        all += done && *done ? 1 : 0;
        std::this_thread::yield();
      }
    });
  }
  for (int i = 0; i < kills; ++i) {
    for (const int before = all; all < before + 50;) {
      std::this_thread::yield();
    }
    server.restart();
  }
  ends = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  const std::string stored = load(*shared, 1);
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < writers; ++i) {
    const std::int64_t value = number_in(stored, "w" + std::to_string(i));
    CAPTURE(i, acknowledged[i], unknown[i], value);
    CHECK(acknowledged[i] > 0);
    CHECK(acknowledged[i] <= value);
    CHECK(value <= acknowledged[i] + unknown[i]);
    sum += value;
  }
  CHECK(number_in(stored, "sum") == sum);
}

TEST_CASE("while a server is stopped calls end in time, and no late reply reaches another call") {
  RedisServer server;
  const auto store = open(url_of(server));
  for (std::uint32_t i = 0; i < 20; ++i) {
    REQUIRE(create(*store, i, {{"owner", std::to_string(i)}}));
  }
  server.pause();
  for (std::uint32_t i = 0; i < 10; ++i) {
    CHECK(load(*store, i, milliseconds(5)) == std::to_string(static_cast<int>(Status::timeout)));
    const std::string value = std::to_string(i);
    CHECK(status_of(change(*store, i, {{Change::Kind::set, "late", value, 0, {}}}, milliseconds(5))) ==
          Status::unknown);
  }
  server.resume();
  for (std::uint32_t i = 0; i < 20; ++i) {
    const std::string owner = "owner=" + std::to_string(i);
    const std::string found = load(*store, i);
    CHECK((found == owner || found == owner + " late=" + std::to_string(i)));
  }
}

TEST_CASE("a server without memory says so; reading, removing and logging out go on") {
  RedisServer server(Listen::unix_socket, {"--maxmemory", "6mb", "--maxmemory-policy", "noeviction"});
  const auto store = open(url_of(server));
  const std::string large = "\"" + std::string(100'000, 'x') + "\"";
  std::uint32_t count = 0;
  Result<bool> created = true;
  while (created && count < 1'000) {
    created = create(*store, count, {{"k", large}});
    count += created ? 1 : 0;
  }
  REQUIRE(status_of(created) == Status::full);
  REQUIRE(count > 1);
  CHECK(load(*store, count) == "gone");
  CHECK(status_of(change(*store, 0, {{Change::Kind::set, "more", large, 0, {}}})) == Status::full);
  CHECK(load(*store, 0) == "k=" + large);
  CHECK(*destroy(*store, 0));
  CHECK(load(*store, 0) == "gone");
  CHECK(*create(*store, count, {{"k", "1"}}));
}

TEST_CASE("a server that drops sessions before their time is warned of") {
  for (const char* policy : {"allkeys-lru", "volatile-ttl", "noeviction"}) {
    const RedisServer server(Listen::unix_socket, {"--maxmemory", "100mb", "--maxmemory-policy", policy});
    const auto backend = manager::open_backend(url_of(server));
    REQUIRE(backend);
    CHECK(backend->warning.empty() == (std::string(policy) == "noeviction"));
  }
}

TEST_CASE("a server that is busy with somebody's script is waited for, and says so") {
  const RedisServer server;
  const auto store = open(url_of(server));
  REQUIRE(create(*store, 1, {{"k", "1"}}));
  tell(server, {"CONFIG", "SET", "lua-time-limit", "1"});
  testing::RedisConnection other(server);
  other.send(redis::command(std::vector<std::string_view>{"EVAL", "while true do end", "0"}));
  while (load(*store, 1, milliseconds(50)) != std::to_string(static_cast<int>(Status::busy))) {
  }
  CHECK(status_of(change(*store, 1, {{Change::Kind::set, "k", "2", 0, {}}})) == Status::busy);
  CHECK(tell(server, {"SCRIPT", "KILL"}) == "OK");
  while (load(*store, 1) == std::to_string(static_cast<int>(Status::busy))) {  // until it has noticed
  }
  CHECK(load(*store, 1) == "k=1");
}

TEST_CASE("a server that is loading cannot be used yet") {
  RedisServer server;
  {
    const auto store = open(url_of(server));
    for (std::uint32_t i = 0; i < 500; ++i) {
      REQUIRE(create(*store, i, {{"k", "\"" + std::string(2'000, 'x') + "\""}}));
    }
  }
  REQUIRE(tell(server, {"SAVE"}) == "OK");
  server.kill();
  server.set_arguments({"--key-load-delay", "5000", "--loading-process-events-interval-bytes", "1024"});
  server.spawn();
  REQUIRE(server.await_log("Loading RDB"));
  refuses(url_of(server), Status::unavailable, "loading");
  REQUIRE(server.await_ready());
  CHECK(load(*open(url_of(server)), 499).starts_with("k="));
}

TEST_CASE("a replica is read, but not written to") {
  const RedisServer server(Listen::tcp);
  const RedisServer replica(Listen::tcp);
  const auto store = open(url_of(server));
  REQUIRE(create(*store, 1, {{"k", "1"}}));
  const std::string port = std::to_string(server.port());
  const auto of_replica = open(url_of(replica));
  REQUIRE(tell(replica, {"REPLICAOF", "127.0.0.1", port}) == "OK");
  while (load(*of_replica, 1) != "k=1") {
  }
  CHECK(status_of(change(*of_replica, 1, {{Change::Kind::set, "k", "2", 0, {}}})) == Status::read_only);
  CHECK(status_of(destroy(*of_replica, 1)) == Status::read_only);
  CHECK(load(*store, 1) == "k=1");
}

TEST_CASE("a server wants the right user and password") {
  const RedisServer server(Listen::unix_socket,
                           {"--requirepass", "hunter2", "--user", "app", "on", ">hunter3", "~*", "+@all"});
  CHECK(manager::open_backend(url_of(server, ":hunter2@")));
  CHECK(manager::open_backend(url_of(server, "app:hunter3@")));
  manager::Config config;
  REQUIRE(config.set_store_credentials("app", "hunter3"));
  CHECK(manager::open_backend(url_of(server, "nobody:hunter9@"), &config));
  REQUIRE(config.set_store_credentials("", "hunter2"));
  CHECK(manager::open_backend(url_of(server), &config));
  refuses(url_of(server), Status::unavailable, "password");
  refuses(url_of(server, ":hunter9@"), Status::unavailable, "password");
  refuses(url_of(server, "app:hunter2@"), Status::unavailable, "password");
  refuses(url_of(server, "nobody:hunter2@"), Status::unavailable, "password");
  refuses(url_of(server, ":hunter2@", "?db=99"), Status::unavailable, "database");
}

TEST_CASE("a server that lets nobody run scripts cannot be used") {
  const RedisServer server(Listen::unix_socket, {"--user", "app", "on", ">hunter3", "~*", "+@all", "-@scripting"});
  refuses(url_of(server, "app:hunter3@"), Status::unsupported, "scripts");
}

// Otherwise a script would be refused something when it is half done.
TEST_CASE("a server that forbids anything that scripts call cannot be used") {
  const RedisServer permissive;
  for (const std::string command : {"DEL", "HSET", "HINCRBY", "PEXPIRE", "HGET", "HMGET", "HGETALL", "HLEN", "HDEL",
                                    "EXISTS", "RENAME", "SCAN", "TIME"}) {
    const RedisServer lacking(Listen::unix_socket, {"--rename-command", command, ""});
    refuses(url_of(lacking), Status::unsupported, "forbids " + command + ",");
    tell(permissive, {"ACL", "SETUSER", command, "on", ">hunter3", "~session:*", "+@all", "-" + command});
    refuses(url_of(permissive, command + ":hunter3@"), Status::unsupported, "forbids " + command + ",");
  }
  refuses(url_of(permissive, "TIME:hunter3@", "?prefix=other:"), Status::unsupported, "prefix");
  CHECK(tell(permissive, {"INFO", "keyspace"}) == "# Keyspace\r\n");
}

TEST_CASE("a node of a Cluster cannot be used") {
  const RedisServer server(Listen::tcp, {"--cluster-enabled", "yes"});
  refuses(url_of(server), Status::unavailable, "luster");
  std::vector<std::string> slots;
  for (int slot = 0; slot < 16'384; ++slot) {
    slots.push_back(std::to_string(slot));
  }
  std::vector<std::string_view> assign = {"CLUSTER", "ADDSLOTS"};
  assign.insert(assign.end(), slots.begin(), slots.end());
  REQUIRE(tell(server, assign) == "OK");
  refuses(url_of(server), Status::unavailable, "Cluster");
}

TEST_CASE("over TLS a server has to be the right one, and so has the client") {
  const testing::TemporaryDirectory files;
  const testing::Authority authority;
  const testing::Authority stranger("stranger");
  const auto write = [&files](const std::string& name, const testing::Certificate& certificate) {
    testing::write_file(files.file(name + ".pem"), certificate.certificate);
    testing::write_file(files.file(name + ".key"), certificate.key);
  };
  testing::write_file(files.file("ca.pem"), authority.pem());
  testing::write_file(files.file("stranger.pem"), stranger.pem());
  write("server", authority.issue("DNS:redis.example,IP:127.0.0.1"));
  write("other", authority.issue("DNS:other.example"));
  write("expired", authority.issue("IP:127.0.0.1", -7200, -3600));
  write("client", authority.issue("DNS:client"));
  const auto arguments = [&files](const std::string& name, const char* wants_client) {
    return std::vector<std::string>{
        "--tls-cert-file",    files.file(name + ".pem"), "--tls-key-file",     files.file(name + ".key"),
        "--tls-ca-cert-file", files.file("ca.pem"),      "--tls-auth-clients", wants_client};
  };
  const auto url = [&files](const RedisServer& server, const std::string& ca, const std::string& more = "") {
    return "rediss://127.0.0.1:" + std::to_string(server.port()) + "?ca_file=" + files.file(ca + ".pem") + more;
  };
  const RedisServer right(Listen::tls, arguments("server", "no"));
  CHECK(*create(*open(url(right, "ca")), 1, {{"k", "1"}}));
  CHECK(load(*open(url(right, "ca", "&server_name=redis.example")), 1) == "k=1");
  refuses(url(right, "stranger"), Status::unavailable, "certificate");
  refuses(url(right, "ca", "&server_name=other.example"), Status::unavailable, "certificate");
  refuses("redis://127.0.0.1:" + std::to_string(right.port()), Status::unavailable, "TLS");

  const RedisServer other(Listen::tls, arguments("other", "no"));
  refuses(url(other, "ca"), Status::unavailable, "certificate");
  const RedisServer expired(Listen::tls, arguments("expired", "no"));
  refuses(url(expired, "ca"), Status::unavailable, "expired");
  const RedisServer wants_client(Listen::tls, arguments("server", "yes"));
  refuses(url(wants_client, "ca"), Status::unavailable, "certificate");
  CHECK(*create(*open(url(wants_client, "ca",
                          "&certificate_file=" + files.file("client.pem") + "&key_file=" + files.file("client.key"))),
                1, {{"k", "1"}}));

  const RedisServer plain(Listen::tcp);
  refuses(url(plain, "ca", "&connect_timeout_ms=200"), Status::unavailable, "TLS");
}

TEST_CASE("after a restart a thousand callers share one connection") {
  constexpr std::uint32_t callers = 1'000;
  RedisServer server(Listen::tcp, {"--appendonly", "yes"});
  const auto store = open(url_of(server));
  for (std::uint32_t i = 0; i < callers; ++i) {
    REQUIRE(create(*store, i, {{"owner", std::to_string(i)}}));
  }
  server.stop();
  server.start();
  std::atomic<std::uint32_t> right = 0;
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < callers; ++i) {
    threads.emplace_back([&, i] {
      const std::vector<Change> changes = {{Change::Kind::increment, "n", {}, 1, {}}};
      const Result<bool> done = change(*store, i, changes);
      right += done && *done && load(*store, i) == "owner=" + std::to_string(i) + " n=1" ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(right == callers);
  CHECK(connections_of(server) == 1);
}

TEST_CASE("parent and child each have connections of their own") {
  const RedisServer server;
  const auto store = open(url_of(server));
  REQUIRE(create(*store, 1, {{"n", "0"}}));
  const int before = connections_of(server);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  const std::vector<Change> changes = {{Change::Kind::increment, "n", {}, 1, {}}};
  if (child == 0) {
    int good = 0;
    for (int i = 0; i < 100; ++i) {
      const Result<bool> done = change(*store, 1, changes);
      good += done && *done ? 1 : 0;
    }
    _exit(good == 100 ? 0 : 1);
  }
  for (int i = 0; i < 100; ++i) {
    CHECK(*change(*store, 1, changes));
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(load(*store, 1) == "n=200");
  CHECK(connections_of(server) - before == 2);  // the child's, and the one that asked before
}

TEST_CASE("connections that end leave nothing behind") {
  const RedisServer server;
  const auto store = open(url_of(server));
  REQUIRE(create(*store, 1, {{"n", "0"}}));
  const auto open_files = [] {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  const auto before = open_files();
  for (int i = 0; i < 200; ++i) {
    tell(server, {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    CHECK(load(*store, 1) == "n=0");
  }
  CHECK(open_files() == before);
}
