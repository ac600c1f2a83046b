#include <algorithm>
#include <json/number.hpp>
#include <limits>
#include <store/merge.hpp>
#include <string>
#include <vector>

namespace sessions::store {

namespace {

std::vector<Field>::iterator find(std::vector<Field>& fields, std::string_view key) {
  return std::find_if(fields.begin(), fields.end(), [key](const Field& field) { return field.key == key; });
}

void set(std::vector<Field>& fields, std::string_view key, std::string_view value) {
  const auto found = find(fields, key);
  if (found == fields.end()) {
    fields.push_back({key, value});
  } else {
    found->value = value;
  }
}

void remove(std::vector<Field>& fields, std::string_view key) {
  const auto found = find(fields, key);
  if (found != fields.end()) {
    fields.erase(found);
  }
}

// The digits of the sum, kept in `digits`, which must not move afterwards.
Result<void> increment(std::vector<Field>& fields, const Change& change, std::string& digits) {
  const auto found = find(fields, change.key);
  std::int64_t sum = change.delta;
  if (found != fields.end()) {
    const Status status = json::add(found->value, change.delta, sum);
    if (status != Status::ok) {
      return Error{status,
                   status == Status::type
                       ? "a parallel request stored something else than a number where this one increments"
                       : "an increment would leave the range of 64-bit integers, with what a parallel request stored"};
    }
  }
  digits = std::to_string(sum);
  set(fields, change.key, digits);
  return {};
}

}  // namespace

Result<Record> merge(const Record& record, const Changes& changes, const Times& times) {
  std::vector<Field> fields;
  fields.reserve(record.field_count() + changes.each.size());
  if (!changes.clear) {
    Record::Reader reader(record);
    for (std::size_t i = 0; i < record.field_count(); ++i) {
      fields.push_back(reader.next());
    }
  }
  std::vector<std::string> sums;
  sums.reserve(
      static_cast<std::size_t>(std::count_if(changes.each.begin(), changes.each.end(), [](const Change& change) {
        return change.kind == Change::Kind::increment;
      })));
  for (const Change& change : changes.each) {
    switch (change.kind) {
      case Change::Kind::set:
        set(fields, change.key, change.value);
        break;
      case Change::Kind::remove:
        remove(fields, change.key);
        break;
      case Change::Kind::increment:
        if (Result<void> done = increment(fields, change, sums.emplace_back()); !done) {
          return done.error();
        }
        break;
    }
  }
  return Record({record.times().created, times.written, times.expires}, fields);
}

}  // namespace sessions::store
