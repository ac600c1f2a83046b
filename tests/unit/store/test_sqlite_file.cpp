#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <store/sqlite_file.hpp>
#include <string>

#include "../../support/catch.hpp"
#include "../../support/temporary_directory.hpp"
#include "../../support/unix_socket.hpp"

using namespace sessions::store;
using sessions::testing::Descriptor;
using sessions::testing::TemporaryDirectory;

namespace {

void write(const std::string& path) { std::ofstream(path) << "text"; }

// Whether another process finds the file locked.
bool is_locked(const std::string& path) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    _exit(file != -1 && fcntl(file, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK ? 1 : 0);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  return status == 0;
}

}  // namespace

TEST_CASE("a file is made for its owner alone, and one that is there stays as it is") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("s.db");
  const mode_t mask = umask(0);
  CHECK(make_private_file(path));
  umask(mask);
  const auto mode = [&path] { return std::filesystem::status(path).permissions() & std::filesystem::perms::all; };
  CHECK(mode() == std::filesystem::perms(0600));
  write(path);
  std::filesystem::permissions(path, std::filesystem::perms(0640));
  CHECK(make_private_file(path));
  CHECK(mode() == std::filesystem::perms(0640));
  CHECK(std::filesystem::file_size(path) == 4);
}

TEST_CASE("that a directory is missing is for SQLite to say") {
  const TemporaryDirectory directory;
  CHECK(make_private_file(directory.file("missing/s.db")));
}

TEST_CASE("a directory that may not be written to is told from a file that is there") {
  const TemporaryDirectory directory;
  write(directory.file("s.db"));
  std::filesystem::permissions(directory.file(""), std::filesystem::perms(0555));
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const bool is_other = geteuid() != 0 || (setgid(65'534) == 0 && setuid(65'534) == 0);
    const bool is_told = !make_private_file(directory.file("none.db")) && make_private_file(directory.file("s.db"));
    _exit(is_other && is_told ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  std::filesystem::permissions(directory.file(""), std::filesystem::perms(0755));
}

TEST_CASE("a file is known again at its path, and missed when it is removed, moved or replaced") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("s.db");
  CHECK_FALSE(SqliteFile::at(path));
  write(path);
  const auto file = SqliteFile::at(path);
  REQUIRE(file);
  CHECK_FALSE(file->is_gone_from(path));
  std::filesystem::rename(path, directory.file("moved.db"));
  CHECK(file->is_gone_from(path));
  CHECK_FALSE(file->is_gone_from(directory.file("moved.db")));
  write(path);
  CHECK(file->is_gone_from(path));
}

TEST_CASE("as long as a removed file is remembered no new one is taken for it") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("s.db");
  write(path);
  const auto file = SqliteFile::at(path);
  for (int i = 0; i < 20; ++i) {
    std::filesystem::remove(path);
    write(path);
    CHECK(file->is_gone_from(path));
  }
}

TEST_CASE("remembering a file and forgetting it leaves the locks of this process") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("s.db");
  write(path);
  const Descriptor own(open(path.c_str(), O_RDWR | O_CLOEXEC));
  struct flock lock {};
  lock.l_type = F_WRLCK;
  REQUIRE(fcntl(*own, F_SETLK, &lock) == 0);
  CHECK(is_locked(path));
  CHECK(make_private_file(path));
  SqliteFile::at(path).reset();
  CHECK(is_locked(path));
}
