// A server that says what a test tells it to, in the thread of who polls with it, and time that passes only when
// nothing else can happen.
#pragma once

#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <list>
#include <optional>
#include <store/redis/environment.hpp>
#include <store/redis/reply.hpp>
#include <string>
#include <utility>
#include <vector>

#include "unix_socket.hpp"

namespace sessions::testing {

class ScriptedServer {
 public:
  // What it answers to a command, in RESP: nothing, or that and the end of the connection, when it ends with closing.
  using Script = std::function<std::string(const std::vector<std::string>& words)>;

  static constexpr char closing = '\x04';

  explicit ScriptedServer(std::string path) : path_(std::move(path)), listener_(listen_at(path_)) {}
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ScriptedServer(ScriptedServer&&) = delete;
  ScriptedServer& operator=(ScriptedServer&&) = delete;
  ~ScriptedServer() { unlink(path_.c_str()); }

  Script script = [](const std::vector<std::string>& words) { return usual(words); };

  // As a server that is well would.
  static std::string usual(const std::vector<std::string>& words) {
    return words.front() == "PING" && words.size() > 1 ? bulk(words.back()) : "+OK\r\n";
  }

  static std::string bulk(const std::string& text) {
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
  }

  // Says something that nobody asked for.
  void say(const std::string& bytes) {
    for (Client& client : clients_) {
      client.to_send += bytes;
      send_some(client);
    }
  }

  // Also from inside of the script.
  void close_all() {
    for (Client& client : clients_) {
      client.ends = true;
      shutdown(*client.socket, SHUT_RDWR);
    }
  }

  // From now on it takes no new connection.
  void refuse() {
    listener_.reset();
    unlink(path_.c_str());
  }

  // From now on nobody is there.
  void stop() {
    close_all();
    refuse();
  }
  void start() { listener_.emplace(listen_at(path_)); }

  // What was said to it, a line for each command, and how many connections there have been.
  std::vector<std::string> heard;
  int connections = 0;
  std::size_t open_connections() const noexcept { return clients_.size(); }

  // Something to be done when the client has nothing else to do, before time passes.
  std::function<void()> meanwhile;

  store::redis::Environment environment() {
    store::redis::Environment environment;
    environment.now = [this] { return now(); };
    environment.poll = [this](std::span<pollfd> descriptors, Deadline, Deadline until, bool) {
      poll(descriptors, until);
    };
    return environment;
  }

  Deadline now() const { return std::chrono::steady_clock::now() + skipped_; }
  void skip(std::chrono::steady_clock::duration time) { skipped_ += time; }

 private:
  struct Client {
    explicit Client(int number) : socket(number) {}

    Descriptor socket;
    store::redis::ReplyReader commands;
    std::string to_send;
    bool ends = false;
  };

  void poll(std::span<pollfd> descriptors, Deadline until) {
    while (serve()) {
    }
    if (::poll(descriptors.data(), descriptors.size(), 0) > 0) {
      return;
    }
    if (meanwhile) {
      std::exchange(meanwhile, nullptr)();
      return;
    }
    skip(std::max(until - now(), std::chrono::steady_clock::duration(0)));
  }

  bool serve() {
    bool moved = false;
    if (const int client = listener_ ? accept4(**listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC) : -1;
        client >= 0) {
      clients_.emplace_back(client);
      ++connections;
      moved = true;
    }
    for (Client& client : clients_) {
      moved = serve(client) || moved;
    }
    clients_.remove_if([](const Client& client) { return client.ends; });
    return moved;
  }

  bool serve(Client& client) {
    const bool has_sent = send_some(client);
    std::array<char, 65536> room;
    const ssize_t size = recv(*client.socket, room.data(), room.size(), 0);
    if (size <= 0) {
      client.ends = client.ends || size == 0;
      return has_sent || client.ends;
    }
    client.commands.feed({room.data(), static_cast<std::size_t>(size)});
    while (const auto command = client.commands.next()) {
      answer(client, *command);
    }
    return true;
  }

  static bool send_some(Client& client) {
    const ssize_t sent = send(*client.socket, client.to_send.data(), client.to_send.size(), MSG_NOSIGNAL);
    client.to_send.erase(0, sent > 0 ? static_cast<std::size_t>(sent) : 0);
    return sent > 0;
  }

  void answer(Client& client, const store::redis::Reply& command) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < command.size(); ++i) {
      words.emplace_back(command[i].text());
    }
    std::string line;
    for (const std::string& word : words) {
      line += (line.empty() ? "" : " ") + word;
    }
    heard.push_back(line);
    std::string answer = script(words);
    if (answer.ends_with(closing)) {
      answer.pop_back();
      client.ends = true;
    }
    client.to_send += answer;
    send_some(client);
  }

  const std::string path_;
  std::optional<Descriptor> listener_;
  std::list<Client> clients_;
  std::chrono::steady_clock::duration skipped_{0};
};

}  // namespace sessions::testing
