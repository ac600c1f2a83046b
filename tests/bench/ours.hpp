// libsessions as its users see it: through the C ABI of the shared library.
#pragma once

#include <sessions.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "payload.hpp"

namespace bench {

struct FreeSession {
  void operator()(sessions_session* session) const noexcept { sessions_session_free(session); }
};
using Session = std::unique_ptr<sessions_session, FreeSession>;

// Share freely between threads.
class Ours {
 public:
  // The secret is for backends that sign, else empty. Throws std::runtime_error.
  Ours(std::string_view backend_url, std::string_view secret);

  // A new session with that content; returns the Cookie header that a browser would send for it.
  std::string create(std::string_view json) const;

  // Stays the owner.
  sessions_manager* lend() const noexcept { return manager_.get(); }

  // Null when it failed.
  Session load(std::string_view cookie_header) const noexcept;

 private:
  struct FreeManager {
    void operator()(sessions_manager* manager) const noexcept { sessions_manager_free(manager); }
  };

  std::unique_ptr<sessions_manager, FreeManager> manager_;
};

bool read(const sessions_session* session, std::int64_t& value) noexcept;

// Commits with one changed key.
bool change_and_commit(sessions_session* session, std::int64_t value) noexcept;

// The first Set-Cookie line, empty when there is none.
std::string_view line_of(const sessions_session* session) noexcept;

// The Cookie header of the browser that got this line, among its other cookies.
std::string header_from(std::string_view line);

}  // namespace bench
