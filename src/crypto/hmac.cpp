#include <openssl/evp.h>

#include <algorithm>
#include <crypto/error_queue.hpp>
#include <crypto/hmac.hpp>
#include <crypto/secret.hpp>
#include <new>

namespace sessions::crypto {

namespace {

constexpr std::size_t block_size = 64;  // of SHA-1 and SHA-256

// With the algorithm at hand only memory can be missing.
void require(int success) {
  if (success != 1) {
    throw std::bad_alloc();
  }
}

unsigned char* bytes(char* text) noexcept { return reinterpret_cast<unsigned char*>(text); }

// The key, padded and masked by `mask`, is what the digest starts with.
DigestContext keyed(const Digest& digest, std::string_view padded_key, char mask) {
  SecretArray<block_size> pad;
  std::transform(padded_key.begin(), padded_key.end(), pad.bytes.begin(),
                 [mask](char c) { return static_cast<char>(c ^ mask); });
  DigestContext context = new_digest_context();
  digest.begin(context.get());
  require(EVP_DigestUpdate(context.get(), pad.bytes.data(), pad.bytes.size()));
  return context;
}

}  // namespace

Result<std::unique_ptr<Hmac>> Hmac::make(Algorithm algorithm, std::string_view key) {
  const ErrorQueueMark mark;
  const auto digest = Digest::make(algorithm);
  if (!digest) {
    return digest.error();
  }
  SecretArray<block_size> padded_key;
  if (key.size() > block_size) {
    (*digest)->compute({key}, padded_key.bytes.data());
  } else {
    std::copy(key.begin(), key.end(), padded_key.bytes.begin());
  }
  DigestContext inner = keyed(**digest, padded_key.view(), 0x36);
  DigestContext outer = keyed(**digest, padded_key.view(), 0x5c);
  return std::make_unique<Hmac>(std::move(inner), std::move(outer),
                                algorithm == Algorithm::sha1 ? sha1_size : sha256_size);
}

Hmac::Hmac(DigestContext inner, DigestContext outer, std::size_t size)
    : inner_(std::move(inner)), outer_(std::move(outer)), size_(size) {}

void Hmac::compute(std::initializer_list<std::string_view> pieces, char* out) const {
  ErrorQueueMark mark;
  const DigestPool::Lease context = contexts_.take();
  require(context.get() != nullptr ? 1 : 0);
  require(EVP_MD_CTX_copy_ex(context.get(), inner_.get()));
  for (const std::string_view piece : pieces) {
    require(EVP_DigestUpdate(context.get(), piece.data(), piece.size()));
  }
  require(EVP_DigestFinal_ex(context.get(), bytes(out), nullptr));
  require(EVP_MD_CTX_copy_ex(context.get(), outer_.get()));
  require(EVP_DigestUpdate(context.get(), out, size_));
  require(EVP_DigestFinal_ex(context.get(), bytes(out), nullptr));
  mark.nothing_failed();
}

}  // namespace sessions::crypto
