#include <base/base64url.hpp>
#include <manager/config.hpp>
#include <manager/session_id.hpp>

namespace sessions::manager {

Result<SessionId> SessionId::random(const Config& config) {
  SessionId id;
  if (Result<void> filled = config.random(id.bytes_); !filled) {
    return filled.error();
  }
  return id;
}

std::optional<SessionId> SessionId::parse(std::string_view value) noexcept {
  SessionId id;
  if (value.size() != cookie_value_size || !base64url_decode(value, Padding::none, id.bytes_)) {
    return std::nullopt;
  }
  return id;
}

void SessionId::append_to(std::string& text) const {
  base64url_append(text, {bytes_.data(), bytes_.size()}, Padding::none);
}

store::Key SessionId::store_key(const crypto::Digest& sha256) const {
  store::Key key;
  sha256.compute({"libsessions id 1:", {bytes_.data(), bytes_.size()}}, key.data());
  return key;
}

}  // namespace sessions::manager
