#include <base/limits.hpp>
#include <json/scan.hpp>
#include <json/string.hpp>
#include <store/codec.hpp>
#include <vector>

namespace sessions::store {

namespace {

std::string to_json(const Record& record) {
  std::string json = "{";
  Record::Reader reader(record);
  for (std::size_t i = 0; i < record.field_count(); ++i) {
    const Field field = reader.next();
    json += i == 0 ? "" : ",";
    json::append_string(json, field.key);
    json += ':';
    json += field.value;
  }
  json += '}';
  return json;
}

// Names as they mean, not as they are spelled in JSON.
class Members {
 public:
  Result<void> read(std::string_view json) {
    std::vector<std::string_view> scratch(json::scratch_size(json));
    names_.reserve(scratch.size());
    fields_.reserve(scratch.size());
    std::vector<Field> raw;
    raw.reserve(scratch.size());
    if (json::scan_object(json, scratch, [&raw](auto name, auto value) { raw.push_back({name, value}); })) {
      return Error{Status::corrupt, "the codec did not give back a JSON object: is it the one that wrote the session?"};
    }
    if (raw.size() > limits::keys) {
      return Error{Status::corrupt, "the codec gave back more keys than a session may have"};
    }
    for (const Field& field : raw) {
      std::string& name = names_.emplace_back(field.key.size(), '\0');
      name.resize(json::unescape(field.key, name.data()));
      fields_.push_back({name, field.value});
    }
    return {};
  }

  std::span<const Field> fields() const noexcept { return fields_; }

 private:
  std::vector<std::string> names_;
  std::vector<Field> fields_;
};

}  // namespace

Error needs_codec() { return {Status::corrupt, "a codec has written this session: set the same one on the config"}; }

Result<Record> encode(const Record& record, const Codec* codec) {
  Record::Head head = record.head();
  if (codec == nullptr || head.ended) {
    return record;
  }
  const Result<std::string> bytes = codec->encode(to_json(record));
  if (!bytes) {
    return bytes.error();
  }
  head.coded = true;
  const Field only{{}, *bytes};
  return Record(head, record.applied(), {&only, 1});
}

Result<Record> decode(Record record, const Codec* codec) {
  Record::Head head = record.head();
  if (!head.coded) {
    return record;
  }
  if (codec == nullptr || record.field_count() != 1) {
    return needs_codec();
  }
  const Result<std::string> json = codec->decode(Record::Reader(record).next().value);
  if (!json) {
    return json.error();
  }
  Members members;
  if (Result<void> read = members.read(*json); !read) {
    return read.error();
  }
  head.coded = false;
  return Record(head, record.applied(), members.fields());
}

}  // namespace sessions::store
