#include <sessions.h>

#include <capi/guard.hpp>
#include <capi/handles.hpp>

using namespace sessions;

namespace {

sessions_status finish(sessions_session* session, sessions_error** error,
                       Result<void> (manager::Session::*how)()) noexcept {
  return capi::guard(error, [&]() -> Result<void> {
    return session == nullptr ? capi::null_argument("session") : (session->session.*how)();
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

void sessions_session_free(sessions_session* session) { const std::unique_ptr<sessions_session> owned(session); }

sessions_status sessions_session_set_timeout_ms(sessions_session* session, int64_t milliseconds,
                                                sessions_error** error) {
  return capi::guard(error, [&]() -> Result<void> {
    if (session == nullptr) {
      return capi::null_argument("session");
    }
    const auto timeout = manager::check_timeout_ms(milliseconds);
    if (!timeout) {
      return timeout.error();
    }
    session->session.set_timeout(*timeout);
    return {};
  });
}

int32_t sessions_session_origin(const sessions_session* session) {
  return session == nullptr ? SESSIONS_ORIGIN_NEW : static_cast<int32_t>(session->session.origin());
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
  return session == nullptr ? SESSIONS_OUTCOME_UNCHANGED : static_cast<int32_t>(session->session.outcome());
}

size_t sessions_session_cookie_count(const sessions_session* session) {
  return session == nullptr ? 0 : session->session.lines().size();
}

sessions_status sessions_session_cookie_line(const sessions_session* session, size_t index, const char** line,
                                             size_t* line_len) {
  return capi::guard([&] {
    if (session == nullptr || line == nullptr || line_len == nullptr) {
      return Status::invalid;
    }
    const auto lines = session->session.lines();
    if (index >= lines.size()) {
      return Status::not_found;
    }
    *line = lines[index].c_str();
    *line_len = lines[index].size();
    return Status::ok;
  });
}

int32_t sessions_session_varies_by_cookie(const sessions_session* session) {
  return session != nullptr && session->session.varies_by_cookie() ? 1 : 0;
}

int32_t sessions_session_must_not_be_cached(const sessions_session* session) {
  return session != nullptr && session->session.must_not_be_cached() ? 1 : 0;
}
