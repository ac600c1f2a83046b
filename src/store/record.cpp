#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <store/record.hpp>

namespace sessions::store {

namespace {

constexpr unsigned char format_version = 1;
constexpr unsigned char last_version = 15;  // that a newer libsessions may have: other bytes are rubbish, not a version
constexpr unsigned char ended_flag = 1;
constexpr unsigned char coded_flag = 2;
constexpr std::size_t head_size = 2 + 6 * sizeof(std::int64_t);
constexpr std::size_t expires_at = head_size - 8;
constexpr std::size_t applied_size = 3 * sizeof(std::uint64_t);

static_assert(std::endian::native == std::endian::little, "records are written as they lie in memory");

std::size_t length_size(std::size_t length) noexcept {
  std::size_t size = 1;
  while (length >= 0x80) {
    length >>= 7U;
    ++size;
  }
  return size;
}

std::size_t stored_size(const Field& field) noexcept {
  return field.stored.empty()
             ? length_size(field.key.size()) + length_size(field.value.size()) + field.key.size() + field.value.size()
             : field.stored.size();
}

// Writes into room that was measured before.
class Writer {
 public:
  explicit Writer(char* at) noexcept : at_(at) {}

  char* at() const noexcept { return at_; }

  void byte(unsigned char value) noexcept { *at_++ = static_cast<char>(value); }

  template <class Integer>
  void integer(Integer value) noexcept {
    std::memcpy(at_, &value, sizeof value);
    at_ += sizeof value;
  }

  void length(std::size_t length) noexcept {
    while (length >= 0x80) {
      byte(static_cast<unsigned char>((length & 0x7fU) | 0x80U));
      length >>= 7U;
    }
    byte(static_cast<unsigned char>(length));
  }

  void text(std::string_view text) noexcept {
    if (!text.empty()) {
      std::memcpy(at_, text.data(), text.size());
      at_ += text.size();
    }
  }

 private:
  char* at_;
};

template <class Integer>
Integer integer_at(const char* at) noexcept {
  Integer value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// Reads what this file has written.
const char* trusted_length(const char* at, std::size_t& length) noexcept {
  auto byte = static_cast<unsigned char>(*at++);
  length = byte & 0x7fU;
  for (unsigned shift = 7; (byte & 0x80U) != 0; shift += 7) {
    byte = static_cast<unsigned char>(*at++);
    length |= static_cast<std::size_t>(byte & 0x7fU) << shift;
  }
  return at;
}

// Reads what may be anything: after a failure everything fails.
class Parser {
 public:
  explicit Parser(std::string_view bytes) noexcept : rest_(bytes) {}

  bool failed() const noexcept { return failed_; }
  std::size_t left() const noexcept { return rest_.size(); }

  void skip(std::size_t size) noexcept {
    failed_ = failed_ || size > rest_.size();
    rest_.remove_prefix(failed_ ? rest_.size() : size);
  }

  // In their shortest spelling.
  std::size_t length() noexcept {
    std::size_t length = 0;
    for (unsigned shift = 0; shift < 35 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      length |= static_cast<std::size_t>(byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0) {
        failed_ = failed_ || (byte == 0 && shift != 0) || length > most_length;
        return failed_ ? 0 : length;
      }
    }
    failed_ = true;
    return 0;
  }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

SharedBytes Record::allocate(const Index& index) {
  SharedBytes body(sizeof index + index.size);
  std::memcpy(body.data(), &index, sizeof index);
  return body;
}

Record::Index Record::index() const noexcept { return integer_at<Index>(body_.data()); }

// As much as many are long: how long this one is stands in what is not here yet. What is behind it does no harm.
void Record::prefetch() const noexcept {
  constexpr std::uintptr_t cache_line = 64;
  const auto begin = std::bit_cast<std::uintptr_t>(body_.data());
  for (std::uintptr_t line = 0; line < 6; ++line) {
    __builtin_prefetch(std::bit_cast<const void*>(begin + line * cache_line));
  }
}

std::string_view Record::bytes() const noexcept { return {body_.data() + sizeof(Index), index().size}; }

std::size_t Record::field_count() const noexcept { return index().field_count; }

Record::Record(const Head& head, std::span<const Applied> applied, std::span<const Field> fields) {
  std::size_t size = head_size + length_size(0) + length_size(applied.size()) + applied.size() * applied_size +
                     length_size(fields.size());
  const std::size_t first_field = size;
  for (const Field& field : fields) {
    size += stored_size(field);
  }
  SharedBytes body = allocate({static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(first_field),
                               static_cast<std::uint32_t>(fields.size())});
  Writer out(body.data() + sizeof(Index));
  out.byte(format_version);
  out.byte(static_cast<unsigned char>((head.ended ? ended_flag : 0U) | (head.coded ? coded_flag : 0U)));
  out.integer(head.generation);
  out.integer(head.version);
  out.integer(head.times.created);
  out.integer(head.times.written);
  out.integer(head.times.deadline);
  out.integer(head.times.expires);
  out.length(0);
  out.length(applied.size());
  for (const Applied& commit : applied) {
    out.integer(commit.writer);
    out.integer(commit.sequence);
    out.integer(commit.time);
  }
  out.length(fields.size());
  for (auto field = fields.begin(); field != fields.end(); ++field) {
    if (field->stored.empty()) {
      out.length(field->key.size());
      out.length(field->value.size());
      out.text(field->key);
      out.text(field->value);
      continue;
    }
    // What stands side by side is copied at once.
    const char* const first = field->stored.data();
    const char* end = first + field->stored.size();
    while (field + 1 != fields.end() && field[1].stored.data() == end) {
      ++field;
      end += field->stored.size();
    }
    out.text({first, static_cast<std::size_t>(end - first)});
  }
  body_ = std::move(body);
}

Error unreadable(Status status) {
  return {status, status == Status::newer ? "a stored session was written by a newer libsessions: update this one"
                                          : "a stored session is damaged, or was not written by libsessions: begin a "
                                            "new one, or destroy it, which deletes the cookie"};
}

Result<Record> Record::parse(std::string_view bytes) {
  if (bytes.empty() || bytes.size() > UINT32_MAX) {
    return unreadable(Status::corrupt);
  }
  const auto version = static_cast<unsigned char>(bytes.front());
  if (version > format_version && version <= last_version) {
    return unreadable(Status::newer);
  }
  Parser in(bytes);
  in.skip(head_size);
  in.skip(in.length());
  in.skip(in.length() * applied_size);
  const std::size_t field_count = in.length();
  const std::size_t first_field = bytes.size() - in.left();
  for (std::size_t i = 0; i < field_count && !in.failed(); ++i) {
    const std::size_t key_size = in.length();
    const std::size_t value_size = in.length();
    in.skip(key_size + value_size);
  }
  if (in.failed() || in.left() != 0 || version != format_version) {
    return unreadable(Status::corrupt);
  }
  SharedBytes body = allocate({static_cast<std::uint32_t>(bytes.size()), static_cast<std::uint32_t>(first_field),
                               static_cast<std::uint32_t>(field_count)});
  std::memcpy(body.data() + sizeof(Index), bytes.data(), bytes.size());
  Record record;
  record.body_ = std::move(body);
  return record;
}

Record::Head Record::head() const noexcept {
  const char* at = bytes().data();
  Head head;
  head.ended = (static_cast<unsigned char>(at[1]) & ended_flag) != 0;
  head.coded = (static_cast<unsigned char>(at[1]) & coded_flag) != 0;
  head.generation = integer_at<std::uint64_t>(at + 2);
  head.version = integer_at<std::uint64_t>(at + 10);
  head.times = {integer_at<std::int64_t>(at + 18), integer_at<std::int64_t>(at + 26), integer_at<std::int64_t>(at + 34),
                integer_at<std::int64_t>(at + 42)};
  return head;
}

std::int64_t Record::expires() const noexcept { return integer_at<std::int64_t>(bytes().data() + expires_at); }

std::vector<Applied> Record::applied() const {
  std::size_t length = 0;
  const char* at = trusted_length(bytes().data() + head_size, length);
  at = trusted_length(at + length, length);
  std::vector<Applied> applied;
  applied.reserve(length);
  for (; length != 0; --length, at += applied_size) {
    applied.push_back(
        {integer_at<std::uint64_t>(at), integer_at<std::uint64_t>(at + 8), integer_at<std::int64_t>(at + 16)});
  }
  return applied;
}

Record Record::with(const Head& head) const {
  const std::vector<Applied> applied = this->applied();
  std::vector<Field> fields;
  fields.reserve(field_count());
  Reader reader(*this);
  for (std::size_t i = 0; i < field_count(); ++i) {
    fields.push_back(reader.next());
  }
  return {head, applied, fields};
}

Record::Reader::Reader(const Record& record) noexcept : at_(record.bytes().data() + record.index().first_field) {}

Field Record::Reader::next() noexcept {
  const char* const first = at_;
  std::size_t key_size = 0;
  std::size_t value_size = 0;
  const char* const key = trusted_length(trusted_length(first, key_size), value_size);
  const char* const value = key + key_size;
  at_ = value + value_size;
  return {{key, key_size}, {value, value_size}, {first, static_cast<std::size_t>(at_ - first)}};
}

}  // namespace sessions::store
