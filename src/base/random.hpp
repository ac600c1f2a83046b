// Randomness: the source that session ids are made from.
#pragma once

#include <base/result.hpp>
#include <cstdint>
#include <functional>
#include <span>

namespace sessions {

// Fills the bytes, or says why it could not; then nothing of them may be used.
using RandomSource = std::function<Result<void>(std::span<char>)>;

// The operating system's: getentropy(3), which keeps no state that a fork could duplicate.
Result<void> system_random(std::span<char> bytes);

// 64 bits of it.
Result<std::uint64_t> system_number();

}  // namespace sessions
