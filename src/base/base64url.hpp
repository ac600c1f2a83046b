// base64 in the alphabet that is safe in URLs and cookies: RFC 4648 section 5.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sessions {

enum class Padding { none, required };

// How many characters stand for that many bytes.
std::size_t base64url_size(std::size_t bytes, Padding padding) noexcept;

// Appends the text that stands for the bytes, which must not be part of out.
void base64url_append(std::string& out, std::string_view bytes, Padding padding);

// Replaces what is in `text` from `begin` on by the text that stands for it.
void base64url_encode(std::string& text, std::size_t begin, Padding padding);

// Decodes a text that base64url_append() could have written, and no other: exact padding, unused bits zero, no other
// characters. out is replaced, and holds anything when the result is false; the text must not be part of it.
bool base64url_decode(std::string_view text, Padding padding, std::string& out);

// The same into a buffer: returns how many bytes were written. None when the text is not such a text or does not fit,
// upon which the buffer holds anything; text.size() / 4 * 3 + 2 bytes always suffice.
std::optional<std::size_t> base64url_decode(std::string_view text, Padding padding, std::span<char> out) noexcept;

}  // namespace sessions
