// What is left of a backend when everything has been freed, in whatever order, while calls are under way.
#include <dirent.h>
#include <sessions.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>

#include "../support/catch.hpp"
#include "../support/redis_store.hpp"
#include "../support/temporary_directory.hpp"

using namespace sessions;

namespace {

constexpr std::size_t count = 3;
constexpr const char* unknown = "__Host-session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

std::size_t open_descriptors() {
  DIR* const directory = opendir("/proc/self/fd");
  REQUIRE(directory != nullptr);
  std::size_t open = 0;
  while (readdir(directory) != nullptr) {
    ++open;
  }
  closedir(directory);
  return open;
}

void on_done(void* user_data, sessions_status status, const sessions_error*) {
  *static_cast<sessions_status*>(user_data) = status;
}

struct Handles {
  sessions_backend* backend = nullptr;
  sessions_manager* manager = nullptr;
  sessions_queue* queue = nullptr;
  std::array<sessions_session*, count> sessions{};

  void free(char which) {
    switch (which) {
      case 'b':
        sessions_backend_free(backend);
        return;
      case 'm':
        sessions_manager_free(manager);
        return;
      case 'q':
        sessions_queue_free(queue);
        return;
      default:
        std::for_each(sessions.begin(), sessions.end(), sessions_session_free);
    }
  }
};

Handles open(const std::string& url) {
  Handles handles;
  REQUIRE(sessions_backend_open(url.data(), url.size(), &handles.backend, nullptr) == SESSIONS_OK);
  REQUIRE(sessions_manager_new(handles.backend, nullptr, &handles.manager, nullptr) == SESSIONS_OK);
  REQUIRE(sessions_queue_new(&handles.queue, nullptr) == SESSIONS_OK);
  for (sessions_session*& session : handles.sessions) {
    REQUIRE(sessions_session_new(handles.manager, &session, nullptr) == SESSIONS_OK);
  }
  return handles;
}

// `connected` is called when the backend has been asked once.
void leave_with_calls_under_way(const std::string& url, std::string order, const std::function<void()>& connected) {
  Handles handles = open(url);
  sessions_session* first = nullptr;
  REQUIRE(sessions_manager_load(handles.manager, unknown, SESSIONS_NUL_TERMINATED, &first, nullptr) == SESSIONS_OK);
  sessions_session_free(first);
  connected();
  std::array<sessions_status, count> statuses;
  statuses.fill(SESSIONS_PENDING);
  for (std::size_t i = 0; i < count; ++i) {
    REQUIRE(sessions_session_load_async(handles.sessions[i], unknown, SESSIONS_NUL_TERMINATED, handles.queue, on_done,
                                        &statuses[i], nullptr) == SESSIONS_PENDING);
  }
  for (const char which : order) {
    handles.free(which);
  }
  for (const sessions_status status : statuses) {
    CHECK((status == SESSIONS_E_CANCELED || status == SESSIONS_OK));
  }
}

void check_all_orders(const std::string& url, const std::function<void()>& connected,
                      const std::function<void()>& freed) {
  const std::size_t before = open_descriptors();
  std::string order = "bmqs";
  do {
    CAPTURE(order);
    leave_with_calls_under_way(url, order, connected);
    CHECK(open_descriptors() == before);
    freed();
  } while (std::next_permutation(order.begin(), order.end()));
}

}  // namespace

TEST_CASE("calls to a Redis server that does not answer keep nothing open once everything is freed") {
  const testing::RedisServer& server = testing::shared_redis_server();
  check_all_orders(
      "redis+unix://" + server.socket_path(), [&] { server.pause(); }, [&] { server.resume(); });
}

TEST_CASE("calls to a database keep nothing open once everything is freed") {
  const testing::TemporaryDirectory directory;
  check_all_orders(
      "sqlite:" + directory.file("sessions.db"), [] {}, [] {});
}
