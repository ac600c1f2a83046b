#include <store/blobs.hpp>
#include <store/dialogue.hpp>
#include <store/stored_record.hpp>

namespace sessions::store {

void Blobs::change(const Key&, Dialogue& dialogue) { dialogue.answer(Error{Status::unsupported, {}}); }

Result<BlobFound> read_blob(std::string_view bytes, std::uint64_t version) {
  if (version == 0 || version > INT64_MAX - 1) {
    return Error{Status::callback, "the custom store found a blob with a version that no blob was put with"};
  }
  Result<Record> record = read_stored(bytes);
  if (!record) {
    return std::move(record.error());
  }
  return BlobFound{std::move(*record), version};
}

}  // namespace sessions::store
