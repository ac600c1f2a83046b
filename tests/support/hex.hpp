// Bytes as text.
#pragma once

#include <string>
#include <string_view>

namespace sessions::testing {

inline std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    text += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4U];
    text += "0123456789abcdef"[static_cast<unsigned char>(byte) & 0xfU];
  }
  return text;
}

}  // namespace sessions::testing
