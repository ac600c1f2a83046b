// Stores on a Redis server that all test cases of a program share.
#pragma once

#include <atomic>
#include <cstdlib>
#include <manager/backend.hpp>
#include <memory>
#include <stdexcept>
#include <store/redis/client.hpp>
#include <store/redis/redis.hpp>
#include <string>
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

// The URL of a server that a test is to use instead of the shared one; null when there is none.
inline const char* given_redis_url() { return std::getenv("SESSIONS_REDIS_URL"); }

// A store of its own, over the transport that users have.
inline std::shared_ptr<store::Store> open_fresh_redis() {
  static std::atomic<int> stores = 0;
  const char* const given = given_redis_url();
  const std::string url = given != nullptr ? given : "redis+unix://" + shared_redis_server().socket_path();
  const std::string begin = url + (url.find('?') == std::string::npos ? "?" : "&");
  auto backend = manager::open_backend(begin + "prefix=session:" + std::to_string(++stores) + ":");
  if (!backend) {
    throw std::runtime_error(backend.error().message);
  }
  return backend->store;
}

}  // namespace sessions::testing
