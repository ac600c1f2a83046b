// Sessions on a Redis server that one look at, while somebody else's connections to it are spoilt.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <store/redis/client.hpp>
#include <store/redis/redis.hpp>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "certificates.hpp"
#include "fault_proxy.hpp"
#include "redis_store.hpp"
#include "store.hpp"
#include "temporary_directory.hpp"

namespace sessions::testing {

// A call that was made, and perhaps answered.
template <class Reply>
struct Asked {
  std::shared_ptr<store::Answer<Reply>> answer = std::make_shared<store::Answer<Reply>>();

  store::Completion<Reply> done() const { return store::Completion<Reply>(answer); }

  // As the manager does.
  Result<Reply> wait(store::Store& store, const store::Call& call, Status late) const {
    store.wait_for(*answer, call.deadline());
    return answer->is_delivered() ? answer->take() : Result<Reply>(Error{late, {}});
  }
};

// One session of mine and one of hers, others in every scenario, and each with its owner in it, so that nobody's bytes
// could be anybody else's. Looks at them without faults.
class Scene {
 public:
  enum class Role : char { mine = 'm', hers = 'h', moved = 'n' };

  static constexpr std::int64_t now = 1'700'000'000;
  static constexpr std::int64_t expires = now + 1'000;
  static constexpr std::uint64_t generation = 7;
  static constexpr std::uint64_t moved_generation = 8;

  explicit Scene(RedisServer::Listen listen)
      : speaks_tls_(listen == RedisServer::Listen::tls),
        server_(listen, speaks_tls_ ? certified() : std::vector<std::string>()),
        control_(server_) {
    tell(server_, {"CONFIG", "SET", "hz", "500"});  // how often it looks whether a WAIT is over
    tell(server_, {"ACL", "SETUSER", "app", "on", ">hunter2", "~*", "+@all"});
    store::redis::Options options = signed_in();
    options.path = server_.socket_path();
    store_ = open_redis(std::make_shared<store::redis::Client>(options, nullptr));
  }

  // Everybody signs in and selects a database.
  static store::redis::Options signed_in() {
    store::redis::Options options;
    options.user = "app";
    options.password = "hunter2";
    options.database = 1;
    return options;
  }

  void begin() {
    ++number_;
    create(Role::mine);
    create(Role::hers);
  }

  void forget_scripts() const { tell(server_, {"SCRIPT", "FLUSH"}); }

  // By somebody else.
  void change_mine(const store::Change& change) {
    store::Commit commit;
    commit.generation = generation;
    commit.expires = expires;
    commit.changes = {&change, 1};
    const store::Call call(now, std::chrono::minutes(5));
    const Asked<store::Committed> asked;
    store_->commit(key(Role::mine), commit, call, asked.done());
    REQUIRE(asked.wait(*store_, call, Status::unknown));
  }

  // The number is in it twice: no byte that is changed makes another's key of it, as with keys of 256 random bits.
  store::Key key(Role role) const {
    store::Key key{};
    key[0] = static_cast<char>(role);
    for (std::size_t i = 0; i < 4; ++i) {
      key[i + 1] = static_cast<char>(number_ >> (8 * i));
      key[i + 5] = key[i + 1];
    }
    return key;
  }

  // What is in the field "owner". Likewise.
  std::string owner(Role role) const {
    const std::string digits = std::to_string(1'000'000 + number_);
    return (role == Role::hers ? "\"hers-" : "\"mine-") + digits + "-" + digits + "\"";
  }
  std::string text_at_first(Role role) const { return "owner=" + owner(role) + " n=0"; }

  std::string seen(Role role) {
    const store::Call call(now, std::chrono::minutes(5));
    const Asked<std::optional<store::Record>> asked;
    store_->load(key(role), call, asked.done());
    const auto record = asked.wait(*store_, call, Status::timeout);
    return record ? text(*record) : "status " + std::to_string(static_cast<int>(record.error().status));
  }

  std::string all_seen() { return seen(Role::mine) + ", " + seen(Role::moved) + ", " + seen(Role::hers); }

  // For a proxy.
  FaultProxy::Server behind_proxy() {
    const auto connect = [this] {
      return server_.port() == 0 ? connect_to(server_.socket_path()) : connect_to_port(server_.port());
    };
    return {*listener_, connect, [this] { settle(); }};
  }

  std::uint16_t proxy_port() const { return port_of(listener_); }

  // For somebody who has not talked to it before, and resumes nothing; null when it speaks no TLS.
  std::shared_ptr<crypto::TlsContext> tls() const {
    if (!speaks_tls_) {
      return nullptr;
    }
    auto opened = crypto::TlsContext::open({ca_, {}, {}});
    REQUIRE(opened);
    return *opened;
  }
  bool speaks_tls() const noexcept { return speaks_tls_; }

 private:
  // Returns when the server has said all that it has to say to what it has got: that it has sent before it reads on. It
  // is still given time to wait for a replica, though not for ever, as a spoilt WAIT may tell it to.
  void settle() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
    for (bool is_waiting = true; is_waiting && std::chrono::steady_clock::now() < until;) {
      for (int round = 0; round < 3; ++round) {
        control_.send("INFO clients\r\n");
        is_waiting = control_.receive().text().find("\r\nblocked_clients:0\r\n") == std::string_view::npos;
      }
    }
  }

  std::vector<std::string> certified() const {
    const Authority authority;
    const Certificate certificate = authority.issue("IP:127.0.0.1");
    write_file(ca_, authority.pem());
    write_file(files_.file("server.pem"), certificate.certificate);
    write_file(files_.file("server.key"), certificate.key);
    return {"--tls-cert-file",    files_.file("server.pem"),
            "--tls-key-file",     files_.file("server.key"),
            "--tls-ca-cert-file", ca_,
            "--tls-auth-clients", "no"};
  }

  void create(Role role) {
    const std::string owner = this->owner(role);
    const std::vector<store::Field> fields = {{"owner", owner}, {"n", "0"}};
    const store::Record record({generation, 1, {now, now, store::no_deadline, expires}}, {}, fields);
    const store::Call call(now, std::chrono::minutes(5));
    const Asked<bool> asked;
    store_->create(key(role), record, call, asked.done());
    const Result<bool> created = asked.wait(*store_, call, Status::unknown);
    REQUIRE(created);
    REQUIRE(*created);
  }

  const bool speaks_tls_;
  const TemporaryDirectory files_;
  const std::string ca_ = files_.file("ca.pem");
  RedisServer server_;
  RedisConnection control_;
  const Descriptor listener_ = listen_on_loopback();
  std::shared_ptr<store::Store> store_;
  std::uint32_t number_ = 0;
};

}  // namespace sessions::testing
