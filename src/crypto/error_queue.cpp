#include <openssl/err.h>

#include <crypto/error_queue.hpp>

namespace sessions::crypto {

ErrorQueueMark::ErrorQueueMark() noexcept : is_set_(ERR_set_mark() == 1) {}

ErrorQueueMark::~ErrorQueueMark() {
  if (is_set_ || may_have_failed_) {
    ERR_pop_to_mark();
  }
}

}  // namespace sessions::crypto
