// Backends: what a URL opens.
#pragma once

#include <base/result.hpp>
#include <memory>
#include <store/store.hpp>
#include <string_view>

namespace sessions::manager {

// The URL is documented in <sessions/backend.h>.
struct Backend {
  enum class Kind { store, plain_cookie, signed_cookie };

  Kind kind;
  std::shared_ptr<store::Store> store;  // of kind store
};

Result<Backend> open_backend(std::string_view url);

}  // namespace sessions::manager
