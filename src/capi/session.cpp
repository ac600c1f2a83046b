#include <sessions.h>

#include <capi/guard.hpp>
#include <capi/handles.hpp>

using namespace sessions;

namespace {

sessions_status finish(sessions_session* session, sessions_error** error,
                       Result<void> (manager::Session::*how)()) noexcept {
  return capi::guard(error, [&]() -> Result<void> {
    const Result<manager::Session*> idle = capi::use(session);
    return idle ? ((*idle)->*how)() : idle.error();
  });
}

using Load = Result<void> (manager::Session::*)(std::string_view);

sessions_status load_into(sessions_session* session, std::string_view name, const char* text, size_t length,
                          sessions_error** error, Load load) noexcept {
  return capi::guard(error, [&]() -> Result<void> {
    const Result<manager::Session*> idle = capi::use(session);
    const Result<std::string_view> cookie = capi::text(name, text, length);
    return !idle ? idle.error() : cookie ? ((*idle)->*load)(*cookie) : cookie.error();
  });
}

// One of several texts that the session owns.
sessions_status get_text(const sessions_session* session,
                         std::span<const std::string> (manager::Session::*texts)() const noexcept, size_t index,
                         const char** text, size_t* text_len) noexcept {
  if (text == nullptr || text_len == nullptr) {
    return SESSIONS_E_INVALID;
  }
  return capi::guard([&] {
    return capi::with(session, [&](const manager::Session& idle) {
      const auto all = (idle.*texts)();
      if (index >= all.size()) {
        return Status::not_found;
      }
      *text = all[index].c_str();
      *text_len = all[index].size();
      return Status::ok;
    });
  });
}

}  // namespace

sessions_status sessions_session_new(const sessions_manager* manager, sessions_session** session,
                                     sessions_error** error) {
  return capi::guard(error, [&]() -> Result<void> {
    if (session == nullptr) {
      return capi::null_argument("session");
    }
    *session = nullptr;
    if (manager == nullptr) {
      return capi::null_argument("manager");
    }
    *session = std::make_unique<sessions_session>(manager->manager).release();
    return {};
  });
}

void sessions_session_free(sessions_session* session) {
  std::unique_ptr<sessions_session> owned(session);
  if (owned && owned->under_way) {
    const std::shared_ptr<manager::PendingCall> call = owned->under_way;
    manager::Queue::cancel(*call,
                           {owned.release(), [](void* freed) {
                              const std::unique_ptr<sessions_session> last(static_cast<sessions_session*>(freed));
                            }});
  }
}

sessions_status sessions_session_set_timeout_ms(sessions_session* session, int64_t milliseconds,
                                                sessions_error** error) {
  return capi::guard(error, [&]() -> Result<void> {
    const Result<manager::Session*> idle = capi::use(session);
    if (!idle) {
      return idle.error();
    }
    const auto timeout = manager::check_timeout_ms(milliseconds);
    if (!timeout) {
      return timeout.error();
    }
    (*idle)->set_timeout(*timeout);
    return {};
  });
}

sessions_status sessions_session_set_commit_mode(sessions_session* session, int32_t mode, sessions_error** error) {
  return capi::guard(error, [&]() -> Result<void> {
    const Result<manager::Session*> idle = capi::use(session);
    if (!idle) {
      return idle.error();
    }
    const auto checked = manager::check_commit_mode(mode);
    if (!checked) {
      return checked.error();
    }
    (*idle)->set_commit_mode(*checked);
    return {};
  });
}

sessions_status sessions_session_load(sessions_session* session, const char* cookie_header, size_t cookie_header_len,
                                      sessions_error** error) {
  return load_into(session, "cookie_header", cookie_header, cookie_header_len, error, &manager::Session::load_header);
}

sessions_status sessions_session_load_value(sessions_session* session, const char* cookie_value,
                                            size_t cookie_value_len, sessions_error** error) {
  return load_into(session, "cookie_value", cookie_value, cookie_value_len, error, &manager::Session::load_value);
}

int32_t sessions_session_origin(const sessions_session* session) {
  return capi::with_or(session, int32_t{SESSIONS_ORIGIN_NEW}, [](manager::Session& idle) { return idle.origin(); });
}

sessions_status sessions_session_commit(sessions_session* session, sessions_error** error) {
  return finish(session, error, &manager::Session::commit);
}

sessions_status sessions_session_regenerate(sessions_session* session, sessions_error** error) {
  return finish(session, error, &manager::Session::regenerate);
}

sessions_status sessions_session_destroy(sessions_session* session, sessions_error** error) {
  return finish(session, error, &manager::Session::destroy);
}

int32_t sessions_session_outcome(const sessions_session* session) {
  return capi::with_or(session, int32_t{SESSIONS_OUTCOME_UNCHANGED},
                       [](manager::Session& idle) { return idle.outcome(); });
}

int32_t sessions_session_degraded(const sessions_session* session) {
  return capi::with_or(session, 0, [](manager::Session& idle) { return idle.degraded(); });
}

size_t sessions_session_cookie_count(const sessions_session* session) {
  return capi::with_or(session, size_t{0}, [](manager::Session& idle) { return idle.lines().size(); });
}

sessions_status sessions_session_cookie_line(const sessions_session* session, size_t index, const char** line,
                                             size_t* line_len) {
  return get_text(session, &manager::Session::lines, index, line, line_len);
}

size_t sessions_session_contested_count(const sessions_session* session) {
  return capi::with_or(session, size_t{0}, [](manager::Session& idle) { return idle.contested_keys().size(); });
}

sessions_status sessions_session_contested_key(const sessions_session* session, size_t index, const char** key,
                                               size_t* key_len) {
  return get_text(session, &manager::Session::contested_keys, index, key, key_len);
}

int32_t sessions_session_varies_by_cookie(const sessions_session* session) {
  return capi::with_or(session, 0, [](manager::Session& idle) { return idle.varies_by_cookie(); });
}

int32_t sessions_session_must_not_be_cached(const sessions_session* session) {
  return capi::with_or(session, 0, [](manager::Session& idle) { return idle.must_not_be_cached(); });
}
