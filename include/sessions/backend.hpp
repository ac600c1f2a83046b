// Backends: where session content lives. All since 0.1.
#pragma once

#include <sessions/backend.h>

#include <sessions/border.hpp>
#include <sessions/config.hpp>
#include <sessions/custom.hpp>
#include <type_traits>

namespace sessions {
inline namespace v0 {

// Share freely between threads.
class Backend {
 public:
  using Handle = sessions_backend;

  // Opens what a URL names; <sessions/backend.h> says which there are. Fails as sessions_backend_open() does.
  static Result<Backend> open(std::string_view url) {
    return border::made<Backend>([&](sessions_backend** backend, sessions_error** error) {
      return sessions_backend_open(url.data(), url.size(), backend, error);
    });
  }

  // The same with the store's credentials from a config. Fails as sessions_backend_open_configured() does.
  static Result<Backend> open(std::string_view url, const Config& config) {
    return border::made<Backend>([&](sessions_backend** backend, sessions_error** error) {
      return sessions_backend_open_configured(url.data(), url.size(), config.handle(), backend, error);
    });
  }

  // Plugs in a store of the host's, which <sessions/custom.hpp> describes; it is moved in, and destroyed when the
  // backend, its managers, their sessions and all calls have gone. drops_expired: it drops expired blobs by itself.
  // Fails with Status::nomem.
  template <class Store>
  static Result<Backend> make_custom(Store store, bool drops_expired = false) {
    const sessions_custom_store table = border::store_table<Store>(drops_expired);
    sessions_backend* backend = nullptr;
    Result<void> ended =
        border::hand_over(std::move(store), [&](void* user_data, sessions_destroy_fn destroy, sessions_error** error) {
          return sessions_backend_new_custom(&table, user_data, destroy, &backend, error);
        });
    if (!ended) {
      return std::move(ended).error();
    }
    return Backend(backend);
  }

  // Takes over a handle of C.
  explicit Backend(sessions_backend* handle) noexcept : handle_(handle) {}

  sessions_backend* handle() const noexcept { return handle_.get(); }
  sessions_backend* release() noexcept { return handle_.release(); }

 private:
  border::Owned<sessions_backend, sessions_backend_free> handle_;
};

}  // namespace v0
}  // namespace sessions
