// The characters of JSON strings: runs that need no care, escapes, UTF-8. All of valid text.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sessions::json {

// Plain is what every writer copies as it stands. 0x7f is not: Python escapes it.
inline bool is_plain(char c) noexcept { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

// The first byte from `at` on that is not plain, or `end`. Looks at eight bytes at a time.
inline const char* skip_plain(const char* at, const char* end) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t tops = 0x8080808080808080U;
  while (end - at >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    const std::uint64_t quote = word ^ (ones * '"');
    const std::uint64_t backslash = word ^ (ones * '\\');
    // The lowest byte whose top bit is set is the first that is not plain; borrow and carry only reach bytes above it.
    const std::uint64_t found = ((word + ones) | (word - ones * 0x20) | (quote - ones) | (backslash - ones)) & tops;
    if (found == 0) {
      at += sizeof word;
      continue;
    }
    if constexpr (std::endian::native == std::endian::little) {
      return at + std::countr_zero(found) / 8;
    }
    break;
  }
  while (at != end && is_plain(*at)) {
    ++at;
  }
  return at;
}

// The value of four hex digits.
inline char32_t hex4(const char* digits) noexcept {
  char32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const int c = static_cast<unsigned char>(digits[i]);
    value = value << 4 | static_cast<char32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return value;
}

// Decodes the escape at `at`, or two of them when they are a pair, and moves behind it.
inline char32_t decode_escape(const char*& at) noexcept {
  const char kind = at[1];
  at += 2;
  switch (kind) {
    case 'b':
      return U'\b';
    case 'f':
      return U'\f';
    case 'n':
      return U'\n';
    case 'r':
      return U'\r';
    case 't':
      return U'\t';
    case 'u':
      break;
    default:
      return static_cast<unsigned char>(kind);
  }
  const char32_t unit = hex4(at);
  at += 4;
  if (unit < 0xd800 || unit > 0xdbff) {
    return unit;
  }
  const char32_t second = hex4(at + 2);
  at += 6;
  return 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00);
}

// Decodes the UTF-8 sequence at `at` and moves behind it.
inline char32_t decode_utf8(const char*& at) noexcept {
  const auto next = [&at] { return static_cast<char32_t>(static_cast<unsigned char>(*at++)); };
  const char32_t lead = next();
  if (lead < 0x80) {
    return lead;
  }
  const int more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  char32_t character = lead & (0x3fU >> more);
  for (int i = 0; i < more; ++i) {
    character = character << 6 | (next() & 0x3fU);
  }
  return character;
}

// Writes a character as UTF-8, at most four bytes. Returns their number.
inline std::size_t encode_utf8(char32_t character, char* out) noexcept {
  if (character < 0x80) {
    out[0] = static_cast<char>(character);
    return 1;
  }
  const std::size_t length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
  for (std::size_t i = length - 1; i > 0; --i) {
    out[i] = static_cast<char>(0x80U | (character & 0x3fU));
    character >>= 6;
  }
  out[0] = static_cast<char>((0xf00U >> length & 0xf0U) | character);
  return length;
}

}  // namespace sessions::json
