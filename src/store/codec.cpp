#include <algorithm>
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

// `convert` makes another value of one.
template <class Convert>
Result<Record> with_values(const Record& record, const Record::Head& head, Convert convert) {
  std::vector<std::string> values;
  values.reserve(record.field_count());
  std::vector<Field> fields;
  fields.reserve(record.field_count());
  Record::Reader reader(record);
  for (std::size_t i = 0; i < record.field_count(); ++i) {
    const Field field = reader.next();
    Result<std::string> value = convert(field.value);
    if (!value) {
      return std::move(value.error());
    }
    fields.push_back({field.key, values.emplace_back(std::move(*value))});
  }
  return Record(head, record.applied(), fields);
}

}  // namespace

Result<std::string> BoundedCodec::encode(std::string_view json) {
  Result<std::string> bytes = codec_.encode(json);
  if (bytes && bytes->size() > most_length - std::min(used_, most_length)) {
    return Error{Status::limit, "the codec made more bytes of the session than can be stored: store less"};
  }
  used_ += bytes ? bytes->size() : 0;
  return bytes;
}

Error needs_codec() { return {Status::corrupt, "a codec has written this session: set the same one on the config"}; }

Result<Record> encode(const Record& record, const Codec* codec) {
  Record::Head head = record.head();
  if (codec == nullptr || head.ended) {
    return record;
  }
  const Result<std::string> bytes = BoundedCodec(*codec).encode(to_json(record));
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

Result<Record> encode_values(const Record& record, const Codec* codec) {
  Record::Head head = record.head();
  if (codec == nullptr || head.ended) {
    return record;
  }
  head.coded = true;
  std::size_t keys = 0;
  Record::Reader reader(record);
  for (std::size_t i = 0; i < record.field_count(); ++i) {
    keys += reader.next().key.size();
  }
  BoundedCodec bounded(*codec, keys);
  return with_values(record, head, [&bounded](std::string_view json) { return bounded.encode(json); });
}

Result<Record> decode_values(Record record, const Codec* codec) {
  Record::Head head = record.head();
  if (!head.coded) {
    return record;
  }
  if (codec == nullptr) {
    return needs_codec();
  }
  head.coded = false;
  std::vector<std::string_view> scratch;
  return with_values(record, head, [codec, &scratch](std::string_view bytes) -> Result<std::string> {
    Result<std::string> json = codec->decode(bytes);
    if (!json) {
      return json;
    }
    scratch.resize(std::max(scratch.size(), json::scratch_size(*json)));
    std::string_view bare;
    if (json::scan_value(*json, scratch, &bare)) {
      return Error{Status::corrupt, "the codec did not give back JSON: is it the one that wrote the session?"};
    }
    return std::string(bare);
  });
}

}  // namespace sessions::store
