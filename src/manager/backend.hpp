// Backends: what a URL opens.
#pragma once

#include <base/result.hpp>
#include <manager/config.hpp>
#include <memory>
#include <store/store.hpp>
#include <string>
#include <string_view>

namespace sessions::manager {

// The URL is documented in <sessions/backend.h>.
struct Backend {
  enum class Kind { store, plain_cookie, signed_cookie };

  Kind kind;
  std::shared_ptr<store::Store> store;  // of kind store
  std::string warning = {};             // for the log of whoever uses it; may be empty
};

// With the config's credentials for a store instead of the URL's, if there are any.
Result<Backend> open_backend(std::string_view url, const Config* config = nullptr);

}  // namespace sessions::manager
