#include <unistd.h>

#include <algorithm>
#include <base/random.hpp>

namespace sessions {

Result<void> system_random(std::span<char> bytes) {
  constexpr std::size_t most_per_call = 256;
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), most_per_call);
    if (getentropy(bytes.data(), size) != 0) {
      return Error{Status::random, "the system's random source failed, so no session id was made: try again later"};
    }
    bytes = bytes.subspan(size);
  }
  return {};
}

}  // namespace sessions
