#include <sys/stat.h>

#include <cerrno>
#include <store/sqlite_file.hpp>

namespace sessions::store {

void make_private_file(const std::string& path) noexcept {
  static_cast<void>(mknod(path.c_str(), S_IFREG | S_IRUSR | S_IWUSR, 0));
}

std::optional<SqliteFile> SqliteFile::at(const std::string& path) noexcept {
  struct stat file {};
  return stat(path.c_str(), &file) == 0 ? std::optional(SqliteFile(file.st_dev, file.st_ino)) : std::nullopt;
}

bool SqliteFile::is_gone_from(const std::string& path) const noexcept {
  const std::optional<SqliteFile> there = at(path);
  return there ? there->device_ != device_ || there->number_ != number_ : errno == ENOENT;
}

}  // namespace sessions::store
