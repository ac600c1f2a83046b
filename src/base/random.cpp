#include <unistd.h>

#include <algorithm>
#include <array>
#include <base/random.hpp>
#include <bit>

namespace sessions {

Result<void> system_random(std::span<char> bytes) {
  constexpr std::size_t most_per_call = 256;
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), most_per_call);
    if (getentropy(bytes.data(), size) != 0) {
      return Error{Status::random, "the system's random source failed, so nothing was written: try again later"};
    }
    bytes = bytes.subspan(size);
  }
  return {};
}

Result<std::uint64_t> system_number() {
  std::array<char, sizeof(std::uint64_t)> bytes{};
  if (Result<void> drawn = system_random(bytes); !drawn) {
    return std::move(drawn.error());
  }
  return std::bit_cast<std::uint64_t>(bytes);
}

}  // namespace sessions
