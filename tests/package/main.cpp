// The main job in a few lines, as a program of somebody who uses the installed library from C++.
#include <cstdio>
#include <sessions.hpp>

int main() {
  auto backend = sessions::Backend::open("memory:").value_or_throw();
  auto config = sessions::Config::make().value_or_throw();
  config.set_plain_http().value_or_throw();
  auto manager = sessions::Manager::make(backend, config).value_or_throw();
  auto session = manager.load("").value_or_throw();
  session.set("counter", 1).value_or_throw();
  session.commit().value_or_throw();
  for (std::string_view line : session.cookie_lines()) {
    std::printf("Set-Cookie: %s\n", line.data());
  }
}
