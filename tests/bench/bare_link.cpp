#include "bare_link.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <mutex>
#include <stdexcept>

namespace bench {

namespace {

void require(bool done, const char* what) {
  if (!done) {
    throw std::runtime_error(std::string("bare connection: ") + what);
  }
}

class Plain final : public Link {
 public:
  explicit Plain(const RedisAddress& address) : socket_(::socket(family(address), SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (address.transport == "unix") {
      sockaddr_un name{};
      name.sun_family = AF_UNIX;
      require(address.place.size() < sizeof name.sun_path, "the path is too long");
      std::memcpy(name.sun_path, address.place.data(), address.place.size());
      require(::connect(socket_, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0, "connect");
      return;
    }
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.place)));
    require(::connect(socket_, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0, "connect");
    const int yes = 1;
    require(::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0, "TCP_NODELAY");
  }
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;
  Plain(Plain&&) = delete;
  Plain& operator=(Plain&&) = delete;
  ~Plain() override { ::close(socket_); }

  int descriptor() const noexcept { return socket_; }

  void send(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      require(sent > 0, "send");
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  std::size_t receive(std::span<char> room) override {
    const ssize_t received = ::recv(socket_, room.data(), room.size(), 0);
    require(received > 0, "receive");
    return static_cast<std::size_t>(received);
  }

 private:
  static int family(const RedisAddress& address) noexcept { return address.transport == "unix" ? AF_UNIX : AF_INET; }

  int socket_;
};

class Tls final : public Link {
 public:
  explicit Tls(const RedisAddress& address)
      : plain_(address), context_(SSL_CTX_new(TLS_client_method())), ssl_(nullptr) {
    require(SSL_CTX_load_verify_file(context_.get(), address.ca_file.c_str()) == 1, "ca file");
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_read_ahead(context_.get(), 1);
    SSL_CTX_clear_mode(context_.get(), SSL_MODE_AUTO_RETRY);  // what is no content must not hold up who sends
    ssl_.reset(SSL_new(context_.get()));
    require(ssl_ != nullptr && SSL_set_fd(ssl_.get(), plain_.descriptor()) == 1 && SSL_connect(ssl_.get()) == 1, "TLS");
  }

  void send(std::string_view bytes) override {
    const std::lock_guard lock(mutex_);
    std::size_t sent = 0;
    require(SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent) == 1 && sent == bytes.size(), "send");
  }

  std::size_t receive(std::span<char> room) override {
    while (true) {
      if (SSL_has_pending(ssl_.get()) == 0) {
        pollfd descriptor{plain_.descriptor(), POLLIN, 0};
        require(::poll(&descriptor, 1, -1) == 1, "poll");
      }
      const std::lock_guard lock(mutex_);
      std::size_t received = 0;
      if (SSL_read_ex(ssl_.get(), room.data(), room.size(), &received) == 1) {
        return received;
      }
      require(SSL_get_error(ssl_.get(), 0) == SSL_ERROR_WANT_READ, "receive");
    }
  }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  };

  Plain plain_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  std::mutex mutex_;
};

}  // namespace

std::unique_ptr<Link> connect(const RedisAddress& address) {
  if (address.transport == "tls") {
    return std::make_unique<Tls>(address);
  }
  return std::make_unique<Plain>(address);
}

}  // namespace bench
