#include <sessions.h>

#include <array>
#include <base/utf8.hpp>
#include <capi/guard.hpp>
#include <capi/handles.hpp>
#include <charconv>
#include <cmath>
#include <json/number.hpp>
#include <json/scan.hpp>
#include <json/string.hpp>
#include <session/value.hpp>
#include <string>
#include <vector>

using namespace sessions;
using session::Content;

namespace {

template <class Body>
sessions_status with_content(const sessions_session* session, Body body) noexcept {
  return capi::guard([&] { return capi::with(session, [&](manager::Session& idle) { return body(idle.content()); }); });
}

// Checks the arguments that all of these functions share, and hands the content and the key to `body`.
template <class Body>
sessions_status with_key(const sessions_session* session, const char* key, size_t key_len, Body body) noexcept {
  return capi::guard([&]() -> Status {
    const auto name = capi::view(key, key_len);
    if (!name || !is_utf8(*name)) {
      return Status::invalid;
    }
    return capi::with(session, [&](manager::Session& idle) { return body(idle.content(), *name); });
  });
}

template <class T>
sessions_status get(const sessions_session* session, const char* key, size_t key_len, T* value,
                    Status (*read)(std::string_view, T&)) noexcept {
  if (value == nullptr) {
    return SESSIONS_E_INVALID;
  }
  return with_key(session, key, key_len, [&](Content& content, std::string_view name) {
    const auto json = content.find(name);
    return json ? read(*json, *value) : Status::not_found;
  });
}

// For texts that the session owns. `look` returns null when there is none of the type.
template <class Look>
sessions_status get_text(const sessions_session* session, const char* key, size_t key_len, const char** text,
                         size_t* text_len, Look look) noexcept {
  if (text == nullptr || text_len == nullptr) {
    return SESSIONS_E_INVALID;
  }
  return with_key(session, key, key_len, [&](Content& content, std::string_view name) {
    if (!content.find(name)) {
      return Status::not_found;
    }
    const std::string* found = look(content, name);
    if (found == nullptr) {
      return Status::type;
    }
    *text = found->c_str();
    *text_len = found->size();
    return Status::ok;
  });
}

sessions_status set(sessions_session* session, const char* key, size_t key_len, std::string_view json) noexcept {
  return with_key(session, key, key_len,
                  [&](Content& content, std::string_view name) { return content.set(name, json); });
}

template <class Integer>
sessions_status set_integer(sessions_session* session, const char* key, size_t key_len, Integer value) noexcept {
  std::array<char, 24> digits;
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return set(session, key, key_len, {digits.data(), static_cast<size_t>(end - digits.data())});
}

}  // namespace

sessions_status sessions_session_get_bool(const sessions_session* session, const char* key, size_t key_len,
                                          int32_t* value) {
  return get<int32_t>(session, key, key_len, value, [](std::string_view json, int32_t& out) {
    bool read = false;
    const Status status = session::to_bool(json, read);
    out = status == Status::ok ? static_cast<int32_t>(read) : out;
    return status;
  });
}

sessions_status sessions_session_get_int64(const sessions_session* session, const char* key, size_t key_len,
                                           int64_t* value) {
  return get<int64_t>(session, key, key_len, value,
                      [](std::string_view json, int64_t& out) { return session::to_int64(json, out); });
}

sessions_status sessions_session_get_uint64(const sessions_session* session, const char* key, size_t key_len,
                                            uint64_t* value) {
  return get<uint64_t>(session, key, key_len, value,
                       [](std::string_view json, uint64_t& out) { return session::to_uint64(json, out); });
}

sessions_status sessions_session_get_double(const sessions_session* session, const char* key, size_t key_len,
                                            double* value) {
  return get<double>(session, key, key_len, value,
                     [](std::string_view json, double& out) { return session::to_double(json, out); });
}

sessions_status sessions_session_get_string(const sessions_session* session, const char* key, size_t key_len,
                                            const char** value, size_t* value_len) {
  return get_text(session, key, key_len, value, value_len,
                  [](Content& content, std::string_view name) { return content.string_of(name); });
}

sessions_status sessions_session_get_json(const sessions_session* session, const char* key, size_t key_len,
                                          const char** json, size_t* json_len) {
  return get_text(session, key, key_len, json, json_len,
                  [](Content& content, std::string_view name) { return content.json_of(name); });
}

sessions_status sessions_session_get_null(const sessions_session* session, const char* key, size_t key_len) {
  return with_key(session, key, key_len, [](Content& content, std::string_view name) {
    const auto json = content.find(name);
    return !json ? Status::not_found : *json == "null" ? Status::ok : Status::type;
  });
}

sessions_status sessions_session_get_type(const sessions_session* session, const char* key, size_t key_len,
                                          int32_t* type) {
  return get<int32_t>(session, key, key_len, type, [](std::string_view json, int32_t& out) {
    out = static_cast<int32_t>(session::type_of(json));
    return Status::ok;
  });
}

sessions_status sessions_session_contains(const sessions_session* session, const char* key, size_t key_len,
                                          int32_t* contains) {
  if (contains == nullptr) {
    return SESSIONS_E_INVALID;
  }
  return with_key(session, key, key_len, [&](Content& content, std::string_view name) {
    *contains = content.find(name) ? 1 : 0;
    return Status::ok;
  });
}

size_t sessions_session_count(const sessions_session* session) {
  return capi::with_or(session, size_t{0}, [](manager::Session& idle) { return idle.count(); });
}

sessions_status sessions_session_key_at(const sessions_session* session, size_t index, const char** key,
                                        size_t* key_len) {
  if (key == nullptr || key_len == nullptr) {
    return SESSIONS_E_INVALID;
  }
  return with_content(session, [&](Content& content) {
    const std::string* found = content.key_at(index);
    if (found == nullptr) {
      return Status::not_found;
    }
    *key = found->c_str();
    *key_len = found->size();
    return Status::ok;
  });
}

sessions_status sessions_session_to_json(const sessions_session* session, const char** json, size_t* json_len) {
  if (json == nullptr || json_len == nullptr) {
    return SESSIONS_E_INVALID;
  }
  return with_content(session, [&](Content& content) {
    const std::string& text = content.to_json();
    *json = text.c_str();
    *json_len = text.size();
    return Status::ok;
  });
}

sessions_status sessions_session_set_null(sessions_session* session, const char* key, size_t key_len) {
  return set(session, key, key_len, "null");
}

sessions_status sessions_session_set_bool(sessions_session* session, const char* key, size_t key_len, int32_t value) {
  return value == 0 || value == 1 ? set(session, key, key_len, value == 1 ? "true" : "false") : SESSIONS_E_INVALID;
}

sessions_status sessions_session_set_int64(sessions_session* session, const char* key, size_t key_len, int64_t value) {
  return set_integer(session, key, key_len, value);
}

sessions_status sessions_session_set_uint64(sessions_session* session, const char* key, size_t key_len,
                                            uint64_t value) {
  return set_integer(session, key, key_len, value);
}

sessions_status sessions_session_set_double(sessions_session* session, const char* key, size_t key_len, double value) {
  return with_key(session, key, key_len, [&](Content& content, std::string_view name) {
    if (!std::isfinite(value)) {
      return Status::invalid;
    }
    std::string digits;
    json::append_double(digits, value);
    return content.set(name, digits);
  });
}

sessions_status sessions_session_set_string(sessions_session* session, const char* key, size_t key_len,
                                            const char* value, size_t value_len) {
  return with_key(session, key, key_len, [&](Content& content, std::string_view name) {
    const auto text = capi::view(value, value_len);
    if (!text || !is_utf8(*text)) {
      return Status::invalid;
    }
    std::string json;
    json::append_string(json, *text);
    return content.set(name, json);
  });
}

sessions_status sessions_session_set_json(sessions_session* session, const char* key, size_t key_len, const char* json,
                                          size_t json_len, sessions_error** error) {
  return capi::guard(error, [&]() -> Result<void> {
    const Result<std::string_view> name = capi::key(key, key_len);
    const Result<std::string_view> text = capi::text("json", json, json_len);
    const Result<manager::Session*> idle = capi::use(session);
    if (!idle || !name || !text) {
      return !idle ? idle.error() : !name ? name.error() : text.error();
    }
    std::vector<std::string_view> scratch(json::scratch_size(*text));
    std::string_view value;
    if (const auto fault = json::scan_value(*text, scratch, &value)) {
      return json::to_error(*fault);
    }
    if ((*idle)->content().set(*name, value) != Status::ok) {
      return capi::content_limit();
    }
    return {};
  });
}

sessions_status sessions_session_from_json(sessions_session* session, const char* json, size_t json_len,
                                           sessions_error** error) {
  return capi::guard(error, [&]() -> Result<void> {
    const Result<std::string_view> text = capi::text("json", json, json_len);
    const Result<manager::Session*> idle = capi::use(session);
    return idle && text ? (*idle)->content().assign(*text) : !idle ? idle.error() : text.error();
  });
}

sessions_status sessions_session_increment(sessions_session* session, const char* key, size_t key_len, int64_t delta,
                                           int64_t* result) {
  return with_key(session, key, key_len, [&](Content& content, std::string_view name) {
    int64_t sum = 0;
    const Status status = content.increment(name, delta, sum);
    if (status == Status::ok && result != nullptr) {
      *result = sum;
    }
    return status;
  });
}

sessions_status sessions_session_remove(sessions_session* session, const char* key, size_t key_len) {
  return with_key(session, key, key_len, [](Content& content, std::string_view name) { return content.remove(name); });
}

sessions_status sessions_session_require_unchanged(sessions_session* session, const char* key, size_t key_len) {
  return with_key(session, key, key_len,
                  [](Content& content, std::string_view name) { return content.require_unchanged(name); });
}

sessions_status sessions_session_pop_string(sessions_session* session, const char* key, size_t key_len,
                                            const char** value, size_t* value_len) {
  return get_text(session, key, key_len, value, value_len,
                  [](Content& content, std::string_view name) { return content.pop_string(name); });
}

sessions_status sessions_session_pop_json(sessions_session* session, const char* key, size_t key_len, const char** json,
                                          size_t* json_len) {
  return get_text(session, key, key_len, json, json_len,
                  [](Content& content, std::string_view name) { return content.pop_json(name); });
}

sessions_status sessions_session_clear(sessions_session* session) {
  return with_content(session, [](Content& content) {
    content.clear();
    return Status::ok;
  });
}
