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

void Plain::seal(std::string& line, std::size_t begin, std::int64_t) const {
  base64url_encode(line, begin, Padding::required);
}

}  // namespace sessions::envelope
