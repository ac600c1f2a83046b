// Stores on a Redis server that all test cases of a program share.
#pragma once

#include <memory>
#include <stdexcept>
#include <store/redis/client.hpp>
#include <store/redis/redis.hpp>
#include <utility>

#include "redis_connection.hpp"
#include "redis_server.hpp"

namespace sessions::testing {

inline std::shared_ptr<store::redis::Redis> open_redis(std::shared_ptr<store::redis::Transport> transport,
                                                       store::redis::StoreOptions options = {}) {
  auto made = store::redis::Redis::make(std::move(transport), std::move(options));
  if (!made) {
    throw std::runtime_error(made.error().message);
  }
  return *made;
}

inline RedisServer& shared_redis_server() {
  static RedisServer server;
  return server;
}

// A store in an empty database, over the transport that users have.
inline std::shared_ptr<store::Store> open_fresh_redis() {
  RedisServer& server = shared_redis_server();
  tell(server, {"FLUSHALL"});
  store::redis::Options options;
  options.path = server.socket_path();
  return open_redis(std::make_shared<store::redis::Client>(options, nullptr));
}

}  // namespace sessions::testing
