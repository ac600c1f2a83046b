// The same HGETALL and EVALSHA by hand.
#pragma once

#include <hiredis/hiredis.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bare_link.hpp"

namespace bench {

struct FreeReply {
  void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};
using RedisReply = std::unique_ptr<redisReply, FreeReply>;

// Takes replies out of a stream. Throws std::runtime_error.
class ReplyReader {
 public:
  ReplyReader();

  void feed(Link& link);  // waits
  RedisReply next();      // null when there is none yet

 private:
  struct Free {
    void operator()(redisReader* reader) const noexcept { redisReaderFree(reader); }
  };

  std::unique_ptr<redisReader, Free> reader_;
};

using Words = std::span<const std::string_view>;

// As hiredis formats it.
std::string redis_command(Words words);

// Errors are thrown as std::runtime_error; those that the server answers are replies.
class RedisClient {
 public:
  RedisClient() = default;
  RedisClient(const RedisClient&) = delete;
  RedisClient& operator=(const RedisClient&) = delete;
  RedisClient(RedisClient&&) = delete;
  RedisClient& operator=(RedisClient&&) = delete;
  virtual ~RedisClient() = default;

  virtual RedisReply ask(Words words) = 0;
};

// A connection of its caller's own: that of hiredis, which blocks; with TLS, which Debian's hiredis has not, ours.
std::unique_ptr<RedisClient> connect_for_one(const RedisAddress& address);

// One connection for all callers, pipelined.
std::unique_ptr<RedisClient> connect_for_all(const RedisAddress& address);

// Loads, changes and commits sessions that the library has made.
class BareRedis {
 public:
  // The client may be shared, this not.
  explicit BareRedis(std::shared_ptr<RedisClient> client);

  // The keys of all sessions.
  std::vector<std::string> keys(std::string_view prefix);

  bool request(std::string_view key, std::string_view field, std::string_view value);

 private:
  std::shared_ptr<RedisClient> client_;
  std::string script_digest_;
  std::string writer_;
  std::uint64_t sequence_ = 0;
};

}  // namespace bench
