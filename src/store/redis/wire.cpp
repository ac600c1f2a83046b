#include <algorithm>
#include <array>
#include <new>
#include <store/redis/wire.hpp>

namespace sessions::store::redis {

namespace {

constexpr std::size_t kept_bytes = std::size_t{64} << 10U;
constexpr std::size_t read_bytes = std::size_t{16} << 10U;

// Then what has come is dealt with, and others have their turn.
constexpr int reads_at_once = 16;

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
  dialing_.reset();
  channel_.reset();
  socket_ = Socket();
  said_.clear();
  plain_.clear();
  unsent_.clear();
  sent_ = 0;
}

Result<void> Wire::open(Deadline now, Deadline until) {
  was_cut_ = false;
  until_ = until;
  if (!options_.path.empty()) {
    return connect({*Address::of_path(options_.path)}, now);
  }
  state_ = State::resolving;
  resolver_.emplace(options_.host, options_.port, until - now);
  return go_on({}, now);
}

Result<void> Wire::connect(std::vector<Address> addresses, Deadline now) {
  state_ = State::connecting;
  dialing_.emplace(std::move(addresses), until_);
  return go_on_connecting(false, now);
}

Result<void> Wire::go_on_connecting(bool is_decided, Deadline now) {
  Result<bool> connected = dialing_->go_on(is_decided, now);
  if (!connected) {
    return fail(std::move(connected.error()));
  }
  if (!*connected) {
    return {};
  }
  socket_ = dialing_->take();
  dialing_.reset();
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
  } else if (state_ == State::connecting) {
    descriptors.push_back({dialing_->descriptor(), POLLOUT, 0});
  } else if (state_ != State::closed) {
    descriptors.push_back({socket_.descriptor(), static_cast<short>(POLLIN | (has_unsent() ? POLLOUT : 0)), 0});
  }
}

Deadline Wire::next_time(Deadline now, Deadline latest) const {
  switch (state_) {
    case State::resolving:
      return std::min(resolver_->next_time(now), latest);
    case State::connecting:
      return dialing_->next_time(latest);
    default:
      return latest;
  }
}

short Wire::revents(std::span<const pollfd> descriptors) const noexcept {
  return listed_ < descriptors.size() ? descriptors[listed_].revents : short{0};
}

Result<void> Wire::go_on(std::span<const pollfd> descriptors, Deadline now) {
  if (state_ == State::resolving) {
    if (!resolver_->result()) {
      resolver_->go_on();
    }
    if (const auto& result = resolver_->result()) {
      if (!*result) {
        return fail(result->error());
      }
      std::vector<Address> addresses = **result;
      resolver_.reset();
      return connect(std::move(addresses), now);
    }
  } else if (state_ == State::connecting) {
    return go_on_connecting(revents(descriptors) != 0, now);
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
  for (int count = 0; count < reads_at_once && last == room.size(); ++count) {
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
