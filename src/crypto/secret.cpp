#include <openssl/crypto.h>

#include <crypto/secret.hpp>

namespace sessions::crypto {

Secret::~Secret() { wipe(bytes_); }

void wipe(std::span<char> bytes) noexcept { OPENSSL_cleanse(bytes.data(), bytes.size()); }

bool equal(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace sessions::crypto
