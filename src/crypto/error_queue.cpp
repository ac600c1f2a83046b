#include <openssl/err.h>

#include <crypto/error_queue.hpp>

namespace sessions::crypto {

ErrorQueueMark::ErrorQueueMark() noexcept : is_set_(ERR_set_mark() == 1) {}

ErrorQueueMark::~ErrorQueueMark() {
  if (is_set_ || may_have_failed_) {
    ERR_pop_to_mark();
  }
}

ErrorsSetAside::ErrorsSetAside() {
  const char* file = nullptr;
  const char* function = nullptr;
  const char* data = nullptr;
  int line = 0;
  int flags = 0;
  while (const unsigned long code = ERR_peek_error_all(&file, &line, &function, &data, &flags)) {
    const bool has_text = (static_cast<unsigned>(flags) & unsigned{ERR_TXT_STRING}) != 0;
    entries_.push_back({code, file, line, function, has_text ? data : std::string()});
    ERR_get_error();
  }
}

ErrorsSetAside::~ErrorsSetAside() {
  if (may_have_failed_ && ERR_peek_error() != 0) {
    ERR_clear_error();
  }
  for (const Entry& entry : entries_) {
    ERR_new();
    ERR_set_debug(entry.file.c_str(), entry.line, entry.function.c_str());
    if (entry.data.empty()) {
      ERR_set_error(ERR_GET_LIB(entry.code), ERR_GET_REASON(entry.code), nullptr);
    } else {
      ERR_set_error(ERR_GET_LIB(entry.code), ERR_GET_REASON(entry.code), "%s", entry.data.c_str());
    }
  }
}

}  // namespace sessions::crypto
