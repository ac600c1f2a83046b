// Is this text well-formed UTF-8 (RFC 3629)?
#pragma once

#include <cstddef>
#include <string_view>

namespace sessions {

// The offset of the first byte that is not part of a well-formed sequence, or text.size().
std::size_t utf8_prefix(std::string_view text) noexcept;

inline bool is_utf8(std::string_view text) noexcept { return utf8_prefix(text) == text.size(); }

}  // namespace sessions
