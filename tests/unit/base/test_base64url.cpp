#include <algorithm>
#include <array>
#include <base/base64url.hpp>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "../../support/catch.hpp"

using namespace sessions;

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// The definition, bit by bit, to compare the tables with.
std::string slow_encode(std::string_view bytes, Padding padding) {
  std::string text;
  unsigned bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = (bits << 8 | static_cast<unsigned char>(c)) & 0xffff;
    for (held += 8; held >= 6; held -= 6) {
      text += alphabet[bits >> (held - 6) & 63];
    }
  }
  if (held > 0) {
    text += alphabet[bits << (6 - held) & 63];
  }
  while (padding == Padding::required && text.size() % 4 != 0) {
    text += '=';
  }
  return text;
}

std::string encode(std::string_view bytes, Padding padding) {
  std::string text;
  base64url_append(text, bytes, padding);
  return text;
}

bool is_refused(std::string_view text, Padding padding) {
  std::string out = "what was there before";
  std::array<char, 64> buffer{};
  const bool string_refuses = !base64url_decode(text, padding, out);
  const bool span_refuses = text.size() <= buffer.size() && !base64url_decode(text, padding, std::span<char>(buffer));
  return string_refuses && (span_refuses || text.size() > buffer.size());
}

std::string random_bytes(std::mt19937& random, std::size_t size) {
  std::string bytes(size, '\0');
  std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<char>(random() & 0xff); });
  return bytes;
}

}  // namespace

TEST_CASE("base64url encodes and decodes the examples of RFC 4648", "[base64url]") {
  struct Example {
    std::string_view bytes;
    std::string_view padded;
  };
  const auto example = GENERATE(Example{"", ""}, Example{"f", "Zg=="}, Example{"fo", "Zm8="}, Example{"foo", "Zm9v"},
                                Example{"foob", "Zm9vYg=="}, Example{"fooba", "Zm9vYmE="},
                                Example{"foobar", "Zm9vYmFy"}, Example{"\xfb\xff\xbf", "-_-_"});
  const std::string_view bare = example.padded.substr(0, example.padded.find('='));
  CHECK(encode(example.bytes, Padding::required) == example.padded);
  CHECK(encode(example.bytes, Padding::none) == bare);

  std::string out = "what was there before";
  CHECK(base64url_decode(example.padded, Padding::required, out));
  CHECK(out == example.bytes);
  out = "what was there before";
  CHECK(base64url_decode(bare, Padding::none, out));
  CHECK(out == example.bytes);
}

TEST_CASE("base64url appends to what is there", "[base64url]") {
  std::string text = "id.";
  base64url_append(text, "foob", Padding::none);
  base64url_append(text, "", Padding::required);
  CHECK(text == "id.Zm9vYg");
}

TEST_CASE("base64url goes there and back at every length", "[base64url]") {
  constexpr std::uint32_t seed = 20240607;
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto padding = GENERATE(Padding::none, Padding::required);
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string bytes = random_bytes(random, size);
    const std::string text = encode(bytes, padding);
    CAPTURE(size);
    REQUIRE(text == slow_encode(bytes, padding));
    REQUIRE(text.size() == base64url_size(size, padding));
    std::string out;
    REQUIRE(base64url_decode(text, padding, out));
    REQUIRE(out == bytes);
  }
}

TEST_CASE("base64url refuses every byte outside the alphabet, at every place", "[base64url]") {
  const auto size = GENERATE(as<std::size_t>(), 2, 3, 4, 6, 7, 8, 10, 11, 12, 16, 22);
  const std::string good(size, 'A');
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool is_in_alphabet = alphabet.find(c) != std::string_view::npos;
    for (std::size_t place = 0; place < size; ++place) {
      // Unused bits of the last character have a test of their own.
      if (is_in_alphabet && place + 1 == size && size % 4 != 0) {
        continue;
      }
      std::string text = good;
      text[place] = c;
      CAPTURE(size, byte, place);
      REQUIRE(is_refused(text, Padding::none) != is_in_alphabet);
    }
  }
}

TEST_CASE("base64url has one text only for the same bytes", "[base64url]") {
  const std::string prefix = GENERATE("", "Zm9v", "Zm9vYmFy", "Zm9vYmFyZm9v");
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    const std::string two = prefix + "A" + alphabet[i];
    const std::string three = prefix + "AA" + alphabet[i];
    CAPTURE(two, three);
    CHECK(is_refused(two, Padding::none) == (i % 16 != 0));
    CHECK(is_refused(two + "==", Padding::required) == (i % 16 != 0));
    CHECK(is_refused(three, Padding::none) == (i % 4 != 0));
    CHECK(is_refused(three + "=", Padding::required) == (i % 4 != 0));
  }
}

TEST_CASE("base64url refuses wrong padding, blanks and impossible lengths", "[base64url]") {
  const auto bare = GENERATE("A", "Zm9vA", "Zg==", "Zg=", "Zm8=", "Zm9v=", "Zm9v====", "=",
                             "==", "===", "====", " Zm9v", "Zm9v\n", "Zm 9v", "Zm9v\r\n", "+/+/", "Zm9vYm==");
  CHECK(is_refused(bare, Padding::none));
  const auto padded = GENERATE("Zg", "Zg=", "Zg===", "Zg====", "Zm8", "Zm8==", "Z===", "=",
                               "==", "===", "====", "Zm9v=", "Zm9v==", "Zm9v===", "Zm9v====", "Zg==Zm9v", "Zm=v",
                               "Z=8=", "=Zm9", "Zm9v\n", " Zm8=", "Zg= =", "Zg==\n", "+/+/", "A", "Zm9vA");
  CHECK(is_refused(padded, Padding::required));
  CHECK(is_refused(std::string_view("Zg\0=", 4), Padding::required));
  CHECK(is_refused(std::string_view("Zm9v\0", 5), Padding::none));
}

TEST_CASE("base64url refuses one wrong byte in a long text", "[base64url]") {
  const std::string good = encode(std::string(467, 'x'), Padding::none);
  for (std::size_t place = 0; place < good.size(); ++place) {
    std::string text = good;
    text[place] = '.';
    CAPTURE(place);
    REQUIRE(is_refused(text, Padding::none));
  }
}

TEST_CASE("base64url writes into a buffer that is just large enough, and nothing behind it", "[base64url]") {
  const auto padding = GENERATE(Padding::none, Padding::required);
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string bytes(size, '\x5a');
    const std::string text = encode(bytes, padding);
    std::string buffer(size + 8, '#');
    CAPTURE(size);
    REQUIRE(base64url_decode(text, padding, std::span<char>(buffer.data(), size)) == size);
    REQUIRE(buffer == bytes + "########");
    if (size > 0) {
      REQUIRE_FALSE(base64url_decode(text, padding, std::span<char>(buffer.data(), size - 1)).has_value());
      REQUIRE(buffer.substr(size) == "########");
    }
  }
}
