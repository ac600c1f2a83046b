// Callbacks of the C API that throw, which they must not: nothing is thrown through the library, and what they were
// called for ends in a defined way.
#include <poll.h>
#include <sessions.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <support/catch.hpp>

namespace {

struct Thrown : std::runtime_error {
  Thrown() : std::runtime_error("a defect of the host's") {}
};

extern "C" {
int64_t throwing_clock(void*) { throw Thrown(); }
sessions_status throwing_random(void*, void*, size_t) { throw Thrown(); }
sessions_status constant_random(void*, void* bytes, size_t size) {
  std::memset(bytes, 7, size);
  return SESSIONS_OK;
}
void throwing_log(void* called, int32_t, const char*, size_t) {
  *static_cast<bool*>(called) = true;
  throw Thrown();
}
sessions_status throwing_codec(void*, const void*, size_t, sessions_bytes*) { throw Thrown(); }
void throwing_destroy(void* called) {
  *static_cast<bool*>(called) = true;
  throw Thrown();
}
void throwing_get(void*, const unsigned char*, sessions_custom_call*) { throw Thrown(); }
void missing_get(void*, const unsigned char*, sessions_custom_call* call) { sessions_custom_missing(call); }
void throwing_put(void*, const unsigned char*, const void*, size_t, uint64_t, uint64_t, int64_t, int64_t, int32_t,
                  sessions_custom_call*) {
  throw Thrown();
}
void throwing_remove(void*, const unsigned char*, uint64_t, sessions_custom_call*) { throw Thrown(); }
void throwing_done(void* status, sessions_status given, const sessions_error*) {
  *static_cast<sessions_status*>(status) = given;
  throw Thrown();
}
}

const std::string cookie = "__Host-session=" + std::string(43, 'A');

// Handles that are freed in the end.
struct World {
  explicit World(sessions_backend* its_backend) : backend(its_backend) {
    REQUIRE(backend != nullptr);
    REQUIRE(sessions_config_new(&config) == SESSIONS_OK);
  }
  explicit World(const char* url) : World(open(url)) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  World(World&&) = delete;
  World& operator=(World&&) = delete;
  ~World() {
    sessions_session_free(session);
    sessions_manager_free(manager);
    sessions_config_free(config);
    sessions_backend_free(backend);
  }

  static sessions_backend* open(const char* url) {
    sessions_backend* opened = nullptr;
    sessions_backend_open(url, SESSIONS_NUL_TERMINATED, &opened, nullptr);
    return opened;
  }

  sessions_session* begin() {
    REQUIRE(sessions_manager_new(backend, config, &manager, nullptr) == SESSIONS_OK);
    REQUIRE(sessions_session_new(manager, &session, nullptr) == SESSIONS_OK);
    return session;
  }

  sessions_status change_and_commit() {
    REQUIRE(sessions_session_set_int64(session, "n", 1, 1) == SESSIONS_OK);
    return sessions_session_commit(session, nullptr);
  }

  sessions_backend* backend;
  sessions_config* config = nullptr;
  sessions_manager* manager = nullptr;
  sessions_session* session = nullptr;
};

sessions_backend* make_store(sessions_custom_get_fn get) {
  sessions_custom_store table{};
  table.size = sizeof table;
  table.get = get;
  table.put = throwing_put;
  table.remove = throwing_remove;
  sessions_backend* backend = nullptr;
  sessions_backend_new_custom(&table, nullptr, nullptr, &backend, nullptr);
  return backend;
}

}  // namespace

TEST_CASE("a store that throws fails the calls that needed it") {
  World loading(make_store(throwing_get));
  CHECK(sessions_session_load(loading.begin(), cookie.data(), cookie.size(), nullptr) == SESSIONS_E_CALLBACK);
  World committing(make_store(missing_get));
  CHECK(sessions_session_load(committing.begin(), cookie.data(), cookie.size(), nullptr) == SESSIONS_OK);
  CHECK(committing.change_and_commit() == SESSIONS_E_CALLBACK);
}

TEST_CASE("a codec or a random source that throws fails the commit, and nothing is sent") {
  World coded("cookie:");
  sessions_codec codec{sizeof(sessions_codec), throwing_codec, throwing_codec};
  REQUIRE(sessions_config_set_codec(coded.config, &codec, nullptr, nullptr, nullptr) == SESSIONS_OK);
  World drawn("memory:");
  REQUIRE(sessions_config_set_random(drawn.config, throwing_random, nullptr, nullptr, nullptr) == SESSIONS_OK);
  for (World* world : {&coded, &drawn}) {
    world->begin();
    CHECK(world->change_and_commit() == SESSIONS_E_CALLBACK);
    CHECK(sessions_session_cookie_count(world->session) == 0);
  }
}

TEST_CASE("a clock that throws is not asked: the system's is") {
  World world("memory:");
  REQUIRE(sessions_config_set_clock(world.config, throwing_clock, nullptr, nullptr, nullptr) == SESSIONS_OK);
  world.begin();
  CHECK(world.change_and_commit() == SESSIONS_OK);
  const char* line = nullptr;
  size_t length = 0;
  REQUIRE(sessions_session_cookie_line(world.session, 0, &line, &length) == SESSIONS_OK);
  const std::string kept(line, std::strcspn(line, ";"));
  sessions_session* again = nullptr;
  REQUIRE(sessions_manager_load(world.manager, kept.data(), kept.size(), &again, nullptr) == SESSIONS_OK);
  CHECK(sessions_session_origin(again) == SESSIONS_ORIGIN_RESTORED);
  sessions_session_free(again);
}

TEST_CASE("what a log, a release or a queue's callback throws is dropped") {
  bool has_logged = false;
  bool is_released = false;
  sessions_status status = SESSIONS_PENDING;
  {
    World world(make_store(throwing_get));
    REQUIRE(sessions_config_set_log(world.config, throwing_log, &has_logged, nullptr, nullptr) == SESSIONS_OK);
    REQUIRE(sessions_config_set_random(world.config, constant_random, &is_released, throwing_destroy, nullptr) ==
            SESSIONS_OK);
    sessions_queue* queue = nullptr;
    REQUIRE(sessions_queue_new(&queue, nullptr) == SESSIONS_OK);
    REQUIRE(sessions_session_load_async(world.begin(), cookie.data(), cookie.size(), queue, throwing_done, &status,
                                        nullptr) == SESSIONS_PENDING);
    pollfd readable{sessions_queue_descriptor(queue), POLLIN, 0};
    REQUIRE(poll(&readable, 1, 60'000) == 1);
    size_t dispatched = 0;
    CHECK(sessions_queue_dispatch(queue, &dispatched, nullptr) == SESSIONS_OK);
    CHECK(dispatched == 1);
    sessions_queue_free(queue);
  }
  CHECK(has_logged);
  CHECK(is_released);
  CHECK(status == SESSIONS_E_CALLBACK);
}
