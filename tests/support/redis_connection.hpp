// The simplest transport to a Redis server: one connection, one request after the other, and faults when a test wants
// them.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <store/redis/command.hpp>
#include <store/redis/replica_wait.hpp>
#include <store/redis/reply.hpp>
#include <store/redis/transport.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redis_server.hpp"

namespace sessions::testing {

// Throws std::runtime_error when it breaks.
class RedisConnection {
 public:
  explicit RedisConnection(const RedisServer& server) {
    sockaddr_un local{};
    sockaddr_in address{};
    const bool is_local = server.has_socket();
    const auto* target = is_local ? reinterpret_cast<sockaddr*>(&local) : reinterpret_cast<sockaddr*>(&address);
    local.sun_family = AF_UNIX;
    std::strncpy(local.sun_path, server.socket_path().c_str(), sizeof local.sun_path - 1);
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(server.port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socket_ = ::socket(target->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(socket_, target, is_local ? sizeof local : sizeof address) != 0) {
      ::close(socket_);
      throw std::runtime_error("no connection to redis-server");
    }
  }
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;
  ~RedisConnection() { ::close(socket_); }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        throw std::runtime_error("the connection to redis-server is broken");
      }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  // Lasts until the next call.
  store::redis::Reply receive() {
    for (;;) {
      if (const auto reply = reader_.next()) {
        return *reply;
      }
      std::array<char, 16'384> bytes;
      const ssize_t size = ::recv(socket_, bytes.data(), bytes.size(), 0);
      if (size <= 0 || !reader_.feed({bytes.data(), static_cast<std::size_t>(size)})) {
        throw std::runtime_error("the connection to redis-server is broken");
      }
    }
  }

 private:
  int socket_;
  store::redis::ReplyReader reader_;
};

// What a server says to a command: a text, or a number in digits; elements of an array with a space between them.
inline std::string text(const store::redis::Reply& reply) {
  using Kind = store::redis::Reply::Kind;
  std::string text(reply.text());
  for (std::size_t i = 0; i < reply.size(); ++i) {
    text += (i == 0 ? "" : " ") + testing::text(reply[i]);
  }
  return reply.kind() == Kind::integer ? std::to_string(reply.integer()) : text;
}

inline std::string tell(const RedisServer& server, const std::vector<std::string_view>& words) {
  RedisConnection connection(server);
  connection.send(store::redis::command(words));
  return text(connection.receive());
}

// Answers before submit() returns.
class BlockingTransport final : public store::redis::Transport {
 public:
  using Request = store::redis::Request;

  explicit BlockingTransport(const RedisServer& server) : server_(server) {}

  // Asked whenever a command has been answered: whether the answer gets lost, with the connection.
  std::function<bool(std::string_view command)> loses;

  // Asked whenever a command is to be sent; does something before.
  std::function<void(std::string_view command)> before;

  void submit(std::unique_ptr<Request> request, Lane) override {
    const std::lock_guard lock(mutex_);
    try {
      while (exchange(*request)) {
      }
    } catch (const std::runtime_error&) {
      request->lose_reply();
      request->fail({request->writes() ? Status::unknown : Status::unavailable, {}});
    }
  }

  void wait_for(store::Awaited&, Deadline) override {}

 private:
  // False when the request is done. A connection that breaks is replaced once.
  bool exchange(Request& request) {
    const std::string command = request.command();
    if (before) {
      const auto act = before;
      act(command);
    }
    if (connection_) {
      try {
        return exchange(request, command);
      } catch (const std::runtime_error&) {
        request.lose_reply();
      }
    }
    connection_ = std::make_unique<RedisConnection>(server_);
    return exchange(request, command);
  }

  bool exchange(Request& request, const std::string& command) {
    using Next = Request::Next;
    connection_->send(command);
    store::redis::Reply reply = connection_->receive();
    const auto are_lost = loses;
    if (are_lost && are_lost(command)) {
      connection_.reset();
      request.lose_reply();
      return true;
    }
    Next next = request.take(reply);
    while (next == Next::more) {
      next = request.take(connection_->receive());
    }
    if (next == Next::foreign) {
      throw std::runtime_error("a foreign reply");
    }
    if (next == Next::unconfirmed) {
      store::redis::ReplicaWait wait(request.confirmation());
      connection_->send(wait.command());
      while (wait.take(connection_->receive()) == Next::more) {
      }
      wait.is_there() ? request.confirm() : request.fail({Status::unknown, {}});
    }
    return next == Next::again;
  }

  const RedisServer& server_;
  std::mutex mutex_;
  std::unique_ptr<RedisConnection> connection_;
};

}  // namespace sessions::testing
