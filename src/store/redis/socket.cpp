#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <store/redis/socket.hpp>
#include <system_error>

namespace sessions::store::redis {

namespace {

// When a peer that is gone without a word counts as gone: probes after 30 seconds of silence, and bytes that nobody
// has acknowledged after as long.
constexpr int silence_seconds = 30;
constexpr int probe_seconds = 5;
constexpr int probes = 3;
constexpr unsigned unacknowledged_ms = 30'000;

Error unreachable(int reason) {
  return {Status::unavailable, "Redis cannot be reached: " + std::generic_category().message(reason)};
}

template <class Value>
void set(int descriptor, int level, int name, Value value) noexcept {
  setsockopt(descriptor, level, name, &value, sizeof value);  // without it things are slower, or noticed later
}

}  // namespace

Socket::~Socket() {
  if (descriptor_ >= 0) {
    close(descriptor_);
  }
}

Result<Socket> Socket::connect(const Address& address) {
  Socket socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.descriptor_ < 0) {
    return unreachable(errno);
  }
  if (address.family() != AF_UNIX) {
    set(socket.descriptor_, IPPROTO_TCP, TCP_NODELAY, 1);
    set(socket.descriptor_, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(socket.descriptor_, IPPROTO_TCP, TCP_KEEPIDLE, silence_seconds);
    set(socket.descriptor_, IPPROTO_TCP, TCP_KEEPINTVL, probe_seconds);
    set(socket.descriptor_, IPPROTO_TCP, TCP_KEEPCNT, probes);
    set(socket.descriptor_, IPPROTO_TCP, TCP_USER_TIMEOUT, unacknowledged_ms);
  }
  if (::connect(socket.descriptor_, address.get(), address.size) != 0 && errno != EINPROGRESS && errno != EINTR) {
    return unreachable(errno);
  }
  return socket;
}

Result<void> Socket::connected() const {
  int reason = 0;
  socklen_t size = sizeof reason;
  if (getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &reason, &size) != 0) {
    reason = errno;
  }
  return reason == 0 ? Result<void>() : unreachable(reason);
}

std::optional<std::size_t> Socket::send(std::string_view bytes) const noexcept {
  const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) {
    return static_cast<std::size_t>(sent);
  }
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? std::optional<std::size_t>(0) : std::nullopt;
}

std::optional<std::size_t> Socket::receive(std::span<char> room) const noexcept {
  const ssize_t received = recv(descriptor_, room.data(), room.size(), MSG_DONTWAIT);
  if (received > 0) {
    return static_cast<std::size_t>(received);
  }
  const bool is_later = received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  return is_later ? std::optional<std::size_t>(0) : std::nullopt;
}

void Socket::shut_down() const noexcept { static_cast<void>(shutdown(descriptor_, SHUT_RDWR)); }

bool Socket::is_quiet() const noexcept {
  char byte = 0;
  return recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace sessions::store::redis
