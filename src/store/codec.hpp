// How a host's own code turns content into the bytes that leave the process, and back.
#pragma once

#include <base/result.hpp>
#include <cstddef>
#include <store/record.hpp>
#include <string>
#include <string_view>

namespace sessions::store {

// Share freely between threads. Failures carry the status of the host's code.
class Codec {
 public:
  Codec() = default;
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;
  Codec(Codec&&) = delete;
  Codec& operator=(Codec&&) = delete;
  virtual ~Codec() = default;

  // `json` is the text of the whole content, an object, or of one value; whether decode() gives one is for the caller
  // to test.
  virtual Result<std::string> encode(std::string_view json) const = 0;
  virtual Result<std::string> decode(std::string_view bytes) const = 0;
};

// What to say of a record that was stored with a codec, and is read without.
Error needs_codec();

// For stores that keep whole records: what to store, and what a stored record was before. `codec` may be null; then a
// record is stored as it is. Records that no codec has touched are read with any.
Result<Record> encode(const Record& record, const Codec* codec);
Result<Record> decode(Record record, const Codec* codec);

// What a codec makes of the values of one session, and `used` bytes beside them, is bounded together. Status limit.
class BoundedCodec {
 public:
  explicit BoundedCodec(const Codec& codec, std::size_t used = 0) noexcept : codec_(codec), used_(used) {}
  Result<std::string> encode(std::string_view json);

 private:
  const Codec& codec_;
  std::size_t used_;
};

// Likewise for stores that keep fields: each value goes through the codec, keys stay as they are.
Result<Record> encode_values(const Record& record, const Codec* codec);
Result<Record> decode_values(Record record, const Codec* codec);

}  // namespace sessions::store
