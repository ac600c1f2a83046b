// A web server that counts visits: the quick start of libsessions, on cpp-httplib. The argument is a backend's URL,
// memory: by default. $PORT is the port on 127.0.0.1, 8080 by default; 0 picks a free one. $SESSIONS_SECRET signs.
#include <httplib.h>
#include <signal.h>
#include <sys/random.h>

#include <charconv>
#include <iostream>
#include <sessions.hpp>

namespace {

// The counter as the session has it now.
std::string counter(const sessions::Session& session) {
  return "{\"counter\":" + std::string(session.get_json("counter").value_or_throw().value_or("null")) + "}";
}

// The seed's five routes, /login, and /hit, answered after its commit: then the session shows parallel hits too.
std::string run_route(std::string_view path, sessions::Session& session) {
  if (path == "/") return "{\"hello\":\"world\"}";
  if (path == "/read") return std::string(session.to_json().value_or_throw());
  if (path == "/hit") return session.increment("counter").value_or_throw(), "";
  if (path != "/set" && path != "/clear" && path != "/unsafe" && path != "/login") {
    throw sessions::Exception(sessions::Error(sessions::Status::not_found));
  }
  std::string answer = counter(session);
  if (path == "/set") session.increment("counter").value_or_throw();
  if (path == "/clear") session.clear().value_or_throw();
  return answer;
}

// A store that could not be asked is no logout: 503 tells that the same request may succeed later.
int code_of(const sessions::Exception& error) {
  if (error.category() == sessions::Category::environment) return 503;
  return error.status() == sessions::Status::not_found ? 404 : 500;
}

// A request may have several Cookie headers; the library takes them joined.
std::string join_cookies(const httplib::Request& request) {
  std::string joined;
  for (size_t i = 0; i < request.get_header_value_count("Cookie"); i++)
    joined += (i > 0 ? "; " : "") + request.get_header_value("Cookie", i);
  return joined;
}

void add_headers(const sessions::Session& session, httplib::Response& response) {
  if (session.varies_by_cookie()) response.set_header("Vary", "Cookie");
  if (session.must_not_be_cached()) response.set_header("Cache-Control", "private, no-store");
  for (auto line : session.cookie_lines()) response.set_header("Set-Cookie", std::string(line));
}

// Called for every request, by several threads at once.
void handle(const sessions::Manager& manager, const httplib::Request& request, httplib::Response& response) {
  std::optional<sessions::Session> session;
  std::string answer;
  try {
    session = manager.load(join_cookies(request)).value_or_throw();
    answer = run_route(request.path, *session);
    (request.path == "/login" ? session->regenerate() : session->commit()).value_or_throw();
    if (answer.empty()) answer = counter(*session);
  } catch (const sessions::Exception& error) {
    response.status = code_of(error);
    if (response.status >= 500) std::cerr << error.what() << std::endl;
    answer = "{\"error\":\"" + std::string(name(error.status())) + "\"}";
  }
  if (session) add_headers(*session, response);
  response.set_content(answer, "application/json");
}

sessions::Manager make_manager(const char* url) {
  auto backend = sessions::Backend::open(url).value_or_throw();
  auto config = sessions::Config::make().value_or_throw();
  config.set_plain_http().value_or_throw();  // leave this out where you serve HTTPS
  const char* secret = getenv("SESSIONS_SECRET");
  if (!secret || !*secret) {
    char random_secret[32];
    if (getentropy(random_secret, sizeof random_secret) != 0) throw std::runtime_error("getentropy failed");
    config.add_key({random_secret, sizeof random_secret}).value_or_throw();
    std::cout << "SESSIONS_SECRET is not set: signing with a random secret, which ends with this process\n";
  } else {
    config.add_key(secret).value_or_throw();
  }
  return sessions::Manager::make(backend, config).value_or_throw();
}

// The port that it is, of the one that was asked for.
int bind(httplib::Server& server) {
  const char* variable = getenv("PORT");
  const std::string_view text = variable && *variable ? variable : "8080";
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || *end) throw std::runtime_error("PORT is a number from 0 to 65535");
  server.set_socket_options([](int socket) {  // without SO_REUSEPORT: a port that is in use is an error
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  if (port == 0) return server.bind_to_any_port("127.0.0.1");
  if (!server.bind_to_port("127.0.0.1", port)) throw std::runtime_error("the server did not start");
  return port;
}

void serve(const char* url) {
  const auto manager = make_manager(url);
  httplib::Server server;
  const auto on_request = [&](const auto& request, auto& response) { handle(manager, request, response); };
  server.Get(".*", on_request).Post(".*", on_request).set_tcp_nodelay(true);
  const int port = bind(server);

  // Blocked before the server's threads start, which inherit it: the signals wait for sigwait().
  sigset_t stop_signals;
  sigemptyset(&stop_signals), sigaddset(&stop_signals, SIGINT), sigaddset(&stop_signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  std::thread listener([&] { server.listen_after_bind(); });
  while (!server.is_running()) std::this_thread::yield();  // before that stop() does nothing
  std::cout << "serving on http://127.0.0.1:" << port << std::endl;
  int signal_number = 0;
  sigwait(&stop_signals, &signal_number);
  server.stop();
  listener.join();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return serve(argc > 1 ? argv[1] : "memory:"), 0;
  } catch (const std::exception& error) {
    return std::cerr << "quickstart: " << error.what() << "\n", 1;
  }
}
