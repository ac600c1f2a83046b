// The store over <support/blob_store.h>, for tests that see the inside.
#pragma once

#include <capi/handles.hpp>
#include <memory>
#include <store/store.hpp>

#include "blob_store.h"

namespace sessions::testing {

inline std::shared_ptr<store::Store> open_custom(int ways) {
  sessions_backend* backend = nullptr;
  if (blob_store_open(ways, &backend, nullptr) != SESSIONS_OK) {
    return nullptr;
  }
  std::shared_ptr<store::Store> store = backend->backend.store;
  sessions_backend_free(backend);
  return store;
}

inline std::shared_ptr<store::Store> open_custom_at_once() { return open_custom(0); }
inline std::shared_ptr<store::Store> open_custom_later() { return open_custom(BLOB_LATER); }
inline std::shared_ptr<store::Store> open_changing_at_once() { return open_custom(BLOB_CHANGES); }
inline std::shared_ptr<store::Store> open_changing_later() { return open_custom(BLOB_CHANGES | BLOB_LATER); }

}  // namespace sessions::testing
