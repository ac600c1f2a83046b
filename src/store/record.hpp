// What a store keeps for one session: an immutable record that loads can share, in the bytes in which it is stored.
//
// Version 1, of 15 at the most; integers little-endian, lengths and counts LEB128:
//   byte 1 | flags: 1 ended, 2 coded | generation u64 | version u64 | created, written, deadline, expires i64 | length
//   of the subject, 0 for none | applied: count, then writer u64, sequence u64, time i64 each | fields: count, then
//   length of the key, length of the value, key, value each
#pragma once

#include <base/result.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <store/shared_bytes.hpp>
#include <string_view>
#include <vector>

namespace sessions::store {

inline constexpr std::int64_t no_deadline = INT64_MAX;

// Of a key, or a value, or what a codec has made of it: as much as a config lets the content of a session have.
inline constexpr std::size_t most_length = std::size_t{1} << 28U;

// Seconds since 1970.
struct Times {
  std::int64_t created = 0;
  std::int64_t written = 0;             // the last write or renewal
  std::int64_t deadline = no_deadline;  // the end of the session, however much it is used
  std::int64_t expires = 0;  // afterwards a store may drop the record; lifetimes themselves are enforced above
};

// A key and its value as JSON text.
struct Field {
  std::string_view key;
  std::string_view value;
  std::string_view stored = {};  // when it was read from a record: its bytes there, so that they can be taken over
};

// A commit that must not be applied twice.
struct Applied {
  std::uint64_t writer;
  std::uint64_t sequence;
  std::int64_t time;
};

// What to say of stored bytes that are no record: status corrupt, or newer.
Error unreadable(Status status);

// One allocation, copied by reference.
class Record {
 public:
  // All but the texts.
  struct Head {
    std::uint64_t generation = 0;  // drawn when the session was created: tells it from any other under the key
    std::uint64_t version = 1;     // counts commits
    Times times;
    bool ended = false;  // a tombstone: the session was destroyed
    bool coded = false;  // a codec has made its values, or its only one of the whole content
  };

  Record() = default;  // no record
  Record(const Head& head, std::span<const Applied> applied, std::span<const Field> fields);

  // Takes stored bytes. Status newer when a newer libsessions wrote them, corrupt when none did.
  static Result<Record> parse(std::string_view bytes);

  explicit operator bool() const noexcept { return static_cast<bool>(body_); }

  // Who is about to read it all waits for memory once instead of line by line.
  void prefetch() const noexcept;

  std::string_view bytes() const noexcept;
  Head head() const noexcept;
  std::int64_t expires() const noexcept;  // head().times.expires
  std::vector<Applied> applied() const;
  std::size_t field_count() const noexcept;

  // The same under another head.
  Record with(const Head& head) const;

  // Walks over the fields in order. The views live as long as any copy of the record.
  class Reader {
   public:
    explicit Reader(const Record& record) noexcept;
    Field next() noexcept;  // call it field_count() times

   private:
    const char* at_;
  };

 private:
  // Where things are in the bytes that follow it.
  struct Index {
    std::uint32_t size;
    std::uint32_t first_field;
    std::uint32_t field_count;
  };

  Index index() const noexcept;
  static SharedBytes allocate(const Index& index);

  SharedBytes body_;
};

}  // namespace sessions::store
