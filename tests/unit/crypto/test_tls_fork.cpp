#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <crypto/tls.hpp>
#include <future>
#include <optional>
#include <string>
#include <thread>

#include "../../support/catch.hpp"
#include "../../support/certificates.hpp"
#include "../../support/temporary_directory.hpp"
#include "../../support/unix_socket.hpp"

using namespace sessions;

namespace {

// A file that ends when its writer says so.
class Pipe {
 public:
  explicit Pipe(const std::string& path) {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    end_.emplace(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  }

  // Returns when it has been read.
  void write(const std::string& text) const {
    REQUIRE(::write(**end_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    int left = 1;
    while (left > 0) {
      std::this_thread::yield();
      REQUIRE(::ioctl(**end_, FIONREAD, &left) == 0);
    }
  }

  void close() { end_.reset(); }

 private:
  std::optional<testing::Descriptor> end_;
};

std::atomic<bool> has_begun_to_fork = false;

}  // namespace

TEST_CASE("a fork waits while a context is being made", "[forks among threads]") {
  const testing::TemporaryDirectory directory;
  const std::string authority = testing::Authority().pem();
  const std::string file = directory.file("ca.pem");
  const std::string pipe_file = directory.file("pipe.pem");
  testing::write_file(file, authority);
  REQUIRE(crypto::TlsContext::open({file, {}, {}}));
  REQUIRE(::pthread_atfork([] { has_begun_to_fork = true; }, nullptr, nullptr) == 0);  // begins before what came first
  Pipe pipe(pipe_file);
  std::atomic<bool> is_open = false;
  std::atomic<bool> is_forked = false;
  std::promise<void> child_has_ended;
  // Where a thread ends while another forks, OpenSSL leaves the child a lock that stays locked.
  std::thread opening([&] {
    is_open = bool(crypto::TlsContext::open({pipe_file, {}, {}}));
    child_has_ended.get_future().wait();
  });
  pipe.write(authority);
  has_begun_to_fork = false;
  int status = -1;
  std::thread forking([&] {
    const pid_t child = ::fork();
    if (child == 0) {
      ::_exit(crypto::TlsContext::open({file, {}, {}}) ? 0 : 1);
    }
    is_forked = true;
    ::waitpid(child, &status, 0);
  });
  while (!has_begun_to_fork) {
    std::this_thread::yield();
  }
  for (int i = 0; i < 10'000 && !is_forked; ++i) {
    std::this_thread::yield();
  }
  CHECK_FALSE(is_forked);
  pipe.write(authority);
  pipe.close();
  forking.join();
  child_has_ended.set_value();
  opening.join();
  CHECK(is_open);
  CHECK(status == 0);
}
