// A record as a hash on the server.
//
// Field "@" is its head, in words: format version 1, the key's tag, generation (16 hex digits), version, created,
// written, deadline ("-" for none), expires, flags ("e" ended, "c" coded, "-" for none), the next ordinal, the bytes of
// all keys and values as they are stored, and for each commit that is remembered writer (16 hex digits):sequence:time.
// Each session key is a field, with a dot before it, whose value is ordinal:JSON; when the hash is coded, a codec has
// made the bytes behind the colon of each value's JSON. Ordinals grow in the order in which keys were first set.
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

  // What a hash says of its own key, so that nobody takes it for that of another.
  std::string_view tag() const noexcept;

 private:
  std::string text_;
};

void append_hex(std::string& text, std::uint64_t number);

struct HashHead {
  Record::Head head;
  std::string_view tag;
  std::uint64_t next = 0;
  std::uint64_t bytes = 0;
  std::vector<Applied> applied;
};

std::string format_head(const HashHead& head);

// What it refers to lasts as long as the text. Status corrupt or newer.
Result<HashHead> parse_head(std::string_view text);

// A whole hash to be written: head, field, value, field, value...
std::vector<std::string> format_hash(const Record& record, std::string_view tag, const Attempt& attempt,
                                     std::int64_t now);

// Takes an answer to HGETALL that is not empty: a record that nothing can go wrong with; status corrupt or newer; or
// none when it is that of another key.
std::optional<Result<Record>> read_hash(const Reply& hash, const HashKey& key);

}  // namespace sessions::store::redis
