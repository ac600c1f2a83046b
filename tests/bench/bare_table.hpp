// What sessions in memory cost without a library: a sharded map from the digest of the id to a shared immutable record.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bare_cookie.hpp"
#include "payload.hpp"

namespace bench {

// Share freely between threads.
class BareTable {
 public:
  using Key = std::array<char, 32>;

  // What a thread keeps from one request to the next.
  class Worker {
   public:
    Worker();
    Key key_of(std::string_view id_text, bool& good);

    std::string line;

   private:
    const EVP_MD* sha256_;
    DigestContext context_;
  };

  void create(const Key& key, const Payload& payload);

  // One request: load the session that the header names, change one key, commit, print the Set-Cookie line. False when
  // there is no such session.
  bool request(Worker& worker, std::string_view cookie_header, std::string_view key, std::string_view value);

 private:
  using Record = std::shared_ptr<const char[]>;  // a Head, then each field: a Lengths, key and value

  struct Head {
    std::int64_t created;
    std::int64_t expires;
    std::uint64_t size;  // of all fields
  };

  struct Lengths {
    std::uint32_t key;
    std::uint32_t value;
  };

  struct Hash {
    std::size_t operator()(const Key& key) const noexcept {
      std::size_t hash = 0;
      std::memcpy(&hash, key.data(), sizeof hash);
      return hash;
    }
  };

  struct Shard {
    std::mutex mutex;
    std::unordered_map<Key, Record, Hash> records;
  };

  static Head head_of(const Record& record) noexcept;
  static Record with(const Record& record, std::int64_t expires, std::string_view key, std::string_view value);
  Shard& shard(const Key& key) noexcept { return shards_[static_cast<unsigned char>(key.back()) % shards_.size()]; }

  std::array<Shard, 64> shards_;
};

}  // namespace bench
