/* Preloaded into programs that valgrind looks at: a host that has used OpenSSL before the library did, so that OpenSSL
 * frees at exit all that it holds, and whatever is left is ours. */
#include <openssl/crypto.h>

__attribute__((constructor)) static void use_openssl(void) {
  OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL);
}
