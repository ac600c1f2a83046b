// What is built instead of sqlite.cpp when SESSIONS_WITH_SQLITE is off.
#include <store/sqlite.hpp>

namespace sessions::store {

Result<std::shared_ptr<Store>> open_sqlite(const SqliteOptions&) {
  return Error{Status::unsupported,
               "this build of libsessions has no sqlite: backend; build it with SESSIONS_WITH_SQLITE=ON"};
}

}  // namespace sessions::store
