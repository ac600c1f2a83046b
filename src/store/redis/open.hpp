// A store on a Redis server.
#pragma once

#include <base/result.hpp>
#include <memory>
#include <store/redis/options.hpp>
#include <store/store.hpp>
#include <string>

namespace sessions::store::redis {

struct Opened {
  std::shared_ptr<Store> store;
  std::string warning;  // about the server's settings; may be empty
};

// Connects, and sees whether the server can be used. Status unavailable when it cannot be reached or refuses,
// unsupported when it lets nobody run scripts, or this build has no Redis.
Result<Opened> open(const Options& options);

}  // namespace sessions::store::redis
