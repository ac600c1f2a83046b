// What is built instead of the rest when SESSIONS_WITH_REDIS is off.
#include <store/redis/open.hpp>

namespace sessions::store::redis {

Result<Opened> open(const Options&) {
  return Error{Status::unsupported,
               "this build of libsessions has no redis: backends; build it with SESSIONS_WITH_REDIS=ON"};
}

}  // namespace sessions::store::redis
