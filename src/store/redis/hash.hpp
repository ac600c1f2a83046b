// A record as a hash on the server.
//
// Field "@" is its head: format version '1'; flag 'e' ended, 'c' coded, '-' none; the key's tag, 8 characters;
// generation u64; version, created, deadline (all bits set for none), written, expires, the next ordinal, the bytes of
// all keys and values as they are stored, u48 each. Field "+" is there when commits are remembered: writer u64,
// sequence u64, time u40 each, by the server's clock, or 0 until the next commit asks it. Integers are big-endian. Each
// session key is a field, with a dot before it, whose value is ordinal:JSON; when the hash is coded, a codec has made
// the bytes behind the colon of each value's JSON. Ordinals grow in the order in which keys were first set.
//
// Heads, and up to three commits, fit into the 64 bytes that Redis lets values of small hashes have.
#pragma once

#include <base/result.hpp>
#include <cstdint>
#include <optional>
#include <store/redis/reply.hpp>
#include <store/store.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sessions::store::redis {

// Under which a session's hash is kept.
class HashKey {
 public:
  HashKey(std::string_view prefix, const Key& key);

  const std::string& text() const noexcept { return text_; }

  // What a hash says of its own key, so that nobody takes it for that of another: as much of it as there is room for.
  std::string_view tag() const noexcept;

 private:
  std::string text_;
};

// As heads have them: u48. What is larger becomes the largest, which is as good as none.
void append_number(std::string& bytes, std::uint64_t number);

// How a head begins that is flagged with '-': up to its version.
void append_beginning(std::string& bytes, std::string_view tag, std::uint64_t generation, std::uint64_t version);

struct HashHead {
  Record::Head head;
  std::string_view tag;
  std::uint64_t next = 0;
  std::uint64_t bytes = 0;
};

std::string format_head(const HashHead& head);

// What it refers to lasts as long as the bytes. Status corrupt or newer.
Result<HashHead> parse_head(std::string_view bytes);

// A whole hash to be written: head, field, value, field, value...
std::vector<std::string> format_hash(const Record& record, std::string_view tag, const Attempt& attempt);

// Takes an answer to HGETALL that is not empty: a record that nothing can go wrong with; status corrupt or newer; or
// none when it is that of another key.
std::optional<Result<Record>> read_hash(const Reply& hash, const HashKey& key);

}  // namespace sessions::store::redis
