#include <algorithm>
#include <array>
#include <base/limits.hpp>
#include <json/python.hpp>
#include <json/scan.hpp>
#include <json/string.hpp>
#include <new>
#include <session/content.hpp>
#include <session/value.hpp>
#include <type_traits>
#include <utility>

namespace sessions::session {

namespace {

// Room on the stack that costs nothing as long as nobody writes to it.
template <class T, std::size_t Count>
class Room {
 public:
  std::span<T> all() noexcept { return {reinterpret_cast<T*>(bytes_.data()), Count}; }

 private:
  static_assert(std::is_trivially_copyable_v<T>);
  alignas(T) std::array<std::byte, Count * sizeof(T)> bytes_;
};

constexpr std::size_t names_on_stack = 256;

// For scanning a text, if the stack is not enough.
std::vector<std::string_view> scratch_for(std::string_view text) {
  constexpr std::size_t member_size = 4;  // at least: `"":{`
  const std::size_t names = text.size() <= member_size * names_on_stack ? 0 : json::scratch_size(text);
  return std::vector<std::string_view>(names <= names_on_stack ? 0 : names);
}

// At least as many as the text has members, and one that may be added.
std::size_t room_for(std::string_view text) noexcept { return std::min(json::scratch_size(text), limits::keys) + 1; }

}  // namespace

// ---- what is kept elsewhere ----

void Content::reset(State state, std::string text, store::Record record) noexcept {
  state_ = state;
  text_ = std::move(text);
  record_ = std::move(record);
  scratch_.clear();
  count_ = 0;
  fields_.clear();
  bytes_ = 0;
  removed_.clear();
  missed_.clear();
  has_read_everything_ = false;
  cleared_ = false;
  json_.reset();
}

void Content::adopt_nothing() noexcept { reset(State::decoded, {}, {}); }

void Content::adopt_record(store::Record record) noexcept { reset(State::record, {}, std::move(record)); }

void Content::adopt_text(std::string text) {
  std::vector<std::string_view> scratch = scratch_for(text);
  reset(State::text, std::move(text), {});
  scratch_ = std::move(scratch);
}

Content::Members Content::scan(std::string_view text, std::span<std::string_view> scratch, Fields room) noexcept {
  Room<std::string_view, names_on_stack> few;
  Members members;
  members.fields = std::move(room);
  members.fault =
      json::scan_object(text, scratch.empty() ? few.all() : scratch,
                        [&members](std::string_view name, std::string_view json) { members.add(name, json); });
  return members;
}

void Content::Members::add(std::string_view name, std::string_view json) noexcept {
  ++count;
  if (fields.size() == fields.capacity()) {
    return;
  }
  Field& field = fields.emplace_back();
  field.key = name;
  field.json = json;
  const char* behind = name.data() + name.size();
  field.is_verbatim = json.data() == behind + 3 && behind[1] == ':' && behind[2] == ' ';
  bytes += name.size() + json.size();
  has_escapes = has_escapes || name.find('\\') != std::string_view::npos;
}

void Content::Members::decode_names() {
  for (Field& field : fields) {
    if (has_escapes && field.key.find('\\') != std::string_view::npos) {
      std::string name(field.key.size(), '\0');
      name.resize(json::unescape(field.key, name.data()));
      bytes -= field.key.size() - name.size();
      field.key = owned(field).key.emplace(std::move(name));
      field.is_verbatim = false;
    }
  }
}

bool Content::look_at_text() noexcept {
  Fields room;
  try {
    room.reserve(room_for(text_));
  } catch (const std::bad_alloc&) {
    room.clear();  // then they are only counted
  }
  Members members = scan(text_, scratch_, std::move(room));
  if (members.fault || members.count > limits::keys) {
    adopt_nothing();
    return false;
  }
  count_ = members.count;
  if (members.fields.size() < count_) {
    return true;
  }
  try {
    members.decode_names();
  } catch (const std::bad_alloc&) {
    return true;
  }
  decoded(std::move(members.fields), members.bytes);
  scratch_ = {};
  return true;
}

void Content::look_at_record() noexcept {
  count_ = record_.field_count();
  Fields fields;
  try {
    fields.resize(count_);
  } catch (const std::bad_alloc&) {
    return;
  }
  std::size_t bytes = 0;
  store::Record::Reader reader(record_);
  for (Field& field : fields) {
    const store::Field read = reader.next();
    field.key = read.key;
    field.json = read.value;
    bytes += read.key.size() + read.value.size();
  }
  decoded(std::move(fields), bytes);
}

void Content::decoded(Fields fields, std::size_t bytes) noexcept {
  for (Field& field : fields) {
    field.kept = true;
  }
  fields_ = std::move(fields);
  bytes_ = bytes;
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
  has_read_everything_ = remembers_reads_;
  return state_ == State::decoded ? fields_.size() : count_;
}

// ---- reading ----

Content::Field* Content::field(std::string_view key) noexcept {
  const auto found =
      std::find_if(fields_.begin(), fields_.end(), [key](const Field& field) { return field.key == key; });
  return found == fields_.end() ? nullptr : &*found;
}

Content::Field* Content::read(std::string_view key) {
  Field* found = field(key);
  if (found != nullptr) {
    found->was_read = remembers_reads_;
  } else if (remembers_reads_ && std::find(missed_.begin(), missed_.end(), key) == missed_.end()) {
    missed_.emplace_back(key);
  }
  return found;
}

std::optional<std::string_view> Content::find(std::string_view key) {
  const Field* found = read(key);
  return found == nullptr ? std::nullopt : std::optional(found->json);
}

Content::Owned& Content::owned(Field& field) {
  if (!field.owned) {
    field.owned = std::make_unique<Owned>();
  }
  return *field.owned;
}

std::string_view Content::seen(const Field& field) noexcept {
  return field.change == Field::Change::none ? field.json : field.owned->seen;
}

const std::string* Content::key_at(std::size_t index) {
  has_read_everything_ = remembers_reads_;
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
  Field* found = read(key);
  return found == nullptr ? nullptr : string_of(*found);
}

const std::string& Content::to_json() {
  has_read_everything_ = remembers_reads_;
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
  // What is too large already, because parallel requests or another writer made it so, may still shrink.
  if ((bytes > max_bytes_ && bytes > bytes_) || (found == nullptr && fields_.size() >= limits::keys)) {
    return Status::limit;
  }
  auto own = std::make_unique<Owned>();
  own->json = json;
  own->delta = delta;
  if (found == nullptr) {
    own->key = key;
    const auto removed =
        std::find_if(removed_.begin(), removed_.end(), [key](const Removed& r) { return r.key == key; });
    found = &fields_.emplace_back();
    if (removed != removed_.end()) {
      found->kept = true;
      own->seen = removed->seen;
    }
  } else {
    own->seen = seen(*found);
    if (found->owned) {
      own->key = std::move(found->owned->key);
    }
  }
  found->key = own->key ? *own->key : found->key;
  found->json = *own->json;
  found->owned = std::move(own);
  found->change = change;
  found->is_verbatim = false;
  bytes_ = bytes;
  json_.reset();
  return Status::ok;
}

Status Content::set(std::string_view key, std::string_view json) { return put(key, json, Field::Change::set, 0); }

Status Content::increment(std::string_view key, std::int64_t delta, std::int64_t& sum) {
  const Field* found = field(key);
  std::int64_t total = 0;
  Field::Change change = Field::Change::increment;
  if (found != nullptr) {
    if (const Status status = to_int64(found->json, total); status != Status::ok) {
      return status;
    }
    change = found->change == Field::Change::set ? Field::Change::set : Field::Change::increment;
  }
  std::int64_t pending = found != nullptr && found->owned ? found->owned->delta : 0;
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
  bytes_ -= field.key.size() + field.json.size();
  fields_.erase(fields_.begin() + (&field - fields_.data()));
  json_.reset();
}

Status Content::remove(std::string_view key) {
  Field* found = field(key);
  if (found == nullptr) {
    return Status::not_found;
  }
  const bool is_removed =
      std::any_of(removed_.begin(), removed_.end(), [key](const Removed& removed) { return removed.key == key; });
  if (found->kept && !is_removed) {
    removed_.push_back({std::string(key), seen(*found), found->was_read});
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
  std::vector<std::string_view> scratch = scratch_for(text);
  Fields room;
  room.reserve(room_for(text));
  Members members = scan(text, scratch, std::move(room));
  if (members.fault) {
    return json::to_error(*members.fault);
  }
  if (members.count > limits::keys) {
    return Error{Status::limit, "the JSON object has more than 1,024 members: put them into arrays or objects"};
  }
  members.decode_names();
  if (members.bytes > max_bytes_) {
    return Error{Status::limit, "the JSON object has more bytes than sessions_config_set_max_content_bytes allows"};
  }
  for (Field& field : members.fields) {
    field.change = Field::Change::set;
    field.is_verbatim = false;
  }
  reset(State::decoded, std::move(text), {});
  fields_ = std::move(members.fields);
  bytes_ = members.bytes;
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
  for (const Removed& removed : removed_) {
    changes.push_back({Kind::remove, removed.key, {}, 0, removed.seen});
  }
  for (const Field& field : fields_) {
    const auto seen = field.kept ? std::optional(Content::seen(field)) : std::nullopt;
    if (field.change == Field::Change::set) {
      changes.push_back({Kind::set, field.key, field.json, 0, seen});
    } else if (field.change == Field::Change::increment) {
      changes.push_back({Kind::increment, field.key, {}, field.owned->delta, seen});
    }
  }
  return changes;
}

std::vector<store::Precondition> Content::preconditions() const {
  std::vector<store::Precondition> preconditions;
  preconditions.reserve(removed_.size() + fields_.size() + missed_.size());
  for (const Removed& removed : removed_) {
    if (removed.was_read) {
      preconditions.push_back({removed.key, removed.seen});
    }
  }
  for (const Field& field : fields_) {
    if (field.was_read && field.kept) {
      preconditions.push_back({field.key, seen(field)});
    }
  }
  for (const std::string& key : missed_) {
    preconditions.push_back({key, std::nullopt});
  }
  return preconditions;
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
  constexpr std::size_t around_a_member = 8;
  constexpr std::size_t tail = 64;  // what an envelope adds
  std::string text;
  text.reserve(bytes_ + around_a_member * fields_.size() + tail);
  text = "{";
  const auto begin = [](const Field& field) { return field.key.data() - 1; };
  for (auto field = fields_.begin(); field != fields_.end(); ++field) {
    text += text.size() == 1 ? "" : ", ";
    if (!field->is_verbatim) {
      json::append_python_string(text, field->key);
      text += ": ";
      json::append_python(text, field->json);
      continue;
    }
    const char* const first = begin(*field);
    const char* end = field->json.data() + field->json.size();
    const auto follows = [begin, &end](const Field& next) {
      return next.is_verbatim && begin(next) == end + 2 && end[0] == ',' && end[1] == ' ';
    };
    while (field + 1 != fields_.end() && follows(field[1])) {
      ++field;
      end = field->json.data() + field->json.size();
    }
    text.append(first, end);
  }
  text += '}';
  return text;
}

void Content::settle() noexcept {
  for (Field& field : fields_) {
    if (field.owned) {
      field.owned->delta = 0;
    }
    field.change = Field::Change::none;
    field.kept = true;
    field.was_read = false;
  }
  removed_.clear();
  missed_.clear();
  has_read_everything_ = false;
  cleared_ = false;
}

}  // namespace sessions::session
