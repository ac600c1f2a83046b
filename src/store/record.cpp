#include <cstring>
#include <store/record.hpp>

namespace sessions::store {

namespace {

std::size_t length_size(std::size_t length) noexcept {
  std::size_t size = 1;
  while (length >= 0x80) {
    length >>= 7U;
    ++size;
  }
  return size;
}

char* write_length(char* at, std::size_t length) noexcept {
  while (length >= 0x80) {
    *at++ = static_cast<char>((length & 0x7fU) | 0x80U);
    length >>= 7U;
  }
  *at++ = static_cast<char>(length);
  return at;
}

char* write_text(char* at, std::string_view text) noexcept {
  if (!text.empty()) {
    std::memcpy(at, text.data(), text.size());
  }
  return at + text.size();
}

const char* read_length(const char* at, std::size_t& length) noexcept {
  length = 0;
  unsigned shift = 0;
  unsigned char byte = 0;
  do {
    byte = static_cast<unsigned char>(*at++);
    length |= static_cast<std::size_t>(byte & 0x7fU) << shift;
    shift += 7;
  } while ((byte & 0x80U) != 0);
  return at;
}

}  // namespace

Record::Record(const Times& times, std::span<const Field> fields) {
  std::size_t text_bytes = 0;
  for (const Field& field : fields) {
    text_bytes +=
        length_size(field.key.size()) + length_size(field.value.size()) + field.key.size() + field.value.size();
  }
  auto body = std::make_shared_for_overwrite<char[]>(sizeof(Head) + text_bytes);
  const Head head{times, static_cast<std::uint32_t>(fields.size()), static_cast<std::uint32_t>(text_bytes)};
  std::memcpy(body.get(), &head, sizeof head);
  char* at = body.get() + sizeof head;
  for (const Field& field : fields) {
    at = write_length(at, field.key.size());
    at = write_length(at, field.value.size());
    at = write_text(at, field.key);
    at = write_text(at, field.value);
  }
  body_ = std::move(body);
}

Record Record::at(const Times& times) const {
  auto body = std::make_shared_for_overwrite<char[]>(bytes());
  std::memcpy(body.get(), body_.get(), bytes());
  std::memcpy(body.get(), &times, sizeof times);
  Record copy;
  copy.body_ = std::move(body);
  return copy;
}

Record::Head Record::head() const noexcept {
  Head head;
  std::memcpy(&head, body_.get(), sizeof head);
  return head;
}

Record::Reader::Reader(const Record& record) noexcept : at_(record.text()) {}

Field Record::Reader::next() noexcept {
  std::size_t key_size = 0;
  std::size_t value_size = 0;
  at_ = read_length(at_, key_size);
  at_ = read_length(at_, value_size);
  const Field field{{at_, key_size}, {at_ + key_size, value_size}};
  at_ += key_size + value_size;
  return field;
}

}  // namespace sessions::store
