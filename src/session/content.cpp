#include <algorithm>
#include <base/limits.hpp>
#include <functional>
#include <json/python.hpp>
#include <json/scan.hpp>
#include <json/string.hpp>
#include <session/content.hpp>
#include <session/value.hpp>
#include <utility>

namespace sessions::session {

namespace {

// Names are decoded where they stand in the text: decoded they are never longer, and nobody needs the raw ones again.
std::string_view decode_name(std::string_view raw, std::string& text) noexcept {
  if (raw.find('\\') == std::string_view::npos) {
    return raw;
  }
  char* start = text.data() + (raw.data() - text.data());
  return {start, json::unescape(raw, start)};
}

}  // namespace

// ---- what is kept elsewhere ----

void Content::reset(Fields fields, std::string text, store::Record record) noexcept {
  fields_ = std::move(fields);
  text_ = std::move(text);
  record_ = std::move(record);
  bytes_ = 0;
  for (const Field& field : fields_) {
    bytes_ += field.key.size() + field.json.size();
  }
  decoded_ = true;
  removed_.clear();
  cleared_ = false;
  json_.reset();
}

void Content::adopt_nothing() noexcept { reset({}, {}, {}); }

void Content::adopt_record(store::Record record) {
  Fields fields(record.field_count());
  store::Record::Reader reader(record);
  for (Field& field : fields) {
    const store::Field read = reader.next();
    field.key = read.key;
    field.json = read.value;
    field.kept = true;
  }
  reset(std::move(fields), {}, std::move(record));
}

void Content::adopt_text(std::string text) {
  std::vector<std::string_view> scratch(json::scratch_size(text));
  Fields fields;
  fields.reserve(std::min(scratch.size(), limits::keys));
  reset(std::move(fields), std::move(text), {});
  scratch_ = std::move(scratch);
  decoded_ = false;
}

bool Content::decode() noexcept {
  if (std::exchange(decoded_, true)) {
    return true;
  }
  bool too_many = false;
  const auto on_member = [this, &too_many](std::string_view name, std::string_view value) {
    if (fields_.size() == limits::keys) {
      too_many = true;
      return;
    }
    Field& field = fields_.emplace_back();
    field.key = name;
    field.json = value;
    field.kept = true;
    field.verbatim = true;
    bytes_ += name.size() + value.size();
  };
  const auto fault = json::scan_object(text_, scratch_, on_member);
  scratch_ = {};
  if (fault || too_many) {
    adopt_nothing();
    return false;
  }
  for (Field& field : fields_) {
    field.key = decode_name(field.key, text_);
  }
  return true;
}

// ---- reading ----

Content::Fields::const_iterator Content::at(std::string_view key) const noexcept {
  return std::find_if(fields_.begin(), fields_.end(), [key](const Field& field) { return field.key == key; });
}

Content::Field* Content::field(std::string_view key) noexcept {
  const auto found = at(key);
  return found == fields_.end() ? nullptr : &fields_[static_cast<std::size_t>(found - fields_.begin())];
}

std::optional<std::string_view> Content::find(std::string_view key) const noexcept {
  const auto found = at(key);
  return found == fields_.end() ? std::nullopt : std::optional(found->json);
}

Content::Owned& Content::owned(Field& field) {
  if (!field.owned) {
    field.owned = std::make_unique<Owned>();
  }
  return *field.owned;
}

const std::string* Content::key_at(std::size_t index) {
  if (index >= fields_.size()) {
    return nullptr;
  }
  Field& field = fields_[index];
  std::optional<std::string>& key = owned(field).key;
  return key ? &*key : &key.emplace(field.key);
}

const std::string* Content::json_of(std::string_view key) {
  Field* found = field(key);
  if (found == nullptr) {
    return nullptr;
  }
  std::optional<std::string>& json = owned(*found).json;
  return json ? &*json : &json.emplace(found->json);
}

const std::string* Content::string_of(Field& field) {
  std::optional<std::string>& string = owned(field).string;
  if (!string) {
    std::string decoded;
    if (to_string(field.json, decoded) != Status::ok) {
      return nullptr;
    }
    string = std::move(decoded);
  }
  return &*string;
}

const std::string* Content::string_of(std::string_view key) {
  Field* found = field(key);
  return found == nullptr ? nullptr : string_of(*found);
}

const std::string& Content::to_json() {
  if (!json_) {
    std::string text = "{";
    for (const Field& field : fields_) {
      text += text.size() == 1 ? "" : ",";
      json::append_string(text, field.key);
      text += ':';
      text += field.json;
    }
    text += '}';
    json_ = std::move(text);
  }
  return *json_;
}

// ---- changing ----

Status Content::put(std::string_view key, std::string_view json, Field::Change change, std::int64_t delta) {
  Field* found = field(key);
  const std::size_t former = found == nullptr ? 0 : key.size() + found->json.size();
  const std::size_t bytes = bytes_ - former + key.size() + json.size();
  if (bytes > max_bytes_ || (found == nullptr && fields_.size() == limits::keys)) {
    return Status::limit;
  }
  auto own = std::make_unique<Owned>();
  own->key = key;
  own->json = json;
  if (found == nullptr) {
    found = &fields_.emplace_back();
  }
  found->key = *own->key;
  found->json = *own->json;
  found->owned = std::move(own);
  found->delta = delta;
  found->change = change;
  found->verbatim = false;
  bytes_ = bytes;
  json_.reset();
  return Status::ok;
}

Status Content::set(std::string_view key, std::string_view json) { return put(key, json, Field::Change::set, 0); }

Status Content::increment(std::string_view key, std::int64_t delta, std::int64_t& sum) {
  const Field* found = field(key);
  std::int64_t total = delta;
  std::int64_t pending = delta;
  Field::Change change = Field::Change::increment;
  if (found != nullptr) {
    std::int64_t value = 0;
    if (const Status status = to_int64(found->json, value); status != Status::ok) {
      return status;
    }
    if (__builtin_add_overflow(value, delta, &total) || __builtin_add_overflow(found->delta, delta, &pending)) {
      return Status::range;
    }
    change = found->change == Field::Change::set ? Field::Change::set : Field::Change::increment;
  }
  const Status status = put(key, std::to_string(total), change, change == Field::Change::set ? 0 : pending);
  if (status == Status::ok) {
    sum = total;
  }
  return status;
}

void Content::erase(const Field& field) noexcept {
  bytes_ -= field.key.size() + field.json.size();
  fields_.erase(fields_.begin() + (&field - fields_.data()));
  json_.reset();
}

Status Content::remove(std::string_view key) {
  Field* found = field(key);
  if (found == nullptr) {
    return Status::not_found;
  }
  if (found->kept) {
    removed_.emplace_back(key);
  }
  erase(*found);
  return Status::ok;
}

const std::string* Content::pop_json(std::string_view key) {
  const std::string* json = json_of(key);
  if (json == nullptr) {
    return nullptr;
  }
  std::string popped = *json;
  static_cast<void>(remove(key));
  popped_ = std::move(popped);
  return &popped_;
}

const std::string* Content::pop_string(std::string_view key) {
  const std::string* string = string_of(key);
  if (string == nullptr) {
    return nullptr;
  }
  std::string popped = *string;
  static_cast<void>(remove(key));
  popped_ = std::move(popped);
  return &popped_;
}

void Content::clear() noexcept {
  adopt_nothing();
  cleared_ = true;
}

Result<void> Content::assign(std::string_view json) {
  std::string text;
  text.reserve(json.size() + 32);  // too long to live inside its object: the views below survive its move
  text = json;
  std::vector<std::string_view> scratch(json::scratch_size(text));
  Fields fields;
  fields.reserve(std::min(scratch.size(), limits::keys + 1));
  std::size_t bytes = 0;
  const auto on_member = [&fields, &bytes](std::string_view name, std::string_view value) {
    if (fields.size() <= limits::keys) {
      Field& field = fields.emplace_back();
      field.key = name;
      field.json = value;
      field.change = Field::Change::set;
      bytes += name.size() + value.size();
    }
  };
  if (const auto fault = json::scan_object(text, scratch, on_member)) {
    return json::to_error(*fault);
  }
  if (fields.size() > limits::keys || bytes > max_bytes_) {
    return Error{Status::limit,
                 fields.size() > limits::keys
                     ? "the JSON object has more than 1,024 members: put them into arrays or objects"
                     : "the JSON object has more bytes than sessions_config_set_max_content_bytes allows"};
  }
  for (Field& field : fields) {
    field.key = decode_name(field.key, text);
  }
  reset(std::move(fields), std::move(text), {});
  cleared_ = true;
  return {};
}

// ---- what commit needs ----

bool Content::changed() const noexcept {
  return cleared_ || !removed_.empty() || std::any_of(fields_.begin(), fields_.end(), [](const Field& field) {
           return field.change != Field::Change::none;
         });
}

std::vector<store::Change> Content::changes() const {
  using Kind = store::Change::Kind;
  std::vector<store::Change> changes;
  changes.reserve(removed_.size() + fields_.size());
  for (const std::string& key : removed_) {
    changes.push_back({Kind::remove, key, {}, 0});
  }
  for (const Field& field : fields_) {
    if (field.change == Field::Change::set) {
      changes.push_back({Kind::set, field.key, field.json, 0});
    } else if (field.change == Field::Change::increment) {
      changes.push_back({Kind::increment, field.key, {}, field.delta});
    }
  }
  return changes;
}

std::vector<store::Field> Content::fields() const {
  std::vector<store::Field> fields;
  fields.reserve(fields_.size());
  for (const Field& field : fields_) {
    fields.push_back({field.key, field.json});
  }
  return fields;
}

std::string Content::to_python() const {
  std::string text;
  text.reserve(bytes_ + 8 * fields_.size() + 2);
  text = "{";
  for (const Field& field : fields_) {
    text += text.size() == 1 ? "" : ", ";
    json::append_python_string(text, field.key);
    text += ": ";
    if (field.verbatim) {
      text += field.json;
    } else {
      json::append_python(text, field.json);
    }
  }
  text += '}';
  return text;
}

void Content::settle() noexcept {
  for (Field& field : fields_) {
    field.delta = 0;
    field.change = Field::Change::none;
    field.kept = true;
  }
  removed_.clear();
  cleared_ = false;
}

}  // namespace sessions::session
