#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <csignal>
#include <memory>
#include <store/redis/socket.hpp>
#include <string>

#include "../../../support/catch.hpp"
#include "../../../support/temporary_directory.hpp"
#include "../../../support/unix_socket.hpp"

using namespace sessions;
using namespace sessions::store::redis;

namespace {

int option(const Socket& socket, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  REQUIRE(getsockopt(socket.descriptor(), level, name, &value, &size) == 0);
  return value;
}

}  // namespace

TEST_CASE("a peer that is gone without a word is noticed") {
  const testing::Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(*listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(*listener, 1) == 0);
  REQUIRE(::getsockname(*listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const auto socket = Socket::connect(*Address::of_numbers("127.0.0.1", ntohs(address.sin_port)));
  REQUIRE(socket);
  CHECK(option(*socket, SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(option(*socket, IPPROTO_TCP, TCP_KEEPIDLE) == 30);
  CHECK(option(*socket, IPPROTO_TCP, TCP_KEEPINTVL) == 5);
  CHECK(option(*socket, IPPROTO_TCP, TCP_KEEPCNT) == 3);
  CHECK(option(*socket, IPPROTO_TCP, TCP_USER_TIMEOUT) == 30'000);
  CHECK(option(*socket, IPPROTO_TCP, TCP_NODELAY) == 1);
}

TEST_CASE("no call waits, no child process has it after exec, and its end is no signal") {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.file("s");
  auto listener = std::make_unique<testing::Descriptor>(testing::listen_at(path));
  const auto socket = Socket::connect(*Address::of_path(path));
  REQUIRE(socket);
  CHECK((fcntl(socket->descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((fcntl(socket->descriptor(), F_GETFL) & O_NONBLOCK) != 0);
  char byte = 0;
  CHECK(socket->receive({&byte, 1}) == 0U);
  listener.reset();  // with it the other end is gone
  void (*const before)(int) = std::signal(SIGPIPE, SIG_DFL);
  CHECK_FALSE(socket->send("x"));
  std::signal(SIGPIPE, before);
}
