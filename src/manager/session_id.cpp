#include <algorithm>
#include <base/base64url.hpp>
#include <manager/config.hpp>
#include <manager/session_id.hpp>
#include <string>

namespace sessions::manager {

Result<SessionId> SessionId::random(const Config& config) {
  SessionId id;
  if (Result<void> filled = config.random(id.bytes_); !filled) {
    return filled.error();
  }
  std::string text;
  base64url_append(text, {id.bytes_.data(), id.bytes_.size()}, Padding::none);
  std::copy(text.begin(), text.end(), id.text_.begin());
  return id;
}

std::optional<SessionId> SessionId::parse(std::string_view value) noexcept {
  SessionId id;
  if (value.size() != cookie_value_size || !base64url_decode(value, Padding::none, id.bytes_)) {
    return std::nullopt;
  }
  std::copy(value.begin(), value.end(), id.text_.begin());
  return id;
}

store::Key SessionId::store_key(const crypto::Digest& sha256) const {
  store::Key key;
  sha256.compute({"libsessions id 1:", {bytes_.data(), bytes_.size()}}, key.data());
  return key;
}

}  // namespace sessions::manager
