#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <store/sqlite_file.hpp>

namespace sessions::store {

bool make_private_file(const std::string& path) noexcept {
  if (mknod(path.c_str(), S_IFREG | S_IRUSR | S_IWUSR, 0) == 0) {
    return true;
  }
  const bool is_refused = errno == EROFS || errno == EACCES || errno == EPERM;
  struct stat there {};
  return !is_refused || stat(path.c_str(), &there) == 0 || errno != ENOENT;
}

std::unique_ptr<SqliteFile> SqliteFile::at(const std::string& path) {
  auto file = std::make_unique<SqliteFile>(open(path.c_str(), O_PATH | O_CLOEXEC));
  return file->descriptor_ == -1 ? nullptr : std::move(file);
}

SqliteFile::~SqliteFile() {
  if (descriptor_ != -1) {
    close(descriptor_);
  }
}

bool SqliteFile::is_gone_from(const std::string& path) const noexcept {
  struct stat mine {};
  struct stat there {};
  if (stat(path.c_str(), &there) != 0) {
    return errno == ENOENT;
  }
  return fstat(descriptor_, &mine) == 0 && (mine.st_dev != there.st_dev || mine.st_ino != there.st_ino);
}

}  // namespace sessions::store
