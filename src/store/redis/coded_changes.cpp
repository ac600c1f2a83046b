#include <store/redis/coded_changes.hpp>
#include <unordered_map>
#include <utility>

namespace sessions::store::redis {

namespace {

// Nobody compares it: the server only asks whether there was anything.
constexpr std::string_view something = "-";

struct Value {
  std::string_view json;
  bool is_named = false;  // by a change
};

using Values = std::unordered_map<std::string_view, Value>;

// Keys, and the values that stay as they are stored.
std::size_t bytes_not_made(const Record& found, const Values& values, bool any_stays) {
  std::size_t bytes = 0;
  for (const auto& value : values) {
    bytes += value.first.size();
  }
  Record::Reader reader(found);
  for (std::size_t i = 0; any_stays && i < found.field_count(); ++i) {
    const Field field = reader.next();
    const auto value = values.find(field.key);
    bytes += value != values.end() && !value->second.is_named ? field.value.size() : 0;
  }
  return bytes;
}

}  // namespace

Result<CodedChanges> CodedChanges::make(const Commit& commit, const Record& found, const Record& merged,
                                        const Codec& codec) {
  Values values(merged.field_count());
  Record::Reader reader(merged);
  for (std::size_t i = 0; i < merged.field_count(); ++i) {
    const Field field = reader.next();
    values.emplace(field.key, Value{field.value});
  }
  for (const Change& change : commit.changes) {
    if (const auto value = values.find(change.key); value != values.end()) {
      value->second.is_named = true;
    }
  }
  CodedChanges coded;
  coded.values_.reserve(commit.changes.size() + values.size());
  coded.changes_.reserve(commit.changes.size() + values.size());
  const bool codes_all = !found.head().coded && !commit.clear && !commit.changes.empty();
  BoundedCodec bounded(codec, bytes_not_made(found, values, !codes_all && !commit.clear));
  const auto set = [&](std::string_view key, std::string_view json, bool was_seen) -> Result<void> {
    Result<std::string> value = bounded.encode(json);
    if (!value) {
      return std::move(value.error());
    }
    coded.changes_.push_back({Change::Kind::set, key, coded.values_.emplace_back(std::move(*value)), 0,
                              was_seen ? std::optional(something) : std::nullopt});
    return {};
  };
  for (const Change& change : commit.changes) {
    const auto value = values.find(change.key);
    if (change.kind == Change::Kind::remove || value == values.end()) {
      coded.changes_.push_back({Change::Kind::remove, change.key});
      continue;
    }
    if (Result<void> done = set(change.key, value->second.json, change.seen.has_value()); !done) {
      return std::move(done.error());
    }
  }
  for (auto value = values.begin(); codes_all && value != values.end(); ++value) {
    if (value->second.is_named) {
      continue;
    }
    if (Result<void> done = set(value->first, value->second.json, true); !done) {
      return std::move(done.error());
    }
  }
  return coded;
}

}  // namespace sessions::store::redis
