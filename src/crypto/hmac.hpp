// HMAC (RFC 2104) under one key.
#pragma once

#include <openssl/types.h>

#include <base/result.hpp>
#include <crypto/context_pool.hpp>
#include <crypto/digest.hpp>
#include <initializer_list>
#include <memory>
#include <string_view>

namespace sessions::crypto {

void free_mac_context(EVP_MAC_CTX* context);

// Holds a keyed context, not the key. Share freely between threads.
class Hmac {
 public:
  using Pool = ContextPool<EVP_MAC_CTX, free_mac_context>;

  // Fails with status internal when this OpenSSL, or its configuration, does not offer HMAC. Throws std::bad_alloc.
  static Result<std::unique_ptr<Hmac>> make(Algorithm algorithm, std::string_view key);

  // Takes over a context that has its key.
  explicit Hmac(Pool::Owned keyed) : keyed_(std::move(keyed)) {}

  // Writes the code of the pieces, one after the other, to `out`, which has room for it. Throws std::bad_alloc.
  void compute(std::initializer_list<std::string_view> pieces, char* out) const;

 private:
  Pool::Owned keyed_;
  mutable Pool idle_;
};

}  // namespace sessions::crypto
