// JSON strings: from text to characters and back.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sessions::json {

// Decodes what stands between the quotes of a valid string into `out`, which has room for inner.size() bytes and may be
// inner.data() itself. Returns the number of bytes written, never more than inner.size().
std::size_t unescape(std::string_view inner, char* out) noexcept;

// Appends UTF-8 text as a JSON string with its quotes, escaping only what RFC 8259 demands (short forms where there are
// some).
void append_string(std::string& out, std::string_view utf8);

}  // namespace sessions::json
