#include <sessions.h>

#include <capi/guard.hpp>
#include <capi/handles.hpp>

using namespace sessions;

sessions_status sessions_backend_open(const char* url, size_t url_len, sessions_backend** backend,
                                      sessions_error** error) {
  return capi::guard(error, [&]() -> Result<void> {
    if (backend == nullptr) {
      return capi::null_argument("backend");
    }
    *backend = nullptr;
    const Result<std::string_view> text = capi::text("url", url, url_len);
    if (!text) {
      return text.error();
    }
    Result<manager::Backend> opened = manager::open_backend(*text);
    if (!opened) {
      return opened.error();
    }
    *backend = std::make_unique<sessions_backend>(sessions_backend{std::move(*opened)}).release();
    return {};
  });
}

void sessions_backend_free(sessions_backend* backend) { const std::unique_ptr<sessions_backend> owned(backend); }
