// Session ids: 256 random bits, made here and never taken from a client. The cookie holds the id, a store only its
// digest.
#pragma once

#include <array>
#include <base/result.hpp>
#include <crypto/digest.hpp>
#include <optional>
#include <store/store.hpp>
#include <string_view>

namespace sessions::manager {

class Config;

class SessionId {
 public:
  static Result<SessionId> random(const Config& config);

  // What a cookie's value stands for: 43 characters of URL-safe base64. None when it is not one of ours in its only
  // spelling.
  static std::optional<SessionId> parse(std::string_view value) noexcept;

  // That value.
  std::string_view text() const noexcept { return {text_.data(), text_.size()}; }

  store::Key store_key(const crypto::Digest& sha256) const;

  static constexpr std::size_t cookie_value_size = 43;

 private:
  std::array<char, 32> bytes_{};
  std::array<char, cookie_value_size> text_{};
};

}  // namespace sessions::manager
