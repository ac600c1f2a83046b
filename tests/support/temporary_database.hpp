// A SQLite database in a directory of its own, removed at the end.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <new>
#include <stdexcept>
#include <store/sqlite.hpp>
#include <string>
#include <utility>

namespace sessions::testing {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "sessions-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      throw std::runtime_error("no temporary directory");
    }
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// A store in a fresh database, which goes with it.
inline std::shared_ptr<store::Store> open_fresh_sqlite() {
  struct Owned {
    TemporaryDirectory directory;
    std::shared_ptr<store::Store> store;
  };
  const auto owned = std::make_shared<Owned>();
  auto opened = store::open_sqlite({owned->directory.file("sessions.db"), {}, 4});
  if (!opened) {
    throw std::runtime_error(opened.error().message);
  }
  owned->store = std::move(*opened);
  return {owned, owned->store.get()};
}

}  // namespace sessions::testing
