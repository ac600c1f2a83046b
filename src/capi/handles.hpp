// What the handles of the C ABI are.
#pragma once

#include <sessions.h>

#include <base/result.hpp>
#include <manager/backend.hpp>
#include <manager/config.hpp>
#include <manager/manager.hpp>
#include <manager/pending_call.hpp>
#include <manager/queue.hpp>
#include <manager/session.hpp>
#include <memory>
#include <utility>

struct sessions_backend {
  sessions::manager::Backend backend;
};

struct sessions_config {
  sessions::manager::Config config;
};

struct sessions_manager {
  std::shared_ptr<const sessions::manager::Manager> manager;
};

// Reading decodes and remembers, which const callers do not see.
struct sessions_session {
  explicit sessions_session(std::shared_ptr<const sessions::manager::Manager> manager) : session_(std::move(manager)) {}

  // Null while a call is under way: then it is not for the host.
  sessions::manager::Session* idle() const noexcept { return under_way ? nullptr : &session_; }

  std::shared_ptr<sessions::manager::PendingCall> under_way;

 private:
  mutable sessions::manager::Session session_;
};

struct sessions_queue {
  std::shared_ptr<sessions::manager::Queue> queue;
};

struct sessions_error {
  sessions_status status;
  const char* message;  // null: that of the status
};

namespace sessions::capi {

// The session, when the host may use it now: status invalid for NULL, misuse while a call is under way.
Result<manager::Session*> use(const sessions_session* session);

// The same for functions that give no words: `body` takes the session and returns a status.
template <class Body>
Status with(const sessions_session* session, Body body) {
  if (session == nullptr) {
    return Status::invalid;
  }
  manager::Session* idle = session->idle();
  return idle == nullptr ? Status::misuse : body(*idle);
}

// For functions that cannot fail: `otherwise` stands for a session that cannot be used now.
template <class T, class Body>
T with_or(const sessions_session* session, T otherwise, Body body) noexcept {
  manager::Session* idle = session == nullptr ? nullptr : session->idle();
  return idle == nullptr ? otherwise : static_cast<T>(body(*idle));
}

}  // namespace sessions::capi
