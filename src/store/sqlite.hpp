// A store in one SQLite database: it survives restarts, and all processes of one machine share it.
#pragma once

#include <base/result.hpp>
#include <cstddef>
#include <memory>
#include <store/store.hpp>
#include <string>

namespace sessions::store {

struct SqliteOptions {
  // How much of what was committed a power cut may take; a process that dies takes nothing. See <sessions/backend.h>.
  enum class Synchronous { off, normal, full };

  std::string path;  // absolute
  Synchronous synchronous = Synchronous::normal;
  std::size_t connections = 4;
};

// Opens the database, which is made when there is none. Answers come at once, from the caller's thread. Status
// unsupported when this build has no SQLite.
Result<std::shared_ptr<Store>> open_sqlite(const SqliteOptions& options);

}  // namespace sessions::store
