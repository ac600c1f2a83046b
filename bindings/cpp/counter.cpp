// Counts visits: prints the response headers and body for the Cookie header in $HTTP_COOKIE, as a CGI program does.
#include <cstdlib>
#include <iostream>
#include <sessions.hpp>

namespace {

std::string_view environment(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

void run() {
  auto backend = sessions::Backend::open("signed-cookie:").value_or_throw();
  auto config = sessions::Config::make().value_or_throw();
  config.add_key(environment("SESSIONS_SECRET")).value_or_throw();
  auto manager = sessions::Manager::make(backend, config).value_or_throw();

  // For each request:
  auto session = manager.load(environment("HTTP_COOKIE")).value_or_throw();
  auto visits = session.increment("visits").value_or_throw();
  session.commit().value_or_throw();
  for (auto line : session.cookie_lines()) std::cout << "Set-Cookie: " << line << "\n";
  std::cout << "Cache-Control: private, no-store\n\nvisit " << visits << "\n";
}

}  // namespace

int main() {
  try {
    return run(), 0;
  } catch (const std::exception& error) {
    return std::cerr << error.what() << "\n", 1;
  }
}
