// How a hash is read so that no other answer is taken for it.
#pragma once

#include <base/result.hpp>
#include <optional>
#include <store/redis/hash.hpp>
#include <store/redis/reply.hpp>
#include <store/redis/request.hpp>
#include <store/redis/writer.hpp>
#include <string>
#include <utility>

namespace sessions::store::redis {

// HGETALL. A hash names its key. An empty answer, or the hash of another key, could have been meant for anybody, so it
// is asked for once more, and an echo behind it: then that is what is under the key.
class HashReading {
 public:
  HashReading(HashKey key, const Attempt& attempt) : key_(std::move(key)), attempt_(attempt) {}

  const HashKey& key() const noexcept { return key_; }

  // From the beginning, with command().
  void start() noexcept;

  // command() will be answered from its beginning.
  void restart() noexcept { result_.reset(); }

  // again: with command(). done: there is a result.
  Request::Next take(const Reply& reply);

  std::string command() const;

  // None when there is none.
  Result<std::optional<Record>>& result() noexcept { return *result_; }

 private:
  Request::Next take_hash(const Reply& hash);

  const HashKey key_;
  const Attempt attempt_;  // which the echo tells from all others
  bool is_echoed_ = false;
  std::optional<Result<std::optional<Record>>> result_;
};

}  // namespace sessions::store::redis
