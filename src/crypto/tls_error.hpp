// What OpenSSL's errors mean to somebody who configures TLS.
#pragma once

#include <base/result.hpp>
#include <string>

struct ssl_st;

namespace sessions::crypto {

// These read the error queue, which has to hold ours alone, and empty it.

// The code of the error behind the others. Throws std::bad_alloc when it was memory: also when there is no error, for
// which there was none.
unsigned long take_cause();

// In OpenSSL's words.
std::string reason_of(unsigned long cause);

// Why this connection has failed. Throws std::bad_alloc.
Error tls_failure(ssl_st* ssl);

}  // namespace sessions::crypto
