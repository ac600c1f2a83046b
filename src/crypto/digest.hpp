// SHA-1 and SHA-256 of a few pieces of text.
#pragma once

#include <openssl/types.h>

#include <array>
#include <base/result.hpp>
#include <crypto/context_pool.hpp>
#include <initializer_list>
#include <memory>
#include <string_view>

namespace sessions::crypto {

enum class Algorithm { sha1, sha256 };

inline constexpr std::size_t sha1_size = 20;
inline constexpr std::size_t sha256_size = 32;

struct FreeDigest {
  void operator()(EVP_MD* digest) const noexcept;
  void operator()(EVP_MD_CTX* context) const noexcept;
};

using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigest>;

// Null when memory is short.
DigestContext new_digest_context() noexcept;

using DigestPool = ContextPool<DigestContext, new_digest_context>;

// Share freely between threads.
class Digest {
 public:
  // Fails with status internal when this OpenSSL, or its configuration, does not offer the algorithm.
  static Result<std::unique_ptr<Digest>> make(Algorithm algorithm);

  // Takes over a fetched algorithm.
  explicit Digest(EVP_MD* digest) : digest_(digest) {}

  // Makes a context one that has seen no text yet; none stands for one that could not be made. Throws std::bad_alloc.
  void begin(EVP_MD_CTX* context) const;

  // Writes the digest of the pieces, one after the other, to `out`, which has room for it. Throws std::bad_alloc.
  void compute(std::initializer_list<std::string_view> pieces, char* out) const;

 private:
  std::unique_ptr<EVP_MD, FreeDigest> digest_;
  mutable DigestPool contexts_;
};

}  // namespace sessions::crypto
