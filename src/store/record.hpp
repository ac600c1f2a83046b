// What a store keeps for one session: an immutable record that loads can share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace sessions::store {

// Seconds since 1970.
struct Times {
  std::int64_t created;
  std::int64_t written;  // the last write or renewal
  std::int64_t expires;  // from then on a store may drop the record; the lifetime itself is enforced above
};

// A key and its value as JSON text.
struct Field {
  std::string_view key;
  std::string_view value;
};

// One allocation, copied by reference: the times, then each field as two lengths (LEB128) and two texts.
class Record {
 public:
  Record() = default;
  Record(const Times& times, std::span<const Field> fields);

  // The same fields under other times.
  Record at(const Times& times) const;

  Times times() const noexcept { return head().times; }
  std::size_t field_count() const noexcept { return head().field_count; }
  std::size_t bytes() const noexcept { return sizeof(Head) + head().text_bytes; }

  // Walks over the fields in order. The views live as long as any copy of the record.
  class Reader {
   public:
    explicit Reader(const Record& record) noexcept;
    Field next() noexcept;  // call it field_count() times

   private:
    const char* at_;
  };

 private:
  struct Head {
    Times times;
    std::uint32_t field_count;
    std::uint32_t text_bytes;
  };

  Head head() const noexcept;
  const char* text() const noexcept { return body_.get() + sizeof(Head); }

  std::shared_ptr<const char[]> body_;  // a Head and the text
};

}  // namespace sessions::store
