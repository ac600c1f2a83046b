// A proxy in front of a server on a unix socket that spoils what goes through it at one byte, in the thread of who
// polls with it, and time that passes only when nothing else can happen.
#pragma once

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <list>
#include <optional>
#include <store/redis/environment.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unix_socket.hpp"

namespace sessions::testing {

// late: the client loses the connection, and what it had said only arrives when the test lets it.
enum class Fault { none, reset, close, stall, bad_byte, extra_reply, dribble, late };

inline constexpr std::array all_faults = {Fault::reset,       Fault::close,   Fault::stall, Fault::bad_byte,
                                          Fault::extra_reply, Fault::dribble, Fault::late};

// At which byte, counted over all connections, of what the server or the client sends.
struct FaultPlan {
  Fault fault = Fault::none;
  bool of_server = true;
  std::size_t at = 0;
  std::string extra = "+OK\r\n";  // what an extra reply is
};

class FaultProxy {
 public:
  FaultProxy(std::string path, std::string server_path, FaultPlan plan)
      : path_(std::move(path)),
        server_path_(std::move(server_path)),
        plan_(std::move(plan)),
        listener_(listen_at(path_)) {}
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;
  FaultProxy(FaultProxy&&) = delete;
  FaultProxy& operator=(FaultProxy&&) = delete;
  ~FaultProxy() { unlink(path_.c_str()); }

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

  const std::string& said_by_client() const noexcept { return said_by_client_; }
  const std::string& said_by_server() const noexcept { return said_by_server_; }
  bool was_spoilt() const noexcept { return was_spoilt_; }

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
  struct Pair {
    Pair(int client_number, Descriptor server_end) : client(client_number), server(std::move(server_end)) {}

    Descriptor client;
    Descriptor server;
    std::string to_client;
    std::string to_server;
    bool is_stalled = false;
    bool ends = false;
  };

  // A server that has not answered for so long has nothing to say. When that is wrong, a call times out that need not
  // have: no test may rely on it that none does.
  static constexpr int quiet_ms = 10;

  void poll(std::span<pollfd> descriptors, Deadline until) {
    for (int timeout = 0;; timeout = quiet_ms) {
      const bool moved = pump(has_waiting() ? 0 : timeout);
      if (::poll(descriptors.data(), descriptors.size(), 0) > 0) {
        return;
      }
      if (!moved && (timeout != 0 || pairs_.empty() || is_stalled())) {
        skipped_ += std::max(until - now(), std::chrono::steady_clock::duration(0));
        return;
      }
      timeout = 0;
    }
  }

  bool has_waiting() const {
    return std::any_of(pairs_.begin(), pairs_.end(),
                       [](const Pair& pair) { return !pair.to_server.empty() || !pair.to_client.empty(); });
  }

  bool is_stalled() const {
    return std::all_of(pairs_.begin(), pairs_.end(), [](const Pair& pair) { return pair.is_stalled; });
  }

  bool pump(int timeout) {
    std::vector<pollfd> waiting = {{*listener_, POLLIN, 0}};
    for (const Pair& pair : pairs_) {
      waiting.push_back({*pair.client, static_cast<short>(pair.is_stalled ? 0 : POLLIN), 0});
      waiting.push_back({*pair.server, static_cast<short>(pair.is_stalled ? 0 : POLLIN), 0});
    }
    bool moved = ::poll(waiting.data(), waiting.size(), timeout) > 0;
    if ((waiting.front().revents & POLLIN) != 0) {
      accept_one();
    }
    for (Pair& pair : pairs_) {
      moved = forward(pair) || moved;
    }
    pairs_.remove_if([](const Pair& pair) { return pair.ends; });
    return moved;
  }

  void accept_one() {
    const int client = accept4(*listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    pairs_.emplace_back(client, connect_to(server_path_));
  }

  bool forward(Pair& pair) {
    if (pair.is_stalled) {
      return false;
    }
    std::array<char, 16384> room;
    if (const ssize_t size = recv(*pair.client, room.data(), room.size(), 0); size > 0) {
      const std::string_view bytes(room.data(), static_cast<std::size_t>(size));
      said_by_client_ += bytes;
      pair.to_server += bytes;
    } else if (size == 0) {
      pair.ends = true;
    }
    bool moved = pass_some(pair, pair.to_server, *pair.server, client_bytes_, false);
    if (pair.is_stalled || pair.ends) {
      return true;
    }
    if (const ssize_t size = recv(*pair.server, room.data(), room.size(), 0); size > 0) {
      moved = true;
      const std::string_view bytes(room.data(), static_cast<std::size_t>(size));
      said_by_server_ += bytes;
      pair.to_client += bytes;
    } else if (size == 0) {
      pair.ends = true;
    }
    return pass_some(pair, pair.to_client, *pair.client, server_bytes_, true) || moved;
  }

  // When it dribbles, one byte for each time that the client looks.
  bool pass_some(Pair& pair, std::string& waiting, int to, std::size_t& count, bool is_server) {
    if (waiting.empty()) {
      return false;
    }
    const bool dribbles = plan_.fault == Fault::dribble && plan_.of_server == is_server;
    const std::size_t most = !dribbles ? std::string::npos : count < plan_.at ? plan_.at - count : 1;
    const std::string some = waiting.substr(0, most);
    waiting.erase(0, some.size());
    pass(pair, to, count, is_server, some);
    return true;
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
    if (was_spoilt_ || plan_.fault == Fault::none || plan_.of_server != is_server || plan_.at < begin ||
        plan_.at >= count) {
      send_all(to, bytes);
      return;
    }
    was_spoilt_ = true;
    const std::size_t before = plan_.at - begin;
    std::string spoilt(bytes);
    switch (plan_.fault) {
      case Fault::none:
      case Fault::dribble:
        break;
      case Fault::reset: {
        const linger at_once{1, 0};
        setsockopt(to, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        [[fallthrough]];
      }
      case Fault::close:
        spoilt.resize(before);
        pair.ends = true;
        break;
      case Fault::stall:
        spoilt.resize(before);
        pair.is_stalled = true;
        break;
      case Fault::bad_byte:
        spoilt[before] = static_cast<char>(spoilt[before] ^ 0x80);
        break;
      case Fault::extra_reply:
        spoilt.insert(before, plan_.extra);
        break;
      case Fault::late:
        late_ = spoilt.substr(before);
        spoilt.resize(before);
        pair.ends = true;
        break;
    }
    send_all(to, spoilt);
    if (plan_.fault == Fault::late) {
      late_server_.emplace(std::move(pair.server));
    }
  }

  const std::string path_;
  const std::string server_path_;
  const FaultPlan plan_;
  Descriptor listener_;
  std::list<Pair> pairs_;
  std::size_t server_bytes_ = 0;
  std::size_t client_bytes_ = 0;
  std::string said_by_client_;
  std::string said_by_server_;
  bool was_spoilt_ = false;
  std::string late_;
  std::optional<Descriptor> late_server_;
  std::chrono::steady_clock::duration skipped_{0};
};

}  // namespace sessions::testing
