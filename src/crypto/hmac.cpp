#include <openssl/evp.h>

#include <algorithm>
#include <array>
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
Hmac::Context keyed(const Digest& digest, const std::array<char, block_size>& padded_key, char mask) {
  std::array<char, block_size> pad;
  std::transform(padded_key.begin(), padded_key.end(), pad.begin(),
                 [mask](char c) { return static_cast<char>(c ^ mask); });
  Hmac::Context context = digest.begin();
  const int success = EVP_DigestUpdate(context.get(), pad.data(), pad.size());
  wipe(pad);
  require(success);
  return context;
}

}  // namespace

Result<std::unique_ptr<Hmac>> Hmac::make(Algorithm algorithm, std::string_view key) {
  const ErrorQueueMark mark;
  const auto digest = Digest::make(algorithm);
  if (!digest) {
    return digest.error();
  }
  std::array<char, block_size> padded_key{};
  if (key.size() > block_size) {
    (*digest)->compute({key}, padded_key.data());
  } else {
    std::copy(key.begin(), key.end(), padded_key.begin());
  }
  Context inner = keyed(**digest, padded_key, 0x36);
  Context outer = keyed(**digest, padded_key, 0x5c);
  wipe(padded_key);
  return std::make_unique<Hmac>(std::move(inner), std::move(outer),
                                algorithm == Algorithm::sha1 ? sha1_size : sha256_size);
}

Hmac::Hmac(Context inner, Context outer, std::size_t size)
    : inner_(std::move(inner)), outer_(std::move(outer)), size_(size) {}

void Hmac::compute(std::initializer_list<std::string_view> pieces, char* out) const {
  const ErrorQueueMark mark;
  Context context = idle_.take();
  if (!context) {
    context.reset(EVP_MD_CTX_new());
    require(context != nullptr);
  }
  require(EVP_MD_CTX_copy_ex(context.get(), inner_.get()));
  for (const std::string_view piece : pieces) {
    require(EVP_DigestUpdate(context.get(), piece.data(), piece.size()));
  }
  require(EVP_DigestFinal_ex(context.get(), bytes(out), nullptr));
  require(EVP_MD_CTX_copy_ex(context.get(), outer_.get()));
  require(EVP_DigestUpdate(context.get(), out, size_));
  require(EVP_DigestFinal_ex(context.get(), bytes(out), nullptr));
  idle_.give(std::move(context));
}

}  // namespace sessions::crypto
