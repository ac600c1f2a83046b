#include <algorithm>
#include <array>
#include <base/base64url.hpp>
#include <base/big_endian.hpp>
#include <charconv>
#include <cstddef>
#include <memory_resource>
#include <store/redis/hash.hpp>
#include <store/redis/writer.hpp>
#include <store/stored_record.hpp>

namespace sessions::store::redis {

namespace {

constexpr char format_version = '1';
constexpr std::size_t key_text_size = 43;
constexpr std::size_t tag_size = 8;
constexpr std::size_t most_digits = 15;  // scripts reckon in doubles
constexpr std::size_t number_size = 6;
constexpr std::uint64_t most_number = (std::uint64_t{1} << 48U) - 1;
constexpr std::size_t head_size = 2 + tag_size + sizeof(std::uint64_t) + 7 * number_size;

bool read_ordinal(std::string_view text, std::uint64_t& number) noexcept {
  const char* const end = text.data() + text.size();
  return text.size() <= most_digits && std::from_chars(text.data(), end, number).ptr == end && !text.empty();
}

// Takes an integer off the bytes, which have enough.
template <std::size_t size = number_size>
std::uint64_t take_integer(std::string_view& bytes) noexcept {
  std::array<char, sizeof(std::uint64_t)> big_endian{};
  std::copy_n(bytes.data(), size, big_endian.end() - size);
  bytes.remove_prefix(size);
  return load_big_endian(big_endian.data());
}

std::int64_t take_time(std::string_view& bytes) noexcept { return static_cast<std::int64_t>(take_integer(bytes)); }

// False when these are no remembered commits.
bool read_applied(std::string_view bytes, std::pmr::vector<Applied>& applied) {
  if (bytes.size() % applied_size != 0) {
    return false;
  }
  applied.reserve(bytes.size() / applied_size);
  while (!bytes.empty()) {
    const auto writer = take_integer<sizeof(Applied::writer)>(bytes);
    const auto sequence = take_integer<sizeof(Applied::sequence)>(bytes);
    applied.push_back({writer, sequence, static_cast<std::int64_t>(take_integer<time_size>(bytes))});
  }
  return true;
}

struct OrderedField {
  std::uint64_t ordinal;
  Field field;
};

// False when the pair is none that this library has written.
bool read_field(std::string_view name, std::string_view value, OrderedField& read) noexcept {
  const std::size_t colon = value.find(':');
  if (name.empty() || name.front() != '.' || colon == std::string_view::npos) {
    return false;
  }
  read.field = {name.substr(1), value.substr(colon + 1)};
  return read_ordinal(value.substr(0, colon), read.ordinal);
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

void append_number(std::string& bytes, std::uint64_t number) {
  append_integer(bytes, std::min(number, most_number), number_size);
}

void append_beginning(std::string& bytes, std::string_view tag, std::uint64_t generation, std::uint64_t version) {
  bytes.append({format_version, '-'}).append(tag);
  append_integer(bytes, generation);
  append_number(bytes, version);
}

std::string format_head(const HashHead& head) {
  const Times& times = head.head.times;
  std::string bytes;
  bytes.reserve(head_size);
  append_beginning(bytes, head.tag, head.head.generation, head.head.version);
  bytes[1] = head.head.ended ? 'e' : head.head.coded ? 'c' : '-';
  for (const std::int64_t time : {times.created, times.deadline, times.written, times.expires}) {
    append_number(bytes, static_cast<std::uint64_t>(time));
  }
  append_number(bytes, head.next);
  append_number(bytes, head.bytes);
  return bytes;
}

Result<HashHead> parse_head(std::string_view bytes) {
  const char format = bytes.empty() ? '\0' : bytes.front();
  if (format > format_version && format <= '9') {
    return unreadable(Status::newer);
  }
  const std::string_view flags = "-ec";
  if (format != format_version || bytes.size() != head_size || flags.find(bytes[1]) == std::string_view::npos) {
    return unreadable(Status::corrupt);
  }
  HashHead read;
  Times& times = read.head.times;
  read.head.ended = bytes[1] == 'e';
  read.head.coded = bytes[1] == 'c';
  read.tag = bytes.substr(2, tag_size);
  bytes.remove_prefix(2 + tag_size);
  read.head.generation = take_integer<sizeof read.head.generation>(bytes);
  read.head.version = take_integer(bytes);
  times.created = take_time(bytes);
  const std::uint64_t deadline = take_integer(bytes);
  times.deadline = deadline == most_number ? no_deadline : static_cast<std::int64_t>(deadline);
  times.written = take_time(bytes);
  times.expires = take_time(bytes);
  read.next = take_integer(bytes);
  read.bytes = take_integer(bytes);
  return is_sound(times) ? Result<HashHead>(read) : unreadable(Status::corrupt);
}

std::vector<std::string> format_hash(const Record& record, std::string_view tag, const Attempt& attempt) {
  HashHead head{record.head(), tag, 0, 0};
  std::string applied;
  for (const Applied& each : record.applied()) {
    applied += to_bytes(each);
  }
  append_undated(applied, attempt);
  std::vector<std::string> words = {{}, "+", std::move(applied)};
  words.reserve(words.size() + 2 * record.field_count());
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
  std::string_view head_bytes;
  std::string_view applied_bytes;
  std::array<std::byte, 2048> room;  // enough for most
  std::pmr::monotonic_buffer_resource memory(room.data(), room.size());
  std::pmr::vector<OrderedField> ordered(&memory);
  ordered.reserve(hash.size() / 2);
  bool is_sound = hash.size() % 2 == 0;
  for (std::size_t i = 0; i + 1 < hash.size(); i += 2) {
    const std::string_view name = hash[i].text();
    if (name == "@") {
      head_bytes = hash[i + 1].text();
    } else if (name == "+") {
      applied_bytes = hash[i + 1].text();
    } else {
      is_sound = read_field(name, hash[i + 1].text(), ordered.emplace_back()) && is_sound;
    }
  }
  const Result<HashHead> head = parse_head(head_bytes);
  if (!head) {
    return head.error();
  }
  if (head->tag != key.tag()) {
    return std::nullopt;
  }
  std::pmr::vector<Applied> applied(&memory);
  if (!is_sound || !read_applied(applied_bytes, applied)) {
    return unreadable(Status::corrupt);
  }
  std::sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.ordinal < b.ordinal; });
  std::pmr::vector<Field> fields(&memory);
  fields.reserve(ordered.size());
  for (const OrderedField& each : ordered) {
    fields.push_back(each.field);
  }
  return tested(Record(head->head, applied, fields));
}

}  // namespace sessions::store::redis
