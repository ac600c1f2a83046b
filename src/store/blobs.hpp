// What a custom store has to be: blobs by key, each with a version beside it, replaced only if that is still the same.
#pragma once

#include <base/result.hpp>
#include <cstdint>
#include <store/record.hpp>
#include <store/store.hpp>
#include <string_view>
#include <variant>

namespace sessions::store {

// A blob is the bytes of a record.
struct BlobFound {
  Record record;
  std::uint64_t version;
};
struct BlobMissing {};
struct BlobDone {};
struct BlobConflict {};
struct BlobsCounted {
  std::int64_t blobs;
  std::int64_t bytes;
};
using BlobAnswer = std::variant<BlobDone, BlobFound, BlobMissing, BlobConflict, BlobsCounted, Error>;

struct BlobWrite {
  std::string_view blob;
  std::uint64_t expected;  // 0: there is nothing yet
  std::uint64_t version;
  std::int64_t expires;
  std::int64_t now;
  bool ended;  // a tombstone
};

struct BlobPut {
  const Key* key;
  BlobWrite write;
};

class Dialogue;

// Each question is answered once by Dialogue::answer(), at once or later, from any thread; until then its arguments are
// valid. Safe from many threads. Documented in <sessions/custom.h>.
class Blobs {
 public:
  Blobs() = default;
  Blobs(const Blobs&) = delete;
  Blobs& operator=(const Blobs&) = delete;
  Blobs(Blobs&&) = delete;
  Blobs& operator=(Blobs&&) = delete;
  virtual ~Blobs() = default;

  virtual void get(const Key& key, Dialogue& dialogue) = 0;
  virtual void put(const Key& key, const BlobWrite& write, Dialogue& dialogue) = 0;

  // One step: reads the blob under the key, asks Dialogue::decide() what is to be put, and puts all of that.
  virtual bool can_change() const noexcept { return false; }
  virtual void change(const Key& key, Dialogue& dialogue);

  virtual void remove(const Key& key, std::uint64_t expected, Dialogue& dialogue) = 0;
  virtual void sweep(std::int64_t most, std::int64_t now, Dialogue& dialogue) = 0;
  virtual void ping(Dialogue& dialogue) = 0;
  virtual void statistics(Dialogue& dialogue) = 0;
};

// Takes the bytes of a blob that somebody else has kept. Status corrupt or newer when they are none to be relied on,
// and callback when the version is none that was ever put.
Result<BlobFound> read_blob(std::string_view bytes, std::uint64_t version);

}  // namespace sessions::store
