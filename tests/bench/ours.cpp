#include "ours.hpp"

#include <stdexcept>

namespace bench {

namespace {

void check(sessions_status status) {
  if (status != SESSIONS_OK) {
    throw std::runtime_error(sessions_status_message(status));
  }
}

}  // namespace

Ours::Ours(std::string_view backend_url, std::string_view secret) {
  sessions_backend* backend = nullptr;
  check(sessions_backend_open(backend_url.data(), backend_url.size(), &backend, nullptr));
  const std::unique_ptr<sessions_backend, decltype(&sessions_backend_free)> owned_backend(backend,
                                                                                          sessions_backend_free);
  sessions_config* config = nullptr;
  check(sessions_config_new(&config));
  const std::unique_ptr<sessions_config, decltype(&sessions_config_free)> owned_config(config, sessions_config_free);
  if (!secret.empty()) {
    check(sessions_config_add_key(config, secret.data(), secret.size(), nullptr));
  }
  sessions_manager* manager = nullptr;
  check(sessions_manager_new(backend, config, &manager, nullptr));
  manager_.reset(manager);
}

std::string Ours::create(std::string_view json) const {
  const Session session = load({});
  check(sessions_session_from_json(session.get(), json.data(), json.size(), nullptr));
  check(sessions_session_commit(session.get(), nullptr));
  return header_from(line_of(session.get()));
}

Session Ours::load(std::string_view cookie_header) const noexcept {
  sessions_session* session = nullptr;
  static_cast<void>(
      sessions_manager_load(manager_.get(), cookie_header.data(), cookie_header.size(), &session, nullptr));
  return Session(session);
}

bool read(const sessions_session* session, std::int64_t& value) noexcept {
  return sessions_session_get_int64(session, read_key.data(), read_key.size(), &value) == SESSIONS_OK;
}

bool change_and_commit(sessions_session* session, std::int64_t value) noexcept {
  return sessions_session_set_int64(session, changed_key.data(), changed_key.size(), value) == SESSIONS_OK &&
         sessions_session_commit(session, nullptr) == SESSIONS_OK && !line_of(session).empty();
}

std::string_view line_of(const sessions_session* session) noexcept {
  const char* line = nullptr;
  std::size_t size = 0;
  if (sessions_session_cookie_line(session, 0, &line, &size) != SESSIONS_OK) {
    return {};
  }
  return {line, size};
}

std::string header_from(std::string_view line) {
  return "theme=dark; " + std::string(line.substr(0, line.find(';'))) + "; lang=en";
}

}  // namespace bench
