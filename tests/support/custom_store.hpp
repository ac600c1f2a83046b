// The store over <support/blob_store.h>, for tests that see the inside.
#pragma once

#include <capi/handles.hpp>
#include <memory>
#include <store/store.hpp>

#include "blob_store.h"

namespace sessions::testing {

inline std::shared_ptr<store::Store> open_custom(bool has_thread) {
  sessions_backend* backend = nullptr;
  if (blob_store_open(has_thread ? 1 : 0, &backend, nullptr) != SESSIONS_OK) {
    return nullptr;
  }
  std::shared_ptr<store::Store> store = backend->backend.store;
  sessions_backend_free(backend);
  return store;
}

inline std::shared_ptr<store::Store> open_custom_at_once() { return open_custom(false); }
inline std::shared_ptr<store::Store> open_custom_later() { return open_custom(true); }

}  // namespace sessions::testing
