// Hashes as a server has them, for tests that play one.
#pragma once

#include <string>
#include <string_view>

namespace sessions::testing {

// The bytes that digits stand for, two each; other characters only separate them.
inline std::string from_hex(std::string_view text) {
  const std::string_view digits = "0123456789abcdef";
  std::string bytes;
  bool is_second = false;
  for (const char c : text) {
    const std::size_t digit = digits.find(c);
    if (digit == std::string_view::npos) {
      continue;
    }
    if (is_second) {
      bytes.back() = static_cast<char>(static_cast<unsigned char>(bytes.back()) * 16U + digit);
    } else {
      bytes += static_cast<char>(digit);
    }
    is_second = !is_second;
  }
  return bytes;
}

// Of generation 255 and version 12, for a hash of this tag.
inline std::string golden_head(std::string_view tag = "AQIAAAAA") {
  std::string head = "1-";
  head += tag;
  return head + from_hex(
                    "00000000000000ff 00000000000c"  // generation, version
                    "00006553f100 ffffffffffff"      // created, deadline
                    "00006553f105 00006553f4e8"      // written, expires
                    "000000000003 000000000015");    // next, bytes
}

}  // namespace sessions::testing
