// OpenSSL's EVP_DecodeBlock does not serve: it skips blanks, takes unused bits, and knows only the standard alphabet.
#include <algorithm>
#include <array>
#include <base/base64url.hpp>
#include <base/big_endian.hpp>
#include <cstdint>

namespace sessions {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Set in the tables for characters outside the alphabet; the 24 bits below are what a character contributes.
constexpr std::uint32_t bad = 1U << 31;

using DecodeTable = std::array<std::uint32_t, 256>;

constexpr DecodeTable make_decode_table(unsigned shift) {
  DecodeTable table{};
  table.fill(bad);
  for (std::uint32_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = i << shift;
  }
  return table;
}

// One for each place in a group of four characters, so that decoding a group is four look-ups and three ors.
constexpr DecodeTable first = make_decode_table(18);
constexpr DecodeTable second = make_decode_table(12);
constexpr DecodeTable third = make_decode_table(6);
constexpr DecodeTable fourth = make_decode_table(0);

using Pair = std::array<char, 2>;

constexpr std::array<Pair, 4096> make_encode_table() {
  std::array<Pair, 4096> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    table[i] = {alphabet[i >> 6], alphabet[i & 63]};
  }
  return table;
}

// The two characters of every 12 bits.
constexpr std::array<Pair, 4096> pairs = make_encode_table();

std::uint64_t byte_at(const char* in, std::size_t i) noexcept { return static_cast<unsigned char>(in[i]); }

char* put_pair(char* out, std::uint64_t bits) noexcept {
  const Pair& pair = pairs[bits & 0xfff];
  out[0] = pair[0];
  out[1] = pair[1];
  return out + 2;
}

void encode(const char* in, std::size_t left, Padding padding, char* out) noexcept {
  for (; left >= 8; in += 6, left -= 6) {
    const std::uint64_t bits = load_big_endian(in);
    out = put_pair(out, bits >> 52);
    out = put_pair(out, bits >> 40);
    out = put_pair(out, bits >> 28);
    out = put_pair(out, bits >> 16);
  }
  for (; left >= 3; in += 3, left -= 3) {
    const std::uint64_t bits = byte_at(in, 0) << 16 | byte_at(in, 1) << 8 | byte_at(in, 2);
    out = put_pair(out, bits >> 12);
    out = put_pair(out, bits);
  }
  if (left == 0) {
    return;
  }
  const std::uint64_t bits = byte_at(in, 0) << 16 | (left == 2 ? byte_at(in, 1) << 8 : 0);
  out = put_pair(out, bits >> 12);
  if (left == 2) {
    *out++ = alphabet[bits >> 6 & 63];
  }
  if (padding == Padding::required) {
    *out++ = '=';
    if (left == 1) {
      *out = '=';
    }
  }
}

std::uint32_t decode2(const char* in) noexcept { return first[byte_at(in, 0)] | second[byte_at(in, 1)]; }
std::uint32_t decode3(const char* in) noexcept { return decode2(in) | third[byte_at(in, 2)]; }
std::uint32_t decode4(const char* in) noexcept { return decode3(in) | fourth[byte_at(in, 3)]; }

void put3(char* out, std::uint32_t bits) noexcept {
  out[0] = static_cast<char>(bits >> 16 & 0xff);
  out[1] = static_cast<char>(bits >> 8 & 0xff);
  out[2] = static_cast<char>(bits & 0xff);
}

// Decodes text without padding; the room for it has been seen to. Looks at the error bit only once: valid texts are the
// rule, and a forged one is not worth a branch for every group.
bool decode(const char* in, std::size_t left, char* out) noexcept {
  std::uint32_t seen = 0;
  for (; left >= 8; in += 8, left -= 8, out += 6) {
    const std::uint32_t high = decode4(in);
    const std::uint32_t low = decode4(in + 4);
    seen |= high | low;
    put3(out, high);
    put3(out + 3, low);
  }
  if (left >= 4) {
    const std::uint32_t bits = decode4(in);
    seen |= bits;
    put3(out, bits);
    in += 4;
    left -= 4;
    out += 3;
  }
  std::uint32_t unused = 0;
  if (left == 2) {
    const std::uint32_t bits = decode2(in);
    seen |= bits;
    unused = bits & 0xffff;
    out[0] = static_cast<char>(bits >> 16 & 0xff);
  } else if (left == 3) {
    const std::uint32_t bits = decode3(in);
    seen |= bits;
    unused = bits & 0xff;
    out[0] = static_cast<char>(bits >> 16 & 0xff);
    out[1] = static_cast<char>(bits >> 8 & 0xff);
  }
  return left != 1 && (seen & bad) == 0 && unused == 0;
}

// How many bytes that many characters without padding stand for.
std::size_t decoded_size(std::size_t characters) noexcept { return characters / 4 * 3 + characters % 4 * 3 / 4; }

}  // namespace

std::size_t base64url_size(std::size_t bytes, Padding padding) noexcept {
  const std::size_t rest = bytes % 3;
  const std::size_t last = rest == 0 ? 0 : padding == Padding::required ? 4 : rest + 1;
  return bytes / 3 * 4 + last;
}

void base64url_append(std::string& out, std::string_view bytes, Padding padding) {
  const std::size_t before = out.size();
  out.resize(before + base64url_size(bytes.size(), padding));
  encode(bytes.data(), bytes.size(), padding, out.data() + before);
}

// The bytes are moved to the end of where their text will be: encode() reads a group before it writes one, and what it
// writes never gets ahead of what it has read.
void base64url_encode(std::string& text, std::size_t begin, Padding padding) {
  const std::size_t size = text.size() - begin;
  text.resize(begin + base64url_size(size, padding));
  char* const bytes = text.data() + text.size() - size;
  std::copy_backward(text.data() + begin, text.data() + begin + size, bytes + size);
  encode(bytes, size, padding, text.data() + begin);
}

bool base64url_decode(std::string_view text, Padding padding, std::string& out) {
  out.resize(decoded_size(text.size()));
  const std::optional<std::size_t> size = base64url_decode(text, padding, std::span<char>(out));
  out.resize(size.value_or(0));
  return size.has_value();
}

std::optional<std::size_t> base64url_decode(std::string_view text, Padding padding, std::span<char> out) noexcept {
  if (padding == Padding::required) {
    if (text.size() % 4 != 0) {
      return std::nullopt;
    }
    // What remains of more than two "=" is refused as a character outside the alphabet.
    for (int i = 0; i < 2 && text.ends_with('='); ++i) {
      text.remove_suffix(1);
    }
  }
  const std::size_t size = decoded_size(text.size());
  if (size > out.size() || !decode(text.data(), text.size(), out.data())) {
    return std::nullopt;
  }
  return size;
}

}  // namespace sessions
