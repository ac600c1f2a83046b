#include <algorithm>
#include <array>
#include <base/limits.hpp>
#include <base/utf8.hpp>
#include <json/scan.hpp>
#include <memory_resource>
#include <store/stored_record.hpp>
#include <utility>
#include <vector>

namespace sessions::store {

namespace {

constexpr std::int64_t latest_expiry = limits::latest_second + limits::lifetime_seconds;

// On the stack as long as they are few.
using Names = std::pmr::vector<std::string_view>;

// Only arrays and objects have names in them.
bool is_json(std::string_view value, Names& scratch) {
  const bool may_have_names = value.starts_with('{') || value.starts_with('[');
  scratch.resize(may_have_names ? std::max(scratch.size(), json::scratch_size(value)) : scratch.size());
  std::string_view bare;
  return !json::scan_value(value, scratch, &bare) && bare.size() == value.size();
}

bool has_sound_head(const Record& record) {
  const auto applied = record.applied();
  return is_sound(record.head().times) && record.field_count() <= limits::keys &&
         std::all_of(applied.begin(), applied.end(),
                     [](const Applied& a) { return a.time >= 0 && a.time <= limits::latest_second; });
}

// What a codec has made is tested when it has been decoded.
bool has_sound_fields(const Record& record) {
  const bool is_coded = record.head().coded;
  std::array<std::byte, 32 * sizeof(std::string_view)> room;
  std::pmr::monotonic_buffer_resource memory(room.data(), room.size());
  Names scratch(&memory);
  Record::Reader reader(record);
  for (std::size_t i = 0; i < record.field_count(); ++i) {
    const Field field = reader.next();
    if (!is_utf8(field.key) || (!is_coded && !is_json(field.value, scratch))) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool is_sound(const Times& times) noexcept {
  const auto is_time = [](std::int64_t time) { return time >= 0 && time <= latest_expiry; };
  return is_time(times.created) && is_time(times.written) && is_time(times.expires) &&
         (is_time(times.deadline) || times.deadline == no_deadline);
}

Result<Record> tested(Record record) {
  return has_sound_head(record) && has_sound_fields(record) ? Result<Record>(std::move(record))
                                                            : unreadable(Status::corrupt);
}

Result<Record> read_stored(std::string_view bytes, const Record& known) {
  if (known && known.bytes() == bytes) {
    return known;
  }
  Result<Record> record = Record::parse(bytes);
  return record ? tested(std::move(*record)) : std::move(record);
}

}  // namespace sessions::store
