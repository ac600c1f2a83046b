#include <json/characters.hpp>
#include <json/python.hpp>

namespace sessions::json {

namespace {

void append_unit(std::string& out, char32_t unit) {
  constexpr const char* hex = "0123456789abcdef";
  out += {'\\', 'u', hex[unit >> 12 & 0xf], hex[unit >> 8 & 0xf], hex[unit >> 4 & 0xf], hex[unit & 0xf]};
}

void append_character(std::string& out, char32_t character) {
  switch (character) {
    case U'"':
    case U'\\':
      out += {'\\', static_cast<char>(character)};
      return;
    case U'\b':
      out += "\\b";
      return;
    case U'\f':
      out += "\\f";
      return;
    case U'\n':
      out += "\\n";
      return;
    case U'\r':
      out += "\\r";
      return;
    case U'\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (character >= 0x20 && character < 0x7f) {
    out += static_cast<char>(character);
  } else if (character < 0x10000) {
    append_unit(out, character);
  } else {
    append_unit(out, 0xd800 + ((character - 0x10000) >> 10));
    append_unit(out, 0xdc00 + (character & 0x3ff));
  }
}

// Appends the string that begins at `at`, behind its quote, and moves behind the closing one.
void append_rewritten(std::string& out, const char*& at, const char* end) {
  out += '"';
  for (;;) {
    const char* stop = skip_plain(at, end);
    out.append(at, static_cast<std::size_t>(stop - at));
    at = stop;
    if (*at == '"') {
      break;
    }
    append_character(out, *at == '\\' ? decode_escape(at) : decode_utf8(at));
  }
  ++at;
  out += '"';
}

}  // namespace

void append_python(std::string& out, std::string_view valid) {
  if (valid.front() != '"' && valid.front() != '[' && valid.front() != '{') {
    out += valid;
    return;
  }
  const char* at = valid.data();
  const char* const end = at + valid.size();
  out.reserve(out.size() + valid.size() + valid.size() / 8);
  while (at != end) {
    const char c = *at++;
    switch (c) {
      case '"':
        append_rewritten(out, at, end);
        break;
      case ',':
        out += ", ";
        break;
      case ':':
        out += ": ";
        break;
      case ' ':
      case '\n':
      case '\r':
      case '\t':
        break;
      default:
        out += c;
    }
  }
}

void append_python_string(std::string& out, std::string_view utf8) {
  const char* at = utf8.data();
  const char* const end = at + utf8.size();
  out += '"';
  while (at != end) {
    const char* stop = skip_plain(at, end);
    out.append(at, static_cast<std::size_t>(stop - at));
    at = stop;
    if (at != end) {
      append_character(out, decode_utf8(at));
    }
  }
  out += '"';
}

}  // namespace sessions::json
