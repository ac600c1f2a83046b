#include <algorithm>
#include <charconv>
#include <manager/url.hpp>

namespace sessions::manager {

namespace {

constexpr std::size_t most_name_bytes = 64;

bool is_scheme_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// What may be repeated in a message.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= most_name_bytes && std::all_of(text.begin(), text.end(), is_name_char);
}

std::string where(const Url& url) { return " in the backend URL \"" + std::string(url.scheme) + ":...\""; }

}  // namespace

Result<Url> parse_url(std::string_view text) {
  Url url;
  const std::size_t colon = text.find(':');
  url.scheme = text.substr(0, colon);
  if (colon == std::string_view::npos || colon == 0 || colon > most_name_bytes ||
      !std::all_of(url.scheme.begin(), url.scheme.end(), is_scheme_char)) {
    return Error{Status::invalid,
                 "the backend URL has no scheme: it begins like \"memory:\" or \"signed-cookie:\", in lower case"};
  }
  const std::size_t mark = text.find('?', colon);
  const std::size_t last_at = text.rfind('@');
  if (text.substr(colon + 1).starts_with("//") && last_at != std::string_view::npos && last_at > mark) {
    return Error{Status::invalid,
                 "\"?\" in a password, or \"@\" in a parameter" + where(url) + ", is written as %3F, or %40"};
  }
  url.rest = text.substr(colon + 1, mark == std::string_view::npos ? mark : mark - colon - 1);
  for (std::size_t separator = mark; separator != std::string_view::npos;) {
    const std::size_t begin = separator + 1;
    separator = text.find('&', begin);
    const std::string_view pair = text.substr(begin, separator - begin);
    const std::size_t equals = pair.find('=');
    const std::string_view name = pair.substr(0, equals);
    if (!is_name(name)) {
      return Error{Status::invalid,
                   "a parameter" + where(url) + " has no name made of letters, digits, \"_\" and \"-\""};
    }
    if (equals == std::string_view::npos) {
      return Error{Status::invalid,
                   "the parameter \"" + std::string(name) + "\"" + where(url) + " has no value: write name=value"};
    }
    const auto same_name = [name](const auto& parameter) { return parameter.first == name; };
    if (std::any_of(url.parameters.begin(), url.parameters.end(), same_name)) {
      return Error{Status::invalid, "the parameter \"" + std::string(name) + "\"" + where(url) + " is given twice"};
    }
    url.parameters.emplace_back(name, pair.substr(equals + 1));
  }
  return url;
}

Result<std::int64_t> to_number(const Url& url, std::string_view name, std::string_view value, std::int64_t least,
                               std::int64_t most) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < least || number > most) {
    return Error{Status::invalid, "the parameter \"" + std::string(name) + "\"" + where(url) +
                                      " must be a number from " + std::to_string(least) + " to " +
                                      std::to_string(most)};
  }
  return number;
}

Result<std::string> decode(const Url& url, std::string_view what, std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    int byte = static_cast<unsigned char>(text.front());
    std::size_t size = 1;
    if (byte == '%') {
      const std::string_view digits = text.substr(1, 2);
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
      size = error == std::errc() && end == digits.data() + 2 ? 3 : 0;
    }
    if (size == 0 || byte <= 0) {
      return Error{Status::invalid, "the " + std::string(what) + where(url) +
                                        " has a \"%\" that two hexadecimal digits other than 00 do "
                                        "not follow, or a NUL: write \"%25\" for \"%\""};
    }
    bytes += static_cast<char>(byte);
    text.remove_prefix(size);
  }
  return bytes;
}

Result<std::string> decode_path(const Url& url) {
  if (!url.rest.starts_with('/') || url.rest.starts_with("//")) {
    return Error{Status::invalid, "the backend URL needs the absolute path of a file, like \"" +
                                      std::string(url.scheme) + ":/var/lib/app/sessions.db\""};
  }
  return decode(url, "path", url.rest);
}

Error unknown_parameter(const Url& url, std::string_view name) {
  return {Status::invalid,
          "the parameter \"" + std::string(name) + "\"" + where(url) + " is unknown: see sessions/backend.h"};
}

}  // namespace sessions::manager
