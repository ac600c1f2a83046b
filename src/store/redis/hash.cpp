#include <algorithm>
#include <array>
#include <base/base64url.hpp>
#include <charconv>
#include <store/redis/hash.hpp>
#include <store/redis/writer.hpp>
#include <store/stored_record.hpp>

namespace sessions::store::redis {

namespace {

constexpr char format_version = '1';
constexpr std::size_t key_text_size = 43;
constexpr std::size_t tag_size = 11;
constexpr std::size_t most_digits = 15;  // scripts reckon in doubles

template <class Integer>
bool read_number(std::string_view text, Integer& number, std::size_t digits = most_digits) noexcept {
  const char* const end = text.data() + text.size();
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && text.size() <= digits && std::all_of(text.begin(), text.end(), is_digit) &&
         std::from_chars(text.data(), end, number).ec == std::errc();
}

bool read_hex(std::string_view text, std::uint64_t& number) noexcept {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, 16);
  return text.size() == 16 && error == std::errc() && stop == end;
}

// Takes one word off the text: what is before the separator, or all of it.
std::string_view take_word(std::string_view& text, char separator = ' ') noexcept {
  const std::string_view word = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

bool read_flags(std::string_view flags, Record::Head& head) noexcept {
  head.ended = flags == "e";
  head.coded = flags == "c";
  return head.ended || head.coded || flags == "-";
}

bool read_applied(std::string_view text, std::vector<Applied>& applied) {
  constexpr std::size_t digits = 20;
  while (!text.empty()) {
    std::string_view word = take_word(text);
    Applied& commit = applied.emplace_back();
    if (!read_hex(take_word(word, ':'), commit.writer) || !read_number(take_word(word, ':'), commit.sequence, digits) ||
        !read_number(word, commit.time)) {
      return false;
    }
  }
  return true;
}

struct OrderedField {
  std::uint64_t ordinal;
  Field field;
};

// False when the pair is none that this library has written.
bool read_field(std::string_view name, std::string_view value, OrderedField& read) noexcept {
  if (name.empty() || name.front() != '.' || value.find(':') == std::string_view::npos) {
    return false;
  }
  const std::string_view ordinal = take_word(value, ':');
  read.field = {name.substr(1), value};
  return read_number(ordinal, read.ordinal);
}

}  // namespace

HashKey::HashKey(std::string_view prefix, const Key& key) {
  text_.reserve(prefix.size() + key_text_size + 2);
  text_.append(prefix).append("{");
  base64url_append(text_, {key.data(), key.size()}, Padding::none);
  text_ += '}';
}

std::string_view HashKey::tag() const noexcept {
  return std::string_view(text_).substr(text_.size() - key_text_size - 1, tag_size);
}

void append_hex(std::string& text, std::uint64_t number) {
  std::array<char, 16> digits{};
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  const auto size = static_cast<std::size_t>(end - digits.data());
  text.append(digits.size() - size, '0').append(digits.data(), size);
}

std::string format_head(const HashHead& head) {
  const Times& times = head.head.times;
  std::string text(1, format_version);
  const auto word = [&text](std::string_view what) { text.append(" ").append(what); };
  word(head.tag);
  word("");
  append_hex(text, head.head.generation);
  word(std::to_string(head.head.version));
  word(std::to_string(times.created));
  word(std::to_string(times.written));
  word(times.deadline == no_deadline ? "-" : std::to_string(times.deadline));
  word(std::to_string(times.expires));
  word(head.head.ended ? "e" : head.head.coded ? "c" : "-");
  word(std::to_string(head.next));
  word(std::to_string(head.bytes));
  for (const Applied& commit : head.applied) {
    word(to_text({commit.writer, commit.sequence}));
    text.append(":").append(std::to_string(commit.time));
  }
  return text;
}

Result<HashHead> parse_head(std::string_view text) {
  std::uint64_t version = 0;
  const std::string_view format = take_word(text);
  if (format.size() != 1 || format.front() != format_version) {
    return unreadable(read_number(format, version) && version > 1 ? Status::newer : Status::corrupt);
  }
  HashHead read;
  Times& times = read.head.times;
  read.tag = take_word(text);
  const bool is_read = read_hex(take_word(text), read.head.generation) &&
                       read_number(take_word(text), read.head.version) && read_number(take_word(text), times.created) &&
                       read_number(take_word(text), times.written);
  const std::string_view deadline = take_word(text);
  const bool is_rest_read = (deadline == "-" || read_number(deadline, times.deadline)) &&
                            read_number(take_word(text), times.expires) && read_flags(take_word(text), read.head) &&
                            read_number(take_word(text), read.next) && read_number(take_word(text), read.bytes);
  if (!is_read || !is_rest_read || !read_applied(text, read.applied) || !is_sound(times)) {
    return unreadable(Status::corrupt);
  }
  return read;
}

std::vector<std::string> format_hash(const Record& record, std::string_view tag, const Attempt& attempt,
                                     std::int64_t now) {
  HashHead head{record.head(), tag, 0, 0, record.applied()};
  head.applied.push_back({attempt.writer, attempt.sequence, now});
  std::vector<std::string> words(1);
  words.reserve(1 + 2 * record.field_count());
  Record::Reader reader(record);
  for (std::size_t i = 0; i < record.field_count(); ++i) {
    const Field field = reader.next();
    words.emplace_back(".").append(field.key);
    words.emplace_back(std::to_string(head.next++)).append(":").append(field.value);
    head.bytes += field.key.size() + field.value.size();
  }
  words.front() = format_head(head);
  return words;
}

std::optional<Result<Record>> read_hash(const Reply& hash, const HashKey& key) {
  std::optional<std::string_view> head_text;
  std::vector<OrderedField> ordered;
  ordered.reserve(hash.size() / 2);
  bool is_sound = hash.size() % 2 == 0;
  for (std::size_t i = 0; i + 1 < hash.size(); i += 2) {
    const std::string_view name = hash[i].text();
    if (name == "@") {
      head_text = hash[i + 1].text();
    } else {
      is_sound = read_field(name, hash[i + 1].text(), ordered.emplace_back()) && is_sound;
    }
  }
  const Result<HashHead> head = parse_head(head_text.value_or(std::string_view()));
  if (!head) {
    return head.error();
  }
  if (head->tag != key.tag()) {
    return std::nullopt;
  }
  if (!is_sound) {
    return unreadable(Status::corrupt);
  }
  std::sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.ordinal < b.ordinal; });
  std::vector<Field> fields;
  fields.reserve(ordered.size());
  for (const OrderedField& each : ordered) {
    fields.push_back(each.field);
  }
  return tested(Record(head->head, head->applied, fields));
}

}  // namespace sessions::store::redis
