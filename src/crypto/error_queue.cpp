#include <openssl/err.h>

#include <crypto/error_queue.hpp>

namespace sessions::crypto {

ErrorQueueMark::ErrorQueueMark() noexcept { ERR_set_mark(); }

ErrorQueueMark::~ErrorQueueMark() { ERR_pop_to_mark(); }

}  // namespace sessions::crypto
