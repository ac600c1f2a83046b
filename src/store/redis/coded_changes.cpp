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

}  // namespace

Result<CodedChanges> CodedChanges::make(const Commit& commit, const Record& found, const Record& merged,
                                        const Codec& codec) {
  std::unordered_map<std::string_view, Value> values(merged.field_count());
  Record::Reader reader(merged);
  for (std::size_t i = 0; i < merged.field_count(); ++i) {
    const Field field = reader.next();
    values.emplace(field.key, Value{field.value});
  }
  CodedChanges coded;
  coded.values_.reserve(commit.changes.size() + values.size());
  coded.changes_.reserve(commit.changes.size() + values.size());
  BoundedCodec bounded(codec);
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
    value->second.is_named = true;
    if (Result<void> done = set(change.key, value->second.json, change.seen.has_value()); !done) {
      return std::move(done.error());
    }
  }
  const bool codes_all = !found.head().coded && !commit.clear && !commit.changes.empty();
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
