#include <algorithm>
#include <base/limits.hpp>
#include <json/string.hpp>
#include <new>
#include <session/content.hpp>
#include <session/value.hpp>
#include <utility>

namespace sessions::session {

// ---- what is kept elsewhere ----

void Content::reset() noexcept {
  state_ = State::decoded;
  text_.clear();
  record_ = {};
  scratch_.clear();
  count_ = 0;
  fields_.clear();
  bytes_ = 0;
  removed_.clear();
  cleared_ = false;
  json_.reset();
}

void Content::adopt_nothing() noexcept {
  reset();
  required_.clear();
  read_.clear();
  has_read_everything_ = false;
}

void Content::adopt_record(store::Record record) noexcept {
  adopt_nothing();
  state_ = State::record;
  record_ = std::move(record);
}

void Content::adopt_text(std::string text) {
  std::vector<std::string_view> scratch = scratch_for(text);
  adopt_nothing();
  state_ = State::text;
  text_ = std::move(text);
  scratch_ = std::move(scratch);
}

Content::Decoded Content::decoded(Members& members) {
  const std::span<const Member> all = members.all();
  Decoded decoded;
  decoded.fields.reserve(all.size() + 1);  // one that may be added
  for (const Member& member : all) {
    Field& field = decoded.fields.emplace_back(member);
    if (members.has_escapes() && member.name.find('\\') != std::string_view::npos) {
      std::string key(member.name.size(), '\0');
      key.resize(json::unescape(member.name, key.data()));
      field.key = owned(field).key.emplace(std::move(key));
    }
    decoded.bytes += field.key.size() + member.json.size();
  }
  return decoded;
}

bool Content::look_at_text() noexcept {
  Members members(text_, scratch_);
  if (members.fault() || members.count() > limits::keys) {
    adopt_nothing();
    return false;
  }
  count_ = members.count();
  try {
    take_over(decoded(members));
  } catch (const std::bad_alloc&) {
    return true;  // then they are only counted
  }
  scratch_ = {};
  return true;
}

void Content::look_at_record() noexcept {
  count_ = record_.field_count();
  Decoded decoded;
  try {
    decoded.fields.resize(count_);
  } catch (const std::bad_alloc&) {
    return;
  }
  store::Record::Reader reader(record_);
  for (Field& field : decoded.fields) {
    const store::Field read = reader.next();
    field.adopted = read.value;
    field.key = read.key;
    field.is_kept = true;
    decoded.bytes += read.key.size() + read.value.size();
  }
  take_over(std::move(decoded));
}

void Content::take_over(Decoded decoded) noexcept {
  fields_ = std::move(decoded.fields);
  bytes_ = decoded.bytes;
  state_ = State::decoded;
}

bool Content::look() noexcept {
  if (state_ == State::text) {
    return look_at_text();
  }
  if (state_ == State::record) {
    look_at_record();
  }
  return true;
}

bool Content::decode() {
  const bool is_object = look();
  if (state_ != State::decoded) {
    throw std::bad_alloc();
  }
  return is_object;
}

std::size_t Content::size() noexcept {
  has_read_everything_ = has_read_everything_ || remembers_reads();
  return state_ == State::decoded ? fields_.size() : count_;
}

// ---- reading ----

Content::Field* Content::field(std::string_view key) noexcept {
  const auto found =
      std::find_if(fields_.begin(), fields_.end(), [key](const Field& field) { return field.key == key; });
  return found == fields_.end() ? nullptr : &*found;
}

Content::Removed* Content::removed(std::string_view key) noexcept {
  const auto found = std::find_if(removed_.begin(), removed_.end(), [key](const Removed& r) { return r.key == key; });
  return found == removed_.end() ? nullptr : &*found;
}

Content::Field* Content::read(std::string_view key) {
  Field* found = field(key);
  const bool is_removed = found == nullptr && removed(key) != nullptr;
  if (!remembers_reads() || is_removed || (found != nullptr && !tells_of_others(*found))) {
    return found;
  }
  if (found != nullptr && found->is_kept) {
    found->was_read = true;
  } else if (std::none_of(read_.begin(), read_.end(), [key](const AsKept& r) { return r.key == key; })) {
    read_.push_back({std::string(key), std::nullopt});
  }
  return found;
}

std::vector<Content::AsKept> Content::all_read() const {
  std::vector<AsKept> all = read_;
  for (const Removed& removed : removed_) {
    if (removed.was_read || has_read_everything_) {
      all.push_back({removed.key, std::string(removed.kept())});
    }
  }
  for (const Field& field : fields_) {
    if (field.is_kept && (field.was_read || has_read_everything_)) {
      all.push_back({std::string(field.key), std::string(field.kept())});
    }
  }
  return all;
}

std::optional<std::string_view> Content::find(std::string_view key) {
  const Field* found = read(key);
  return found == nullptr ? std::nullopt : std::optional(found->json());
}

Content::Owned& Content::owned(Field& field) {
  if (!field.owned) {
    field.owned = std::make_unique<Owned>();
  }
  return *field.owned;
}

const std::string* Content::key_at(std::size_t index) {
  has_read_everything_ = has_read_everything_ || remembers_reads();
  if (index >= fields_.size()) {
    return nullptr;
  }
  Field& field = fields_[index];
  std::optional<std::string>& key = owned(field).key;
  return key ? &*key : &key.emplace(field.key);
}

const std::string* Content::json_of(std::string_view key) {
  Field* found = read(key);
  if (found == nullptr) {
    return nullptr;
  }
  if (!found->own.empty()) {
    return &found->own;
  }
  std::optional<std::string>& json = owned(*found).json;
  return json ? &*json : &json.emplace(found->json());
}

const std::string* Content::string_of(Field& field) {
  std::optional<std::string>& string = owned(field).string;
  if (!string) {
    std::string decoded;
    if (to_string(field.json(), decoded) != Status::ok) {
      return nullptr;
    }
    string = std::move(decoded);
  }
  return &*string;
}

const std::string* Content::string_of(std::string_view key) {
  Field* found = read(key);
  return found == nullptr ? nullptr : string_of(*found);
}

const std::string& Content::to_json() {
  has_read_everything_ = has_read_everything_ || remembers_reads();
  if (!json_) {
    std::string text = "{";
    for (const Field& field : fields_) {
      text += text.size() == 1 ? "" : ",";
      json::append_string(text, field.key);
      text += ':';
      text += field.json();
    }
    text += '}';
    json_ = std::move(text);
  }
  return *json_;
}

// ---- changing ----

Status Content::put(std::string_view key, std::string_view json, Field::Change change, std::int64_t delta) {
  Field* found = field(key);
  const std::size_t former = found == nullptr ? 0 : key.size() + found->json().size();
  const std::size_t bytes = bytes_ - former + key.size() + json.size();
  // What is too large already, because parallel requests or another writer made it so, may still shrink.
  if ((bytes > max_bytes_ && bytes > bytes_) || (found == nullptr && fields_.size() >= limits::keys)) {
    return Status::limit;
  }
  std::string own(json);
  found = found == nullptr ? &add(key) : found;
  if (found->is_written()) {
    keep_written(*found);
  }
  if (found->owned) {
    found->owned->json.reset();
    found->owned->string.reset();
  }
  found->own = std::move(own);
  found->delta = delta;
  found->change = change;
  bytes_ = bytes;
  json_.reset();
  return Status::ok;
}

void Content::keep_written(Field& field) { owned(field).kept = std::move(field.own); }

// Its value is still to be set.
Content::Field& Content::add(std::string_view key) {
  Removed* const gone = removed(key);
  Field added;
  added.key = owned(added).key.emplace(key);
  added.adopted = gone == nullptr ? std::string_view() : gone->adopted;
  if (gone != nullptr && gone->own) {
    added.owned->kept = gone->own;
  }
  added.is_kept = gone != nullptr;
  Field& placed = fields_.emplace_back(std::move(added));
  placed.was_read = gone != nullptr && std::exchange(gone->was_read, false);
  return placed;
}

Status Content::set(std::string_view key, std::string_view json) { return put(key, json, Field::Change::set, 0); }

Status Content::increment(std::string_view key, std::int64_t delta, std::int64_t& sum) {
  const Field* found = field(key);
  std::int64_t total = 0;
  Field::Change change = Field::Change::increment;
  if (found != nullptr) {
    if (const Status status = to_int64(found->json(), total); status != Status::ok) {
      return status;
    }
    change = found->change == Field::Change::set ? Field::Change::set : Field::Change::increment;
  }
  std::int64_t pending = found != nullptr ? found->delta : 0;
  if (__builtin_add_overflow(total, delta, &total) || __builtin_add_overflow(pending, delta, &pending)) {
    return Status::range;
  }
  const Status status = put(key, std::to_string(total), change, change == Field::Change::set ? 0 : pending);
  if (status == Status::ok) {
    sum = total;
  }
  return status;
}

void Content::erase(const Field& field) noexcept {
  bytes_ -= field.key.size() + field.json().size();
  fields_.erase(fields_.begin() + (&field - fields_.data()));
  json_.reset();
}

Status Content::remove(std::string_view key) {
  // The answer tells whether it is there.
  Field* found = field(key);
  if (found == nullptr || !found->is_kept) {
    static_cast<void>(read(key));
  }
  if (found == nullptr) {
    return Status::not_found;
  }
  const bool was_read = found->was_read || (remembers_reads() && tells_of_others(*found));
  if (Removed* before = removed(key)) {
    before->was_read = was_read;
  } else if (found->is_kept) {
    const bool is_own = found->is_written() || (found->owned && found->owned->kept);
    removed_.push_back({std::string(key), found->adopted,
                        is_own ? std::optional<std::string>(found->kept()) : std::nullopt, was_read});
  }
  erase(*found);
  return Status::ok;
}

bool Content::is_required(std::string_view key) const noexcept {
  return std::any_of(required_.begin(), required_.end(), [key](const AsKept& r) { return r.key == key; });
}

Status Content::require_unchanged(std::string_view key) {
  if (cleared_) {
    return Status::misuse;
  }
  if (is_required(key)) {
    return Status::ok;
  }
  const Field* found = field(key);
  const Removed* gone = removed(key);
  std::optional<std::string> text;
  if (found != nullptr && found->is_kept) {
    text = found->kept();
  } else if (found == nullptr && gone != nullptr) {
    text = gone->kept();
  }
  required_.push_back({std::string(key), std::move(text)});
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

void Content::clear() {
  std::vector<AsKept> read = all_read();
  reset();
  read_ = std::move(read);
  cleared_ = true;
}

Result<void> Content::assign(std::string_view json) {
  std::string text;
  text.reserve(json.size() + 32);  // too long to live inside its object: the views below survive its move
  text = json;
  std::vector<std::string_view> scratch = scratch_for(text);
  Members members(text, scratch);
  if (members.fault()) {
    return json::to_error(*members.fault());
  }
  if (members.count() > limits::keys) {
    return Error{Status::limit, "the JSON object has more than 1,024 members: put them into arrays or objects"};
  }
  Decoded decoded = Content::decoded(members);
  if (decoded.bytes > max_bytes_) {
    return Error{Status::limit, "the JSON object has more bytes than sessions_config_set_max_content_bytes allows"};
  }
  for (Field& field : decoded.fields) {
    field.change = Field::Change::set;
    field.is_kept = false;
  }
  std::vector<AsKept> read = all_read();
  reset();
  read_ = std::move(read);
  text_ = std::move(text);
  fields_ = std::move(decoded.fields);
  bytes_ = decoded.bytes;
  cleared_ = true;
  return {};
}

}  // namespace sessions::session
