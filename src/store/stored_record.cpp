#include <algorithm>
#include <base/limits.hpp>
#include <base/utf8.hpp>
#include <json/scan.hpp>
#include <store/stored_record.hpp>
#include <utility>
#include <vector>

namespace sessions::store {

namespace {

constexpr std::int64_t latest_expiry = limits::latest_second + limits::lifetime_seconds;

bool is_json(std::string_view value, std::vector<std::string_view>& scratch) {
  scratch.resize(std::max(scratch.size(), json::scratch_size(value)));
  std::string_view bare;
  return !json::scan_value(value, scratch, &bare) && bare.size() == value.size();
}

// What was read may be anything that looks like a record: nothing that is done with it later may go wrong.
bool is_sound(const Record& record) {
  const auto applied = record.applied();
  std::vector<std::string_view> scratch;
  Record::Reader reader(record);
  bool sound = is_sound(record.head().times) && record.field_count() <= limits::keys &&
               std::all_of(applied.begin(), applied.end(),
                           [](const Applied& a) { return a.time >= 0 && a.time <= limits::latest_second; });
  for (std::size_t i = 0; sound && i < record.field_count(); ++i) {
    const Field field = reader.next();
    // What a codec has made is tested when it has been decoded.
    sound = is_utf8(field.key) && (record.head().coded || is_json(field.value, scratch));
  }
  return sound;
}

}  // namespace

bool is_sound(const Times& times) noexcept {
  const auto is_time = [](std::int64_t time) { return time >= 0 && time <= latest_expiry; };
  return is_time(times.created) && is_time(times.written) && is_time(times.expires) &&
         (is_time(times.deadline) || times.deadline == no_deadline);
}

Result<Record> tested(Record record) {
  return is_sound(record) ? Result<Record>(std::move(record)) : unreadable(Status::corrupt);
}

Result<Record> read_stored(std::string_view bytes) {
  Result<Record> record = Record::parse(bytes);
  return record ? tested(std::move(*record)) : std::move(record);
}

}  // namespace sessions::store
