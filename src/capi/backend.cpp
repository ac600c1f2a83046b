#include <sessions.h>

#include <capi/guard.hpp>
#include <capi/handles.hpp>

using namespace sessions;

namespace {

sessions_status open_backend(const char* url, size_t url_len, const manager::Config* config, sessions_backend** backend,
                             sessions_error** error) noexcept {
  return capi::guard(error, [&]() -> Result<void> {
    if (backend == nullptr) {
      return capi::null_argument("backend");
    }
    *backend = nullptr;
    const Result<std::string_view> text = capi::text("url", url, url_len);
    if (!text) {
      return text.error();
    }
    Result<manager::Backend> opened = manager::open_backend(*text, config);
    if (!opened) {
      return opened.error();
    }
    *backend = std::make_unique<sessions_backend>(sessions_backend{std::move(*opened)}).release();
    return {};
  });
}

}  // namespace

sessions_status sessions_backend_open(const char* url, size_t url_len, sessions_backend** backend,
                                      sessions_error** error) {
  return open_backend(url, url_len, nullptr, backend, error);
}

sessions_status sessions_backend_open_configured(const char* url, size_t url_len, const sessions_config* config,
                                                 sessions_backend** backend, sessions_error** error) {
  if (config == nullptr && backend != nullptr) {
    *backend = nullptr;
    return capi::guard(error, []() -> Result<void> { return capi::null_argument("config"); });
  }
  return open_backend(url, url_len, config == nullptr ? nullptr : &config->config, backend, error);
}

void sessions_backend_free(sessions_backend* backend) { const std::unique_ptr<sessions_backend> owned(backend); }
