#include <cstring>
#include <json/characters.hpp>
#include <json/string.hpp>

namespace sessions::json {

namespace {

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
    case '\\':
      out += {'\\', c};
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += c < 0x10 ? '0' : '1';
      out += "0123456789abcdef"[c & 0xf];
  }
}

// The first byte from `at` on that must be escaped, or `end`.
const char* skip_clean(const char* at, const char* end) noexcept {
  for (;;) {
    at = skip_plain(at, end);
    if (at == end || static_cast<unsigned char>(*at) < 0x7f) {
      return at;
    }
    ++at;
  }
}

}  // namespace

std::size_t unescape(std::string_view inner, char* out) noexcept {
  const char* at = inner.data();
  const char* const end = at + inner.size();
  std::size_t size = 0;
  while (at != end) {
    const auto* stop = static_cast<const char*>(std::memchr(at, '\\', static_cast<std::size_t>(end - at)));
    stop = stop == nullptr ? end : stop;
    const auto run = static_cast<std::size_t>(stop - at);
    std::memmove(out + size, at, run);
    size += run;
    at = stop;
    if (at != end) {
      size += encode_utf8(decode_escape(at), out + size);
    }
  }
  return size;
}

void append_string(std::string& out, std::string_view utf8) {
  const char* at = utf8.data();
  const char* const end = at + utf8.size();
  out += '"';
  while (at != end) {
    const char* stop = skip_clean(at, end);
    out.append(at, static_cast<std::size_t>(stop - at));
    at = stop;
    if (at != end) {
      append_escaped(out, *at++);
    }
  }
  out += '"';
}

}  // namespace sessions::json
