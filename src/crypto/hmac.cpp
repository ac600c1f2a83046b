#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <crypto/error_queue.hpp>
#include <crypto/hmac.hpp>
#include <new>
#include <string>

namespace sessions::crypto {

void free_mac_context(EVP_MAC_CTX* context) { EVP_MAC_CTX_free(context); }

Result<std::unique_ptr<Hmac>> Hmac::make(Algorithm algorithm, std::string_view key) {
  const ErrorQueueMark mark;
  std::string digest = algorithm == Algorithm::sha1 ? "SHA1" : "SHA256";
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  if (mac == nullptr) {
    return Error{Status::internal, "OpenSSL does not offer HMAC: see its configuration"};
  }
  Pool::Owned keyed(EVP_MAC_CTX_new(mac));
  EVP_MAC_free(mac);
  const std::array<OSSL_PARAM, 2> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), digest.size()),
      OSSL_PARAM_construct_end()};
  const auto* key_bytes = reinterpret_cast<const unsigned char*>(key.data());
  // The digest is there, whoever derives a key has used it: only memory can be missing.
  if (!keyed || EVP_MAC_init(keyed.get(), key_bytes, key.size(), parameters.data()) != 1) {
    throw std::bad_alloc();
  }
  return std::make_unique<Hmac>(std::move(keyed));
}

void Hmac::compute(std::initializer_list<std::string_view> pieces, char* out) const {
  const ErrorQueueMark mark;
  auto context = idle_.take();
  // A used context starts over with the key that it has; with the algorithm at hand only memory can be missing.
  if (context) {
    if (EVP_MAC_init(context.get(), nullptr, 0, nullptr) != 1) {
      throw std::bad_alloc();
    }
  } else {
    context.reset(EVP_MAC_CTX_dup(keyed_.get()));
    if (!context) {
      throw std::bad_alloc();
    }
  }
  for (const std::string_view piece : pieces) {
    if (EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(piece.data()), piece.size()) != 1) {
      throw std::bad_alloc();
    }
  }
  std::size_t written = 0;
  if (EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(out), &written,
                    EVP_MAC_CTX_get_mac_size(context.get())) != 1) {
    throw std::bad_alloc();
  }
  idle_.give(std::move(context));
}

}  // namespace sessions::crypto
