// Integers as bytes, the highest first. Written so that compilers make one load or store and one byte swap of it.
#pragma once

#include <array>
#include <cstdint>

namespace sessions {

inline std::uint64_t load_big_endian(const char* in) noexcept {
  const auto byte = [in](unsigned i) { return std::uint64_t{static_cast<unsigned char>(in[i])}; };
  return byte(0) << 56U | byte(1) << 48U | byte(2) << 40U | byte(3) << 32U | byte(4) << 24U | byte(5) << 16U |
         byte(6) << 8U | byte(7);
}

inline std::array<char, sizeof(std::uint64_t)> to_big_endian(std::uint64_t number) noexcept {
  const auto byte = [number](unsigned shift) { return static_cast<char>(number >> shift & 0xffU); };
  return {byte(56), byte(48), byte(40), byte(32), byte(24), byte(16), byte(8), byte(0)};
}

}  // namespace sessions
