#include <sessions.h>

#include <array>

const char* sessions_version(void) {
  static_assert(SESSIONS_VERSION_MAJOR < 10);
  static_assert(SESSIONS_VERSION_MINOR < 10);
  static_assert(SESSIONS_VERSION_PATCH < 10);
  static constexpr std::array<char, 6> version = {'0' + SESSIONS_VERSION_MAJOR, '.', '0' + SESSIONS_VERSION_MINOR, '.',
                                                  '0' + SESSIONS_VERSION_PATCH, '\0'};
  return version.data();
}
