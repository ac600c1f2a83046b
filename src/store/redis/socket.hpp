// A non-blocking stream socket, which no child process inherits over exec and no signal comes from.
#pragma once

#include <base/result.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <store/redis/address.hpp>
#include <string_view>
#include <utility>

namespace sessions::store::redis {

class Socket {
 public:
  Socket() = default;
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket();

  // Begins to connect; poll for output says when that is decided.
  static Result<Socket> connect(const Address& address);

  // Whether it is connected, once poll has said so. Errors say why not.
  Result<void> connected() const;

  int descriptor() const noexcept { return descriptor_; }

  // How many bytes went; 0 when there is no room now. None: the connection is broken.
  std::optional<std::size_t> send(std::string_view bytes) const noexcept;

  // How many bytes came; 0 when there are none now. None: the connection is broken, or its other end has closed it.
  std::optional<std::size_t> receive(std::span<char> room) const noexcept;

  // Nothing more goes or comes; whoever polls sees the end.
  void shut_down() const noexcept;

  // Whether nothing has come, neither bytes nor the end.
  bool is_quiet() const noexcept;

 private:
  explicit Socket(int descriptor) noexcept : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

}  // namespace sessions::store::redis
