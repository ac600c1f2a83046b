// The URLs of Redis: redis://, rediss:// and redis+unix://. Documented in <sessions/backend.h>.
#pragma once

#include <base/result.hpp>
#include <manager/url.hpp>
#include <store/redis/options.hpp>

namespace sessions::manager {

// Reads the file that the URL names for the password, if any.
Result<store::redis::Options> redis_options(const Url& url);

}  // namespace sessions::manager
