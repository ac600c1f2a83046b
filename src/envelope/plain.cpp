#include <base/base64url.hpp>
#include <envelope/plain.hpp>

namespace sessions::envelope {

std::variant<Opened, Refusal> Plain::open(std::string_view value, std::int64_t, std::int64_t) const {
  Opened opened{};
  if (value.empty() || !base64url_decode(value, Padding::required, opened.text)) {
    return Refusal::malformed;
  }
  return opened;
}

std::string Plain::seal(std::string_view text, std::int64_t) const {
  std::string value;
  base64url_append(value, text, Padding::required);
  return value;
}

}  // namespace sessions::envelope
