// A way to the server and back for bytes: a name becomes an address, that a socket, and that is secured if it has to
// be.
#pragma once

#include <poll.h>

#include <base/clock.hpp>
#include <base/result.hpp>
#include <crypto/tls.hpp>
#include <memory>
#include <optional>
#include <span>
#include <store/redis/dialing.hpp>
#include <store/redis/options.hpp>
#include <store/redis/reply.hpp>
#include <store/redis/resolver.hpp>
#include <store/redis/socket.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sessions::store::redis {

class Wire {
 public:
  // The options outlive the wire. `tls` is null when the bytes go as they are.
  Wire(const Options& options, std::shared_ptr<crypto::TlsContext> tls) : options_(options), tls_(std::move(tls)) {}

  bool is_closed() const noexcept { return state_ == State::closed; }
  bool is_open() const noexcept { return state_ == State::open; }

  // Whether its name is being looked up.
  bool is_resolving() const noexcept { return state_ == State::resolving; }

  // Begins to open it, which has to be done by then. All errors close it.
  Result<void> open(Deadline now, Deadline until);
  void close() noexcept;

  // What to poll for, and until when at the latest.
  void list(std::vector<pollfd>& descriptors);
  Deadline next_time(Deadline now, Deadline latest) const;

  // Goes on after polling what it has listed, until it is open.
  Result<void> go_on(std::span<const pollfd> descriptors, Deadline now);

  // Once it is open: whether something has come, its end included, according to poll.
  bool has_input(std::span<const pollfd> descriptors) const noexcept;

  // Once it is open. Throws std::bad_alloc, and then has written nothing.
  void write(std::string_view bytes);
  bool has_unsent() const noexcept;
  void flush() noexcept;  // what does not go now stays; what can never go ends the connection, which read() notices

  // Errors leave it open: it is polled, perhaps, by another thread.
  Result<void> read(ReplyReader& reader);
  bool is_quiet() const noexcept { return socket_.is_quiet(); }

  // Whether its other end has closed it without a word.
  bool was_cut() const noexcept { return was_cut_; }

 private:
  enum class State { closed, resolving, connecting, securing, open };

  Result<void> connect(std::vector<Address> addresses, Deadline now);
  Result<void> go_on_connecting(bool is_decided, Deadline now);
  Result<void> secure(std::string_view received);
  Result<std::size_t> receive(std::span<char> room);
  Result<void> fail(Error error);
  short revents(std::span<const pollfd> descriptors) const noexcept;
  void encrypt() noexcept;

  const Options& options_;
  const std::shared_ptr<crypto::TlsContext> tls_;
  State state_ = State::closed;
  Deadline until_{};  // to be open
  std::optional<Resolver> resolver_;
  std::optional<Dialing> dialing_;
  Socket socket_;
  std::unique_ptr<crypto::TlsChannel> channel_;
  std::string said_;  // by the server, and decrypted
  bool was_cut_ = false;
  std::string plain_;  // to be encrypted together, when it is sent
  std::string unsent_;
  std::size_t sent_ = 0;    // of `unsent_`
  std::size_t listed_ = 0;  // where the socket stands among the descriptors
};

}  // namespace sessions::store::redis
