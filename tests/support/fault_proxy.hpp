// A proxy on TCP in front of a server that spoils what goes through it at one byte, in the thread of who polls with it,
// and time that passes only when nothing else can happen.
#pragma once

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <list>
#include <optional>
#include <store/redis/environment.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loopback.hpp"

namespace sessions::testing {

// bad_byte: one that is no ASCII any more. near_byte: one that may pass for what was meant, such as another digit.
// dribble: some bytes come one by one. late: the client loses the connection, and what it had said only arrives when
// the test lets it.
enum class Fault { none, reset, close, stall, bad_byte, near_byte, extra_reply, dribble, late };

inline constexpr std::array all_faults = {Fault::reset,     Fault::close,       Fault::stall,   Fault::bad_byte,
                                          Fault::near_byte, Fault::extra_reply, Fault::dribble, Fault::late};

// At which byte of what the server or the client sends on one connection. Which of several is used first is up to
// chance.
struct FaultPlan {
  Fault fault = Fault::none;
  bool of_server = true;
  std::size_t connection = 0;  // in the order in which the client makes them
  std::size_t at = 0;
  std::string extra = "+OK\r\n";  // what an extra reply is
  std::size_t dribbling = std::string::npos;
  bool misleads = false;  // what is said instead makes sense too, as far as anybody can see
};

class FaultProxy {
 public:
  struct Server {
    int listener;                         // where clients of the proxy come, and are nobody's else's
    std::function<Descriptor()> connect;  // not blocking

    // Returns when it has said all that it has to say to what it has got.
    std::function<void()> settle;
  };

  FaultProxy(Server server, FaultPlan plan) : server_(std::move(server)), plan_(std::move(plan)) {
    while (const std::optional<Descriptor> of_former = accept_one()) {
    }
  }

  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;
  FaultProxy(FaultProxy&&) = delete;
  FaultProxy& operator=(FaultProxy&&) = delete;
  ~FaultProxy() = default;

  // Time and events for a client of the proxy. The proxy outlives it.
  store::redis::Environment environment() {
    store::redis::Environment environment;
    environment.now = [this] { return now(); };
    environment.poll = [this](std::span<pollfd> descriptors, Deadline, Deadline until, bool) {
      poll(descriptors, until);
    };
    return environment;
  }

  Deadline now() const { return std::chrono::steady_clock::now() + skipped_; }

  // Returns when there is something for these, or nothing can happen any more: then it is `until`.
  void poll(std::span<pollfd> descriptors, Deadline until) {
    for (bool is_settled = false;;) {
      const bool moved = pump();
      if (::poll(descriptors.data(), descriptors.size(), 0) > 0) {
        was_reset_ = was_reset_ || std::any_of(descriptors.begin(), descriptors.end(),
                                               [](const pollfd& each) { return (each.revents & POLLERR) != 0; });
        return;
      }
      if (!moved && (is_settled || is_stalled())) {
        skipped_ += std::max(until - now(), std::chrono::steady_clock::duration(0));
        return;
      }
      if (!moved) {
        server_.settle();
      }
      is_settled = !moved;
    }
  }

  // On each connection, in the order in which the client made them.
  const std::vector<std::string>& said_by_client() const noexcept { return said_by_client_; }
  const std::vector<std::string>& said_by_server() const noexcept { return said_by_server_; }
  bool was_spoilt() const noexcept { return was_spoilt_; }

  // Whether a socket of the client's has got an error.
  bool was_reset() const noexcept { return was_reset_; }

  // Returns when the server has done all that has come late.
  void deliver_late() {
    if (late_server_ && !late_.empty()) {
      fcntl(**late_server_, F_SETFL, 0);
      send_all(**late_server_, late_);
      shutdown(**late_server_, SHUT_WR);
      for (std::array<char, 4096> room; recv(**late_server_, room.data(), room.size(), 0) > 0;) {
      }
    }
    late_server_.reset();
  }

 private:
  // However it ends, no port is left waiting at the end where the system chooses them: there are not enough for that.
  struct Pair {
    Pair(std::size_t of_all, Descriptor client_end, Descriptor server_end)
        : number(of_all), client(std::move(client_end)), server(std::move(server_end)) {}
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;
    Pair(Pair&&) = delete;
    Pair& operator=(Pair&&) = delete;
    ~Pair() {
      reset_at_end(*server);
      if (!has_farewell) {
        reset_at_end(*client);
      }
    }

    void end_with_farewell() {
      shutdown(*client, SHUT_WR);  // otherwise what was not read yet makes a reset of it
      has_farewell = true;
      ends = true;
    }

    const std::size_t number;
    Descriptor client;
    Descriptor server;
    std::string to_client;
    std::string to_server;
    std::size_t client_bytes = 0;
    std::size_t server_bytes = 0;
    bool is_stalled = false;
    bool ends = false;
    bool has_farewell = false;
  };

  // Whether there is nobody, or nobody who gets an answer.
  bool is_stalled() const {
    return std::all_of(pairs_.begin(), pairs_.end(), [](const Pair& pair) { return pair.is_stalled; });
  }

  std::optional<Descriptor> accept_one() const {
    const int client = accept4(server_.listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return client < 0 ? std::nullopt : std::optional<Descriptor>(client);
  }

  bool pump() {
    std::optional<Descriptor> client = accept_one();
    bool moved = client.has_value();
    if (client) {
      send_at_once(**client);
      pairs_.emplace_back(said_by_client_.size(), std::move(*client), server_.connect());
      said_by_client_.emplace_back();
      said_by_server_.emplace_back();
    }
    for (Pair& pair : pairs_) {
      moved = forward(pair) || moved;
    }
    pairs_.remove_if([](const Pair& pair) { return pair.ends; });
    return moved;
  }

  bool forward(Pair& pair) {
    if (pair.is_stalled) {
      return false;
    }
    bool moved = receive(*pair.client, pair.to_server, said_by_client_[pair.number], pair.ends);
    moved = pass_some(pair, pair.to_server, *pair.server, pair.client_bytes, false) || moved;
    if (pair.is_stalled || pair.ends) {
      return true;
    }
    bool ends = false;
    moved = receive(*pair.server, pair.to_client, said_by_server_[pair.number], ends) || moved;
    moved = pass_some(pair, pair.to_client, *pair.client, pair.server_bytes, true) || moved;
    if (ends && !pair.ends) {
      pair.end_with_farewell();
    }
    return moved;
  }

  static bool receive(int from, std::string& waiting, std::string& said, bool& ends) {
    std::array<char, 16384> room;
    const ssize_t size = recv(from, room.data(), room.size(), 0);
    if (size > 0) {
      waiting.append(room.data(), static_cast<std::size_t>(size));
      said.append(room.data(), static_cast<std::size_t>(size));
    } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
      ends = true;
    }
    return size > 0 || ends;
  }

  // When it dribbles, one byte for each time that the client looks.
  bool pass_some(Pair& pair, std::string& waiting, int to, std::size_t& count, bool is_server) {
    if (waiting.empty()) {
      return false;
    }
    const bool dribbles = plan_.fault == Fault::dribble && is_meant(pair, is_server) &&
                          (count < plan_.at || count - plan_.at < plan_.dribbling);
    const std::size_t most = !dribbles ? std::string::npos : count < plan_.at ? plan_.at - count : 1;
    const std::string some = waiting.substr(0, most);
    waiting.erase(0, some.size());
    pass(pair, to, count, is_server, some);
    return true;
  }

  bool is_meant(const Pair& pair, bool is_server) const {
    return plan_.of_server == is_server && plan_.connection == pair.number;
  }

  // The server always comes to reading it; the client is this thread.
  static void await_room(int server) {
    pollfd room{server, POLLOUT, 0};
    ::poll(&room, 1, -1);
  }

  void pass(Pair& pair, int to, std::size_t& count, bool is_server, std::string_view bytes) {
    const std::size_t begin = count;
    count += bytes.size();
    if (!is_server) {
      await_room(to);
    }
    if (was_spoilt_ || plan_.fault == Fault::none || !is_meant(pair, is_server) || plan_.at < begin ||
        plan_.at >= count) {
      send_all(to, bytes);
      return;
    }
    was_spoilt_ = true;
    send_all(to, spoil(pair, std::string(bytes), plan_.at - begin));
    if (plan_.fault == Fault::late) {
      late_server_.emplace(std::move(pair.server));
    }
    if (plan_.fault == Fault::close || plan_.fault == Fault::late) {
      pair.end_with_farewell();
    }
  }

  // What is passed of it.
  std::string spoil(Pair& pair, std::string bytes, std::size_t at) {
    switch (plan_.fault) {
      case Fault::none:
      case Fault::dribble:
        break;
      case Fault::late:
        late_ = bytes.substr(at);
        bytes.resize(at);
        break;
      case Fault::close:
        bytes.resize(at);
        break;
      case Fault::reset:
        bytes.resize(at);
        pair.ends = true;
        break;
      case Fault::stall:
        bytes.resize(at);
        pair.is_stalled = true;
        break;
      case Fault::bad_byte:
        bytes[at] = static_cast<char>(bytes[at] ^ 0x80);
        break;
      case Fault::near_byte:
        bytes[at] = static_cast<char>(bytes[at] ^ 1);
        break;
      case Fault::extra_reply:
        bytes.insert(at, plan_.extra);
        break;
    }
    return bytes;
  }

  const Server server_;
  const FaultPlan plan_;
  std::list<Pair> pairs_;
  std::vector<std::string> said_by_client_;
  std::vector<std::string> said_by_server_;
  bool was_spoilt_ = false;
  bool was_reset_ = false;
  std::string late_;
  std::optional<Descriptor> late_server_;
  std::chrono::steady_clock::duration skipped_{0};
};

}  // namespace sessions::testing
