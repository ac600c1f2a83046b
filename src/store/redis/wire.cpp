#include <algorithm>
#include <array>
#include <new>
#include <store/redis/wire.hpp>

namespace sessions::store::redis {

namespace {

constexpr std::size_t kept_bytes = std::size_t{64} << 10U;
constexpr std::size_t read_bytes = std::size_t{16} << 10U;

// Keeps the room, unless it is much.
void discard(std::string& bytes) noexcept {
  bytes.clear();
  if (bytes.capacity() > kept_bytes) {
    std::string().swap(bytes);
  }
}

Error lost() { return {Status::unavailable, "the connection to Redis was lost: nothing was changed"}; }

}  // namespace

Result<void> Wire::fail(Error error) {
  close();
  return error;
}

void Wire::close() noexcept {
  if (state_ == State::open && channel_) {
    plain_.clear();
    channel_->close(unsent_);
    flush();
  }
  state_ = State::closed;
  resolver_.reset();
  addresses_.clear();
  channel_.reset();
  socket_ = Socket();
  said_.clear();
  plain_.clear();
  unsent_.clear();
  sent_ = 0;
}

Result<void> Wire::open() {
  was_cut_ = false;
  if (!options_.path.empty()) {
    const std::optional<Address> address = Address::of_path(options_.path);
    addresses_.assign(1, *address);
    return connect();
  }
  state_ = State::resolving;
  resolver_.emplace(options_.host, options_.port);
  return go_on({});
}

// Tries one address after the other until one does not refuse at once.
Result<void> Wire::connect() {
  Result<void> last = Error{Status::unavailable, {}};
  while (!addresses_.empty()) {
    Result<Socket> socket = Socket::connect(addresses_.back());
    addresses_.pop_back();
    if (socket) {
      socket_ = std::move(*socket);
      state_ = State::connecting;
      return {};
    }
    last = socket.error();
  }
  return fail(std::move(last.error()));
}

Result<void> Wire::was_connected() {
  if (Result<void> connected = socket_.connected(); !connected) {
    return addresses_.empty() ? fail(std::move(connected.error())) : connect();
  }
  if (tls_ == nullptr) {
    state_ = State::open;
    return {};
  }
  state_ = State::securing;
  auto channel = crypto::TlsChannel::open(tls_, options_.server_name.empty() ? options_.host : options_.server_name);
  if (!channel) {
    return fail(std::move(channel.error()));
  }
  channel_ = std::move(*channel);
  return secure({});
}

Result<void> Wire::secure(std::string_view received) {
  Result<void> gone_on = channel_->go_on(received, unsent_, said_);
  flush();
  if (!gone_on) {
    return fail(std::move(gone_on.error()));
  }
  if (channel_->is_open()) {
    state_ = State::open;
  }
  return {};
}

void Wire::list(std::vector<pollfd>& descriptors) {
  listed_ = descriptors.size();
  if (state_ == State::resolving) {
    resolver_->list(descriptors);
  } else if (state_ != State::closed) {
    const bool writes = state_ == State::connecting || has_unsent();
    const bool reads = state_ != State::connecting;
    descriptors.push_back({socket_.descriptor(), static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0)), 0});
  }
}

Deadline Wire::next_time(Deadline now, Deadline latest) const {
  return state_ == State::resolving ? std::min(resolver_->next_time(now), latest) : latest;
}

short Wire::revents(std::span<const pollfd> descriptors) const noexcept {
  return listed_ < descriptors.size() ? descriptors[listed_].revents : short{0};
}

Result<void> Wire::go_on(std::span<const pollfd> descriptors) {
  if (state_ == State::resolving) {
    if (!resolver_->result()) {
      resolver_->go_on();
    }
    if (const auto& result = resolver_->result()) {
      if (!*result) {
        return fail(result->error());
      }
      addresses_.assign((**result).rbegin(), (**result).rend());
      resolver_.reset();
      return connect();
    }
  } else if (state_ == State::connecting && revents(descriptors) != 0) {
    return was_connected();
  } else if (state_ == State::securing && revents(descriptors) != 0) {
    std::array<char, read_bytes> room;
    const Result<std::size_t> received = receive(room);
    return received ? secure({room.data(), *received}) : fail(received.error());
  }
  return {};
}

bool Wire::has_input(std::span<const pollfd> descriptors) const noexcept {
  return (revents(descriptors) & (POLLIN | POLLHUP | POLLERR)) != 0;
}

void Wire::write(std::string_view bytes) { (channel_ == nullptr ? unsent_ : plain_) += bytes; }

bool Wire::has_unsent() const noexcept { return sent_ < unsent_.size() || !plain_.empty(); }

// A channel that is broken is noticed by read().
void Wire::encrypt() noexcept {
  if (plain_.empty()) {
    return;
  }
  try {
    static_cast<void>(channel_->write(plain_, unsent_));
  } catch (const std::bad_alloc&) {
    socket_.shut_down();
  }
  discard(plain_);
}

void Wire::flush() noexcept {
  encrypt();
  while (sent_ < unsent_.size()) {
    const std::optional<std::size_t> sent = socket_.send(std::string_view(unsent_).substr(sent_));
    if (sent.value_or(0) == 0) {
      return;
    }
    sent_ += *sent;
  }
  sent_ = 0;
  discard(unsent_);
}

Result<std::size_t> Wire::receive(std::span<char> room) {
  const std::optional<std::size_t> received = socket_.receive(room);
  was_cut_ = !received;
  return received ? Result(*received) : Result<std::size_t>(lost());
}

Result<void> Wire::read(ReplyReader& reader) {
  std::array<char, read_bytes> room;
  std::size_t last = room.size();
  while (last == room.size()) {
    const Result<std::size_t> received = receive(room);
    if (!received) {
      return received.error();
    }
    last = *received;
    std::string_view said(room.data(), last);
    Result<void> gone_on;
    if (channel_ != nullptr) {
      gone_on = channel_->go_on(said, unsent_, said_);
      said = said_;
    }
    if (!said.empty() && !reader.feed(said)) {
      return Error{Status::unavailable, "what the server sends is no reply of Redis, or there is no memory for it"};
    }
    said_.clear();
    if (!gone_on) {
      return gone_on;
    }
  }
  return {};
}

}  // namespace sessions::store::redis
