/* What a host does for its store between requests: ping, sweep, statistics. */
#include <support/world.h>

static struct world world;

static void check_counted(const sessions_manager *manager, int64_t expected) {
  int64_t sessions = -1;
  int64_t bytes = -1;
  CHECK_OK(sessions_manager_statistics(manager, &sessions, &bytes, &failure));
  CHECK_INT(sessions, expected);
  CHECK((bytes > 0) == (expected > 0));
}

static void test_a_store_is_counted_and_swept(void) {
  sessions_manager *manager = world_manager(&world, "memory:");
  int64_t dropped = -1;
  int64_t bytes = 0;
  int i;
  CHECK_OK(sessions_manager_ping(manager, &failure));
  check_counted(manager, 0);
  for (i = 0; i < 10; i++) {
    free(world_store(manager, "{\"a\":1}"));
  }
  check_counted(manager, 10);
  CHECK_OK(sessions_manager_statistics(manager, NULL, &bytes, &failure));
  CHECK(bytes > 10);
  CHECK_OK(sessions_manager_statistics(manager, NULL, NULL, &failure));
  CHECK_OK(sessions_manager_sweep(manager, 100, &dropped, &failure));
  CHECK_INT(dropped, 0);
  world.now += 1209600;
  CHECK_OK(sessions_manager_sweep(manager, 100, &dropped, &failure));
  CHECK_INT(dropped, 0);
  world.now += 1;
  CHECK_OK(sessions_manager_sweep(manager, 3, &dropped, &failure));
  CHECK_INT(dropped, 3);
  check_counted(manager, 7);
  CHECK_OK(sessions_manager_sweep(manager, INT64_MAX, NULL, &failure));
  check_counted(manager, 0);
  sessions_manager_free(manager);
}

static void test_a_destroyed_session_leaves_nothing_for_long(void) {
  sessions_manager *manager = world_manager(&world, "memory:");
  char *cookie = world_store(manager, "{\"a\":1}");
  sessions_session *session = world_load(manager, cookie);
  int64_t sessions = -1;
  int64_t bytes = -1;
  int64_t dropped = -1;
  CHECK_OK(sessions_session_destroy(session, &failure));
  CHECK_OK(sessions_manager_statistics(manager, &sessions, &bytes, &failure));
  CHECK_INT(sessions, 0);
  world.now += 3601;
  CHECK_OK(sessions_manager_sweep(manager, 100, &dropped, &failure));
  CHECK_INT(dropped, 1);
  check_counted(manager, 0);
  sessions_session_free(session);
  free(cookie);
  sessions_manager_free(manager);
}

static void test_cookies(void) {
  size_t i;
  for (i = WORLD_SIGNED; i <= WORLD_PLAIN; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    int64_t count = -1;
    CHECK_OK(sessions_manager_ping(manager, &failure));
    CHECK_OK(sessions_manager_sweep(manager, 1, &count, &failure));
    CHECK_INT(count, 0);
    count = -1;
    CHECK_FAILS(sessions_manager_statistics(manager, &count, &count, &failure), SESSIONS_E_UNSUPPORTED, "cookies");
    CHECK_INT(count, -1);
    sessions_manager_free(manager);
  }
}

static void test_bad_arguments(void) {
  sessions_manager *manager = world_manager(&world, "memory:");
  int64_t count = -1;
  CHECK_FAILS(sessions_manager_ping(NULL, &failure), SESSIONS_E_INVALID, "manager");
  CHECK_FAILS(sessions_manager_sweep(NULL, 1, &count, &failure), SESSIONS_E_INVALID, "manager");
  CHECK_FAILS(sessions_manager_statistics(NULL, &count, &count, &failure), SESSIONS_E_INVALID, "manager");
  CHECK_FAILS(sessions_manager_sweep(manager, 0, &count, &failure), SESSIONS_E_INVALID, "most");
  CHECK_FAILS(sessions_manager_sweep(manager, INT64_MIN, &count, &failure), SESSIONS_E_INVALID, "most");
  CHECK_INT(count, -1);
  CHECK_INT(sessions_manager_ping(manager, NULL), SESSIONS_OK);
  sessions_manager_free(manager);
}

int main(void) {
  world_begin(&world);
  test_a_store_is_counted_and_swept();
  test_a_destroyed_session_leaves_nothing_for_long();
  test_cookies();
  test_bad_arguments();
  return check_result();
}
