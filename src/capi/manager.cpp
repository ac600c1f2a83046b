#include <sessions.h>

#include <capi/guard.hpp>
#include <capi/handles.hpp>
#include <manager/upkeep.hpp>

using namespace sessions;

namespace {

using Load = Result<void> (manager::Session::*)(std::string_view);

sessions_status load_new(const sessions_manager* manager, std::string_view name, const char* text, size_t length,
                         sessions_session** session, sessions_error** error, Load load) noexcept {
  return capi::guard(error, [&]() -> Result<void> {
    if (session == nullptr) {
      return capi::null_argument("session");
    }
    *session = nullptr;
    if (manager == nullptr) {
      return capi::null_argument("manager");
    }
    const Result<std::string_view> cookie = capi::text(name, text, length);
    if (!cookie) {
      return cookie.error();
    }
    auto made = std::make_unique<sessions_session>(manager->manager);
    Result<void> loaded = (made->idle()->*load)(*cookie);
    if (loaded) {
      *session = made.release();
    }
    return loaded;
  });
}

}  // namespace

sessions_status sessions_manager_new(sessions_backend* backend, const sessions_config* config,
                                     sessions_manager** manager, sessions_error** error) {
  return capi::guard(error, [&]() -> Result<void> {
    if (manager == nullptr) {
      return capi::null_argument("manager");
    }
    *manager = nullptr;
    if (backend == nullptr) {
      return capi::null_argument("backend");
    }
    const manager::Config defaults;
    auto made = manager::Manager::make(backend->backend, config == nullptr ? defaults : config->config);
    if (!made) {
      return made.error();
    }
    *manager = std::make_unique<sessions_manager>(sessions_manager{std::move(*made)}).release();
    return {};
  });
}

void sessions_manager_free(sessions_manager* manager) { const std::unique_ptr<sessions_manager> owned(manager); }

sessions_status sessions_manager_load(const sessions_manager* manager, const char* cookie_header,
                                      size_t cookie_header_len, sessions_session** session, sessions_error** error) {
  return load_new(manager, "cookie_header", cookie_header, cookie_header_len, session, error,
                  &manager::Session::load_header);
}

sessions_status sessions_manager_load_value(const sessions_manager* manager, const char* cookie_value,
                                            size_t cookie_value_len, sessions_session** session,
                                            sessions_error** error) {
  return load_new(manager, "cookie_value", cookie_value, cookie_value_len, session, error,
                  &manager::Session::load_value);
}

sessions_status sessions_manager_ping(const sessions_manager* manager, sessions_error** error) {
  return capi::guard(error, [&]() -> Result<void> {
    return manager == nullptr ? capi::null_argument("manager") : manager::ping(*manager->manager);
  });
}

sessions_status sessions_manager_sweep(const sessions_manager* manager, int64_t most, int64_t* dropped,
                                       sessions_error** error) {
  return capi::guard(error, [&]() -> Result<void> {
    if (manager == nullptr) {
      return capi::null_argument("manager");
    }
    const Result<std::int64_t> count = manager::sweep(*manager->manager, most);
    if (!count) {
      return count.error();
    }
    if (dropped != nullptr) {
      *dropped = *count;
    }
    return {};
  });
}

sessions_status sessions_manager_statistics(const sessions_manager* manager, int64_t* sessions, int64_t* bytes,
                                            sessions_error** error) {
  return capi::guard(error, [&]() -> Result<void> {
    if (manager == nullptr) {
      return capi::null_argument("manager");
    }
    const Result<store::Statistics> counted = manager::statistics(*manager->manager);
    if (!counted) {
      return counted.error();
    }
    if (sessions != nullptr) {
      *sessions = counted->sessions;
    }
    if (bytes != nullptr) {
      *bytes = counted->bytes;
    }
    return {};
  });
}
