// HMAC (RFC 2104) under one key.
#pragma once

#include <base/result.hpp>
#include <crypto/context_pool.hpp>
#include <crypto/digest.hpp>
#include <initializer_list>
#include <memory>
#include <string_view>

namespace sessions::crypto {

// Holds what the key has made of a digest's state, not the key. Share freely between threads.
//
// OpenSSL's own HMAC, the EVP_MAC, starts over by keying itself again: it takes a fifth more time for a session's worth
// of text (OpenSSL 3.0), which is most of what loading a signed cookie costs.
class Hmac {
 public:
  // Fails with status internal when this OpenSSL, or its configuration, does not offer the digest. Throws
  // std::bad_alloc.
  static Result<std::unique_ptr<Hmac>> make(Algorithm algorithm, std::string_view key);

  // Takes over the digest's states after the inner and the outer pad.
  Hmac(DigestContext inner, DigestContext outer, std::size_t size);

  // Writes the code of the pieces, one after the other, to `out`, which has room for it. Throws std::bad_alloc.
  void compute(std::initializer_list<std::string_view> pieces, char* out) const;

 private:
  DigestContext inner_;
  DigestContext outer_;
  std::size_t size_;
  mutable DigestPool contexts_;
};

}  // namespace sessions::crypto
