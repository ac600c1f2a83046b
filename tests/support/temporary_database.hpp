// A SQLite database in a directory of its own, removed at the end.
#pragma once

#include <memory>
#include <new>
#include <stdexcept>
#include <store/sqlite.hpp>
#include <string>
#include <utility>

#include "temporary_directory.hpp"

namespace sessions::testing {

// A store in a fresh database, which goes with it.
inline std::shared_ptr<store::Store> open_fresh_sqlite() {
  struct Owned {
    TemporaryDirectory directory;
    std::shared_ptr<store::Store> store;
  };
  const auto owned = std::make_shared<Owned>();
  auto opened = store::open_sqlite({owned->directory.file("sessions.db"), {}, 4});
  if (!opened) {
    throw std::runtime_error(opened.error().message);
  }
  owned->store = std::move(*opened);
  return {owned, owned->store.get()};
}

}  // namespace sessions::testing
