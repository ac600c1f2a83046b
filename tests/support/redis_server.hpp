// A Redis server of a test's own, in a directory of its own: it ends with its owner. Start it from a thread that lives
// as long as the server does.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "temporary_directory.hpp"

namespace sessions::testing {

// A port of 127.0.0.1 that nobody listens on just now. Below those that the system gives to clients: one that connects
// to itself there would keep a server that was killed from coming back.
inline int free_port() {
  static std::minstd_rand draw(static_cast<unsigned>(::getpid()));
  for (;;) {
    const int port = std::uniform_int_distribution<int>(10'000, 32'000)(draw);
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool is_free = ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    if (is_free) {
      return port;
    }
  }
}

class RedisServer {
 public:
  // tls: further arguments name the certificates; at the unix socket it can be talked to without.
  enum class Listen { unix_socket, tcp, tls };

  explicit RedisServer(Listen listen = Listen::unix_socket, std::vector<std::string> arguments = {})
      : listen_(listen), further_(std::move(arguments)) {
    constexpr int attempts = 5;  // somebody else may take the port first
    for (int i = 0; process_ == 0; ++i) {
      port_ = listen_ == Listen::unix_socket ? 0 : free_port();
      start_unless_ended(i + 1 < attempts);
    }
  }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  ~RedisServer() { kill(); }

  const std::string& socket_path() const noexcept { return socket_path_; }
  int port() const noexcept { return port_; }
  bool has_socket() const noexcept { return listen_ != Listen::tcp; }
  pid_t process() const noexcept { return process_; }
  std::string file(const std::string& name) const { return directory_.file(name); }

  // For the next start: "--appendonly", "yes" and the like, which come after ours and count more.
  void set_arguments(std::vector<std::string> arguments) { further_ = std::move(arguments); }

  // Returns when it accepts commands. In the same directory and, but for the first time, at the same place.
  void start() { start_unless_ended(false); }

  // Returns at once: it may still be loading, or not listening yet.
  void spawn() {
    int logs[2];
    if (::pipe2(logs, O_CLOEXEC | O_NONBLOCK) != 0) {
      throw std::runtime_error("no pipe");
    }
    const std::vector<std::string> words = command_line();
    std::vector<char*> arguments;
    for (const std::string& word : words) {
      arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    const pid_t parent = ::getpid();
    process_ = ::fork();
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() == parent && ::dup2(logs[1], STDOUT_FILENO) >= 0) {
        ::execvp(arguments[0], arguments.data());
      }
      ::_exit(127);
    }
    ::close(logs[1]);
    logs_ = logs[0];
  }

  // False when it has ended instead.
  bool await_ready() { return await_log("eady to accept connections"); }

  // Whether it says so in its log; from its start on, or from where the last such call has found its text.
  bool await_log(std::string_view text) {
    ::fcntl(logs_, F_SETFL, 0);
    for (std::string::size_type found = 0; (found = log_.find(text)) == std::string::npos;) {
      char bytes[4096];
      const ssize_t size = ::read(logs_, bytes, sizeof bytes);
      if (size > 0) {
        log_.append(bytes, static_cast<std::size_t>(size));
      } else if (size == 0 || errno != EINTR) {
        return false;
      }
    }
    log_.erase(0, log_.find(text) + text.size());
    return true;
  }

  void kill() { end(SIGKILL); }
  void stop() { end(SIGTERM); }
  void restart() {
    kill();
    start();
  }
  void pause() const { ::kill(process_, SIGSTOP); }
  void resume() const { ::kill(process_, SIGCONT); }

 private:
  std::vector<std::string> command_line() const {
    std::vector<std::string> words = {
        "redis-server", "--dir", directory_.file(""), "--save", "",       "--appendonly", "no",
        "--daemonize",  "no",    "--logfile",         "",       "--bind", "127.0.0.1",    "--loglevel",
        "notice"};
    if (const char* const another = std::getenv("SESSIONS_REDIS_SERVER")) {
      words.front() = another;
    }
    const auto add = [&words](std::vector<std::string> more) { words.insert(words.end(), more.begin(), more.end()); };
    switch (listen_) {
      case Listen::unix_socket:
        add({"--port", "0", "--unixsocket", socket_path_});
        break;
      case Listen::tcp:
        add({"--port", std::to_string(port_)});
        break;
      case Listen::tls:
        add({"--port", "0", "--tls-port", std::to_string(port_), "--unixsocket", socket_path_});
        break;
    }
    add(further_);
    return words;
  }

  void start_unless_ended(bool may_end) {
    spawn();
    if (await_ready()) {
      return;
    }
    const std::string log = log_;
    kill();
    if (!may_end) {
      throw std::runtime_error("redis-server did not start: " + log);
    }
  }

  void end(int signal) {
    if (process_ > 0) {
      ::kill(process_, signal);
      ::kill(process_, SIGCONT);
      ::waitpid(process_, nullptr, 0);
      ::close(logs_);
      process_ = 0;
      log_.clear();
    }
  }

  const TemporaryDirectory directory_;
  const std::string socket_path_ = directory_.file("redis.sock");
  const Listen listen_;
  std::vector<std::string> further_;
  int port_ = 0;
  pid_t process_ = 0;
  int logs_ = -1;
  std::string log_;
};

}  // namespace sessions::testing
