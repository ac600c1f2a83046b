// The file of a database, as the system sees it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sessions::store {

// Makes a file for its owner alone; SQLite gives its mode to the files beside it. Made without opening it: closing a
// descriptor would drop the locks that other connections of this process hold on the file. What goes wrong here goes
// wrong again when SQLite opens the file, and is told then.
void make_private_file(const std::string& path) noexcept;

// Which file a path has named.
class SqliteFile {
 public:
  // None when that cannot be said.
  static std::optional<SqliteFile> at(const std::string& path) noexcept;

  // Whether the path names no file now, or another one.
  bool is_gone_from(const std::string& path) const noexcept;

 private:
  SqliteFile(std::uint64_t device, std::uint64_t number) noexcept : device_(device), number_(number) {}

  std::uint64_t device_;
  std::uint64_t number_;
};

}  // namespace sessions::store
