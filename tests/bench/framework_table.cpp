#include "framework_table.hpp"

#include "bare_cookie.hpp"

namespace bench {

void FrameworkTable::create(std::string_view id, const Payload& payload) {
  const std::lock_guard lock(mutex_);
  sessions_.emplace(id, Values(payload.fields.begin(), payload.fields.end()));
}

bool FrameworkTable::request(std::string& line, std::string_view cookie_header, std::string_view key,
                             std::string_view value) {
  const std::string id(find_cookie(cookie_header, "__Host-session"));
  Values values;
  {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) {
      return false;
    }
    values = found->second;
  }
  values[std::string(key)] = value;
  {
    const std::lock_guard lock(mutex_);
    sessions_[id] = values;
  }
  line = "__Host-session=" + id + "; Max-Age=1209600; Path=/; Secure; HttpOnly; SameSite=Lax";
  return true;
}

}  // namespace bench
