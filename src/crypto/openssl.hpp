// OpenSSL as a part of the process, which it shares with the host.
#pragma once

namespace sessions::crypto {

// To be called before anything is fetched from OpenSSL. Unless the host has used OpenSSL before, its memory is left to
// the end of the process: freeing it at exit() crashes programs that end while a thread that has used OpenSSL is ending
// too, or uses it still (openssl/openssl#6214).
void prepare_openssl() noexcept;

}  // namespace sessions::crypto
