// What the handles of the C ABI are.
#pragma once

#include <sessions.h>

#include <manager/backend.hpp>
#include <manager/config.hpp>
#include <manager/manager.hpp>
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
  explicit sessions_session(std::shared_ptr<const sessions::manager::Manager> manager) : session(std::move(manager)) {}

  mutable sessions::manager::Session session;
};

struct sessions_error {
  sessions_status status;
  const char* message;  // null: that of the status
};
