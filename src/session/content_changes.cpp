// How content differs from what is kept elsewhere, and how it is written.
#include <algorithm>
#include <cstring>
#include <functional>
#include <json/python.hpp>
#include <map>
#include <session/content.hpp>
#include <utility>

namespace sessions::session {

using namespace std::string_view_literals;

bool Content::changed() const noexcept {
  return cleared_ || !removed_.empty() || std::any_of(fields_.begin(), fields_.end(), [](const Field& field) {
           return field.change != Field::Change::none;
         });
}

std::vector<store::Change> Content::changes() const {
  using Kind = store::Change::Kind;
  const auto is_changed = [](const Field& field) { return field.change != Field::Change::none; };
  std::vector<store::Change> changes;
  changes.reserve(removed_.size() +
                  static_cast<std::size_t>(std::count_if(fields_.begin(), fields_.end(), is_changed)));
  for (const Removed& removed : removed_) {
    changes.push_back({Kind::remove, removed.key, {}, 0, removed.kept()});
  }
  for (const Field& field : fields_) {
    const auto seen = field.is_kept ? std::optional(field.kept()) : std::nullopt;
    if (field.change == Field::Change::set) {
      changes.push_back({Kind::set, field.key, field.json(), 0, seen});
    } else if (field.change == Field::Change::increment) {
      changes.push_back({Kind::increment, field.key, {}, field.delta, seen});
    }
  }
  return changes;
}

std::vector<store::Precondition> Content::requirements() const {
  std::vector<store::Precondition> requirements;
  requirements.reserve(required_.size());
  for (const AsKept& required : required_) {
    requirements.push_back({required.key, required.text});
  }
  return requirements;
}

std::vector<store::Precondition> Content::preconditions() const {
  std::vector<store::Precondition> preconditions = requirements();
  preconditions.reserve(required_.size() + removed_.size() + fields_.size() + read_.size());
  const auto add = [&](std::string_view key, std::optional<std::string_view> text) {
    if (!is_required(key)) {
      preconditions.push_back({key, text});
    }
  };
  for (const Removed& removed : removed_) {
    if (removed.was_read) {
      add(removed.key, removed.kept());
    }
  }
  for (const Field& field : fields_) {
    if (field.was_read && field.is_kept) {
      add(field.key, field.kept());
    }
  }
  for (const AsKept& read : read_) {
    add(read.key, read.text);
  }
  return preconditions;
}

std::vector<std::string> Content::differences(const store::Record& record) const {
  std::map<std::string_view, std::string_view> kept;
  for (const AsKept& read : read_) {
    if (read.text) {
      kept.emplace(read.key, *read.text);
    }
  }
  for (const Removed& removed : removed_) {
    kept.emplace(removed.key, removed.kept());
  }
  for (const Field& field : fields_) {
    if (field.is_kept) {
      kept.emplace(field.key, field.kept());
    }
  }
  std::vector<std::string> keys;
  store::Record::Reader reader(record);
  for (std::size_t i = 0; i < record.field_count(); ++i) {
    const store::Field now = reader.next();
    const auto former = kept.find(now.key);
    if (former == kept.end() || former->second != now.value) {
      keys.emplace_back(now.key);
    }
    if (former != kept.end()) {
      kept.erase(former);
    }
  }
  for (const auto& removed : kept) {
    keys.emplace_back(removed.first);
  }
  return keys;
}

std::vector<store::Field> Content::fields() const {
  std::vector<store::Field> fields;
  fields.reserve(fields_.size());
  for (const Field& field : fields_) {
    fields.push_back({field.key, field.json()});
  }
  return fields;
}

// Whether all that was adopted is still here and lies in the text as Python writes it: `{"a": 1, "b": 2}`.
bool Content::is_text_python() const noexcept {
  if (count_ == 0 || fields_.size() < count_) {
    return false;
  }
  const char* const text = text_.data();
  std::size_t name = 2;
  for (std::size_t i = 0; i < count_; ++i) {
    const Field& field = fields_[i];
    const std::size_t quote = name + field.key.size();
    if (name >= text_.size() || field.key.data() != text + name || std::memcmp(text + quote + 1, ": ", 2) != 0 ||
        (i != 0 && std::memcmp(text + name - 3, ", ", 2) != 0)) {
      return false;
    }
    name = quote + 3 + field.adopted.size() + 3;
  }
  return name == text_.size() + 2;
}

void Content::append_as_in_text(std::string& line) const {
  const char* at = text_.data();
  const char* const brace = text_.data() + text_.size() - 1;
  for (std::size_t i = 0; i < count_; ++i) {
    const Field& field = fields_[i];
    if (!field.own.empty()) {
      line.append(at, field.key.data() + field.key.size() + 3);
      json::append_python(line, field.own);
      at = i + 1 == count_ ? brace : fields_[i + 1].key.data() - 3;
    }
  }
  line.append(at, brace);
}

// The member as it stands in the text, if it was adopted and lies there as Python writes it.
std::string_view Content::as_adopted(const Field& field) const noexcept {
  const char* const key = field.key.data();
  const char* const end = text_.data() + text_.size();
  if (count_ == 0 || !field.own.empty() || std::less<>()(key, text_.data()) || !std::less<>()(key, end)) {
    return {};
  }
  const char* const quote = key + field.key.size();
  const bool is_python = field.adopted.data() == quote + 3 && std::memcmp(quote + 1, ": ", 2) == 0;
  return is_python ? std::string_view(key - 1, 1 + field.key.size() + 3 + field.adopted.size()) : std::string_view();
}

void Content::append_python(std::string& line) const {
  constexpr std::size_t around_a_member = 8;
  constexpr std::size_t signature = 64;
  constexpr std::size_t attributes = 256;
  line.reserve(line.size() + (bytes_ + around_a_member * fields_.size() + signature) / 3 * 4 + attributes);
  std::size_t next = 0;
  if (is_text_python()) {
    append_as_in_text(line);
    next = count_;
  } else {
    line += '{';
  }
  for (; next < fields_.size(); ++next) {
    const Field& field = fields_[next];
    line += next == 0 ? ""sv : ", "sv;
    if (const std::string_view member = as_adopted(field); !member.empty()) {
      line += member;
      continue;
    }
    json::append_python_string(line, field.key);
    line += ": "sv;
    json::append_python(line, field.json());
  }
  line += '}';
}

void Content::settle() noexcept {
  for (Field& field : fields_) {
    field.delta = 0;
    field.change = Field::Change::none;
    field.is_kept = true;
    field.was_read = false;
  }
  removed_.clear();
  read_.clear();
  required_.clear();
  has_read_everything_ = false;
  cleared_ = false;
}

}  // namespace sessions::session
