// What is measured, by name: WORK/SUBJECT/WHO, such as "load/350B/ours", WHO being ours, bare, framework, c or
// cpp.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "payload.hpp"

namespace bench {

// Does the work once; false when it went wrong.
using Step = std::function<bool()>;

struct Operation {
  std::string name;
  std::function<Step()> make_step;  // one for each thread
};

// Works on a signed cookie, by us and bare: load, read (load and read one key), commit (after one change) and cycle
// (load, change one key, commit). Throws std::runtime_error when the two do not agree about what a cookie is.
std::vector<Operation> cookie_operations(const Payload& payload);

// One request (load, change one key, commit) on a table of so many sessions, in memory: memory/PAYLOAD*SESSIONS, by us,
// bare and as frameworks do it.
std::vector<Operation> memory_operations(const Payload& payload, std::size_t sessions);

// The same on a database of so many sessions in that directory: sqlite/PAYLOAD*SESSIONS, by us and bare.
std::vector<Operation> sqlite_operations(const Payload& payload, std::size_t sessions, const std::string& directory);

// One request (load, read one key, change one key, commit) by the C ABI and by sessions.hpp over it: request/PAYLOAD on
// signed cookies, request/PAYLOAD*SESSIONS in memory, by c and cpp. One thread.
std::vector<Operation> binding_operations(const Payload& payload, std::size_t sessions);

// The operation of that name, but for SQLite. Throws std::invalid_argument.
Operation operation_named(std::string_view name);

// The value of a signed cookie of ours for others to read, and its secret.
std::string signed_cookie_value(const Payload& payload);
extern const std::string_view signing_secret;

}  // namespace bench
