#include <openssl/crypto.h>

#include <crypto/openssl.hpp>

namespace sessions::crypto {

void prepare_openssl() noexcept {
  // When this fails, so does all that follows, and says so.
  static_cast<void>(OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr));
}

}  // namespace sessions::crypto
