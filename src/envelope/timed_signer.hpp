// Signatures with a time stamp, as the Python package itsdangerous makes them: BODY "." TIME "." SIGNATURE.
//
// TIME is unpadded URL-safe base64 of the Unix time, big-endian without leading zero bytes; SIGNATURE that of an
// HMAC-SHA1 over everything before its dot. The key is SHA1(salt "signer" secret), which itsdangerous calls
// "django-concat".
#pragma once

#include <base/result.hpp>
#include <crypto/hmac.hpp>
#include <cstdint>
#include <envelope/envelope.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sessions::envelope {

class TimedSigner {
 public:
  // The first secret signs, all of them verify; there is at least one.
  static Result<TimedSigner> make(std::string_view salt, std::span<const std::string_view> secrets);

  // The body, a part of the token, and when it was signed. An age of exactly the lifetime is good, a time in the future
  // is not.
  struct Verified {
    std::string_view body;
    std::int64_t signed_at;
  };
  std::variant<Verified, Refusal> verify(std::string_view token, std::int64_t now, std::int64_t lifetime) const;

  // Turns a body, which is all from `begin` on, into a token.
  void sign(std::string& body, std::int64_t now, std::size_t begin = 0) const;

 private:
  explicit TimedSigner(std::vector<std::unique_ptr<crypto::Hmac>> keys) : keys_(std::move(keys)) {}

  std::vector<std::unique_ptr<crypto::Hmac>> keys_;
};

}  // namespace sessions::envelope
