#include <cookie/header.hpp>

namespace sessions::cookie {
namespace {

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

std::string_view trim_front(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
  return text;
}

std::string_view trim(std::string_view text) noexcept {
  text = trim_front(text);
  while (!text.empty() && is_blank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace

std::size_t find_values(std::string_view header, std::string_view name, std::span<std::string_view> values) noexcept {
  std::size_t found = 0;
  while (!header.empty()) {
    const std::string_view pair = header.substr(0, header.find(';'));
    header.remove_prefix(pair.size() == header.size() ? pair.size() : pair.size() + 1);

    const std::string_view named = trim_front(pair);
    if (name.empty() || !named.starts_with(name)) {
      continue;
    }
    const std::string_view rest = trim_front(named.substr(name.size()));
    if (!rest.starts_with('=')) {
      continue;
    }
    if (found < values.size()) {
      values[found] = trim(rest.substr(1));
    }
    ++found;
  }
  return found;
}

}  // namespace sessions::cookie
