// Managers: a backend with a copy of a config, from which requests load their sessions. All since 0.1.
#pragma once

#include <sessions/manager.h>

#include <cstdint>
#include <sessions/backend.hpp>
#include <sessions/border.hpp>
#include <sessions/config.hpp>
#include <sessions/session.hpp>

namespace sessions {
inline namespace v0 {

// What a store holds: see sessions_manager_statistics().
struct Statistics {
  std::int64_t sessions;
  std::int64_t bytes;
};

// Share freely between threads. Fails as the functions of <sessions/manager.h> do.
class Manager {
 public:
  using Handle = sessions_manager;

  // config is copied. Without one, the defaults.
  static Result<Manager> make(const Backend& backend, const Config& config) {
    return config.handle() == nullptr ? Result<Manager>(Error(Status::invalid)) : make(backend, config.handle());
  }
  static Result<Manager> make(const Backend& backend) { return make(backend, nullptr); }

  // Takes over a handle of C.
  explicit Manager(sessions_manager* handle) noexcept : handle_(handle) {}

  sessions_manager* handle() const noexcept { return handle_.get(); }
  sessions_manager* release() noexcept { return handle_.release(); }

  // Loads the session of one request from the value of its Cookie header; empty when there is none. Repeated headers
  // are joined with "; " by the host. Blocks on backends that do.
  Result<Session> load(std::string_view cookie_header) const {
    return border::made<Session>([&](sessions_session** session, sessions_error** error) {
      return sessions_manager_load(handle(), cookie_header.data(), cookie_header.size(), session, error);
    });
  }

  // The same from the cookie's bare value.
  Result<Session> load_value(std::string_view cookie_value) const {
    return border::made<Session>([&](sessions_session** session, sessions_error** error) {
      return sessions_manager_load_value(handle(), cookie_value.data(), cookie_value.size(), session, error);
    });
  }

  // A fresh session, to be set up before it is loaded, or loaded without waiting.
  Result<Session> new_session() const {
    return border::made<Session>([&](sessions_session** session, sessions_error** error) {
      return sessions_session_new(handle(), session, error);
    });
  }

  // Asks the store whether it answers.
  Result<void> ping() const {
    return border::checked([&](sessions_error** error) { return sessions_manager_ping(handle(), error); });
  }

  // Drops up to so many expired sessions; gives how many.
  Result<std::int64_t> sweep(std::int64_t most) const {
    std::int64_t dropped = 0;
    Result<void> ended = border::checked(
        [&](sessions_error** error) { return sessions_manager_sweep(handle(), most, &dropped, error); });
    if (!ended) {
      return std::move(ended).error();
    }
    return dropped;
  }

  // Counts what the store holds.
  Result<Statistics> statistics() const {
    Statistics counted = {};
    Result<void> ended = border::checked([&](sessions_error** error) {
      return sessions_manager_statistics(handle(), &counted.sessions, &counted.bytes, error);
    });
    if (!ended) {
      return std::move(ended).error();
    }
    return counted;
  }

 private:
  static Result<Manager> make(const Backend& backend, const sessions_config* config) {
    return border::made<Manager>([&](sessions_manager** manager, sessions_error** error) {
      return sessions_manager_new(backend.handle(), config, manager, error);
    });
  }

  border::Owned<sessions_manager, sessions_manager_free> handle_;
};

}  // namespace v0
}  // namespace sessions
