// The file of a database, as the system sees it.
#pragma once

#include <memory>
#include <string>

namespace sessions::store {

// Makes a file for its owner alone, unless there is one; SQLite gives its mode to the files beside it. Made without
// opening it: closing a descriptor would drop the locks that other connections of this process hold on the file. What
// goes wrong here goes wrong again when SQLite opens the file, but SQLite does not see why the file is not there: false
// when there is none in a directory that may not be written to.
bool make_private_file(const std::string& path) noexcept;

// The file that a path has named. As long as this lives, no other file can be taken for it. It has it open in a way
// that knows no locks.
class SqliteFile {
 public:
  // Null when it cannot be said which one it is.
  static std::unique_ptr<SqliteFile> at(const std::string& path);

  explicit SqliteFile(int descriptor) noexcept : descriptor_(descriptor) {}
  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;
  SqliteFile(SqliteFile&&) = delete;
  SqliteFile& operator=(SqliteFile&&) = delete;
  ~SqliteFile();

  // Whether the path names no file now, or another one.
  bool is_gone_from(const std::string& path) const noexcept;

 private:
  const int descriptor_;
};

}  // namespace sessions::store
