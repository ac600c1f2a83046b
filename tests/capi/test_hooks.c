/* Hooks: the clock, the random source and the log, and when their user data is destroyed. */
#include <support/world.h>

/* User data that counts how often it is destroyed. */
struct owned {
  struct world *world;
  int destroyed;
};

static struct world world;

/* Short, so that there is a warning about it. */
static const char *const planted_key = "PLANTED-KEY PLANTED-KEY";

static void destroy(void *user_data) { ((struct owned *)user_data)->destroyed++; }

static int64_t owned_clock(void *user_data) {
  struct owned *owned = user_data;
  check_that(owned->destroyed == 0, "the clock is not asked after its end", __FILE__, __LINE__);
  return owned->world->now;
}

static sessions_status owned_random(void *user_data, void *bytes, size_t size) {
  struct owned *owned = user_data;
  check_that(owned->destroyed == 0, "no random bytes are asked for after the end", __FILE__, __LINE__);
  return world_random(owned->world, bytes, size);
}

static void owned_log(void *user_data, int32_t level, const char *message, size_t message_len) {
  struct owned *owned = user_data;
  check_that(owned->destroyed == 0, "nothing is logged after the end", __FILE__, __LINE__);
  world_log(owned->world, level, message, message_len);
}

enum { CLOCK, RANDOM, LOG, HOOKS };

static sessions_status set_hook(int hook, sessions_config *config, int is_null, struct owned *owned,
                                sessions_destroy_fn destroyer, sessions_error **error) {
  switch (hook) {
    case CLOCK:
      return sessions_config_set_clock(config, is_null ? NULL : owned_clock, owned, destroyer, error);
    case RANDOM:
      return sessions_config_set_random(config, is_null ? NULL : owned_random, owned, destroyer, error);
    default:
      return sessions_config_set_log(config, is_null ? NULL : owned_log, owned, destroyer, error);
  }
}

static sessions_config *new_config(void) {
  sessions_config *config = NULL;
  REQUIRE(sessions_config_new(&config) == SESSIONS_OK);
  return config;
}

static void test_destroyed_with_the_config(void) {
  int hook;
  for (hook = 0; hook < HOOKS; hook++) {
    struct owned owned = {&world, 0};
    sessions_config *config = new_config();
    CHECK_OK(set_hook(hook, config, 0, &owned, destroy, &failure));
    CHECK_INT(owned.destroyed, 0);
    sessions_config_free(config);
    CHECK_INT(owned.destroyed, 1);
  }
}

static void test_destroyed_when_replaced(void) {
  int hook;
  for (hook = 0; hook < HOOKS; hook++) {
    struct owned first = {&world, 0};
    struct owned second = {&world, 0};
    struct owned third = {&world, 0};
    sessions_config *config = new_config();
    CHECK_OK(set_hook(hook, config, 0, &first, destroy, &failure));
    CHECK_OK(set_hook(hook, config, 0, &second, destroy, &failure));
    CHECK_INT(first.destroyed, 1);
    CHECK_INT(second.destroyed, 0);
    CHECK_OK(set_hook(hook, config, 1, &third, destroy, &failure));
    CHECK_INT(second.destroyed, 1);
    sessions_config_free(config);
    CHECK_INT(first.destroyed, 1);
    CHECK_INT(second.destroyed, 1);
    CHECK_INT(third.destroyed, 1);
  }
}

static void test_destroyed_when_refused(void) {
  int hook;
  for (hook = 0; hook < HOOKS; hook++) {
    struct owned owned = {&world, 0};
    CHECK_FAILS(set_hook(hook, NULL, 0, &owned, destroy, &failure), SESSIONS_E_INVALID, "config");
    CHECK_INT(owned.destroyed, 1);
    CHECK_STATUS(set_hook(hook, NULL, 1, &owned, destroy, NULL), SESSIONS_E_INVALID);
    CHECK_INT(owned.destroyed, 2);
    CHECK_STATUS(set_hook(hook, NULL, 0, &owned, NULL, NULL), SESSIONS_E_INVALID);
  }
}

static void test_no_user_data_and_no_destroy(void) {
  int hook;
  for (hook = 0; hook < HOOKS; hook++) {
    struct owned owned = {&world, 0};
    sessions_config *config = new_config();
    CHECK_OK(set_hook(hook, config, 0, &owned, NULL, &failure));
    CHECK_OK(set_hook(hook, config, 1, NULL, NULL, &failure));
    sessions_config_free(config);
    CHECK_INT(owned.destroyed, 0);
  }
}

/* A manager and its sessions keep what they need, until the last of them is freed. */
static void test_destroyed_with_the_last_user(void) {
  int order;
  for (order = 0; order < 2; order++) {
    struct owned owned[HOOKS];
    sessions_backend *backend = NULL;
    sessions_config *config = new_config();
    sessions_manager *manager = NULL;
    sessions_session *session;
    int hook;
    for (hook = 0; hook < HOOKS; hook++) {
      owned[hook].world = &world;
      owned[hook].destroyed = 0;
      CHECK_OK(set_hook(hook, config, 0, &owned[hook], destroy, &failure));
    }
    CHECK_OK(sessions_backend_open("memory:", 7, &backend, &failure));
    CHECK_OK(sessions_manager_new(backend, config, &manager, &failure));
    session = world_load(manager, NULL);
    sessions_config_free(config);
    sessions_backend_free(backend);
    if (order == 0) {
      sessions_manager_free(manager);
    }
    CHECK_OK(sessions_session_set_int64(session, "a", 1, 1));
    CHECK_OK(sessions_session_commit(session, &failure));
    for (hook = 0; hook < HOOKS; hook++) {
      CHECK_INT(owned[hook].destroyed, 0);
    }
    sessions_session_free(session);
    if (order == 1) {
      for (hook = 0; hook < HOOKS; hook++) {
        CHECK_INT(owned[hook].destroyed, 0);
      }
      sessions_manager_free(manager);
    }
    for (hook = 0; hook < HOOKS; hook++) {
      CHECK_INT(owned[hook].destroyed, 1);
    }
  }
}

static void test_the_clock_is_asked(void) {
  static const int64_t times[] = {0, 1, INT64_C(2147483648), INT64_C(253402300799)};
  size_t i;
  size_t j;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    for (j = 0; j < sizeof times / sizeof *times; j++) {
      char *cookie;
      sessions_session *session;
      world.now = times[j];
      cookie = world_store(manager, "{\"a\":1}");
      session = world_load(manager, cookie);
      CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
      CHECK_INT(sessions_session_count(session), 1);
      sessions_session_free(session);
      free(cookie);
    }
    world.now = WORLD_NOW;
    sessions_manager_free(manager);
  }
}

/* Without hooks: the system's clock and random source. */
static void test_the_system_is_asked_otherwise(void) {
  sessions_backend *backend = NULL;
  sessions_manager *manager = NULL;
  char *first;
  char *second;
  CHECK_OK(sessions_backend_open("memory:", 7, &backend, &failure));
  CHECK_OK(sessions_manager_new(backend, NULL, &manager, &failure));
  first = world_store(manager, "{\"a\":1}");
  second = world_store(manager, "{\"a\":1}");
  CHECK_INT(strlen(world_value(first)), 43);
  CHECK(strcmp(first, second) != 0);
  free(first);
  free(second);
  sessions_manager_free(manager);
  sessions_backend_free(backend);
}

static void check_no_id(sessions_session *session, sessions_status (*call)(sessions_session *, sessions_error **)) {
  int32_t outcome = sessions_session_outcome(session);
  size_t lines = sessions_session_cookie_count(session);
  const char *json = NULL;
  size_t length = 0;
  char before[256];
  CHECK_OK(sessions_session_to_json(session, &json, &length));
  snprintf(before, sizeof before, "%s", json);
  world.random_status = SESSIONS_E_RANDOM;
  CHECK_FAILS(call(session, &failure), SESSIONS_E_CALLBACK, "random");
  world.random_status = 1;
  CHECK_FAILS(call(session, &failure), SESSIONS_E_CALLBACK, "random");
  world.random_status = SESSIONS_OK;
  CHECK_INT(sessions_session_outcome(session), outcome);
  CHECK_INT(sessions_session_cookie_count(session), lines);
  CHECK_JSON(session, before);
}

static void test_a_random_source_that_fails(void) {
  sessions_manager *manager = world_manager(&world, "memory:?max_sessions=1");
  char *kept;
  char *cookie;
  sessions_session *session;
  world.next_byte = 100;
  kept = world_store(manager, "{\"kept\":true}");
  session = world_load(manager, NULL);
  CHECK_OK(sessions_session_set_int64(session, "a", 1, 1));
  check_no_id(session, sessions_session_commit);
  check_no_id(session, sessions_session_regenerate);
  CHECK_INT(sessions_session_cookie_count(session), 0);
  sessions_session_free(session);

  /* Had anything been stored, this one would have gone. */
  session = world_load(manager, kept);
  CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
  CHECK_OK(sessions_session_set_int64(session, "a", 1, 1));
  check_no_id(session, sessions_session_regenerate);
  CHECK_OK(sessions_session_regenerate(session, &failure));
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_REGENERATED);
  cookie = world_cookie(session);
  sessions_session_free(session);
  session = world_load(manager, cookie);
  CHECK_JSON(session, "{\"kept\":true,\"a\":1}");
  sessions_session_free(session);
  free(cookie);
  free(kept);
  sessions_manager_free(manager);
}

/* A broken source that repeats itself overwrites nobody's session. */
static void test_a_random_source_that_repeats_itself(void) {
  sessions_manager *manager = world_manager(&world, "memory:");
  char *cookie;
  sessions_session *session;
  world.next_byte = 50;
  cookie = world_store(manager, "{\"owner\":1}");
  world.next_byte = 50;
  session = world_load(manager, NULL);
  CHECK_OK(sessions_session_set_int64(session, "owner", 5, 2));
  CHECK_FAILS(sessions_session_commit(session, &failure), SESSIONS_E_INTERNAL, "random");
  CHECK_INT(sessions_session_cookie_count(session), 0);
  sessions_session_free(session);
  session = world_load(manager, cookie);
  CHECK_JSON(session, "{\"owner\":1}");
  world.next_byte = 50;
  CHECK_FAILS(sessions_session_regenerate(session, &failure), SESSIONS_E_INTERNAL, "random");
  CHECK_JSON(session, "{\"owner\":1}");
  sessions_session_free(session);
  free(cookie);
  sessions_manager_free(manager);
}

/* Calls of a session that go wrong, with secrets planted in what they are given. */
static void make_a_session_complain(sessions_session *session, sessions_status too_large) {
  char *large = world_repeat('x', 70000);
  struct cJSON *tree = NULL;
  CHECK_STATUS(sessions_session_load(session, "__Host-session=PLANTED", 22, &failure), SESSIONS_E_MISUSE);
  CHECK_STATUS(sessions_session_set_json(session, "PLANTED", 7, "PLANTED", 7, &failure), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_set_json(session, "PLANTED", 7, "{\"PLANTED\":1,\"PLANTED\":2}", 25, &failure),
               SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_from_json(session, "[\"PLANTED\"]", 11, &failure), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_set_json(session, "PLANTED", 7, large, 70000, &failure), SESSIONS_E_INVALID);
  CHECK_OK(sessions_session_set_json(session, "PLANTED", 7, "\"\\u0000\"", 8, &failure));
  CHECK_STATUS(sessions_session_get_cjson(session, "PLANTED", 7, &tree, &failure), SESSIONS_E_RANGE);
  CHECK_STATUS(sessions_session_get_cjson(session, "PLANTED-NONE", 12, &tree, &failure), SESSIONS_E_NOT_FOUND);
  CHECK_OK(sessions_session_set_string(session, "PLANTED", 7, large, 30000));
  CHECK_STATUS(sessions_session_commit(session, &failure), too_large);
  CHECK_STATUS(sessions_session_regenerate(session, &failure), too_large);
  CHECK_OK(sessions_session_destroy(session, &failure));
  free(large);
}

/* Everything that says something, with secrets planted wherever somebody could quote them; world_log and the checks
 * look for them in every message. */
static void test_sessions_give_nothing_away(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_config *config = world_config(&world);
    sessions_manager *manager;
    sessions_session *session;
    char *cookie;
    char header[1024];
    int before;
    memset(check_secrets, 0, sizeof check_secrets);
    check_keep_secret("PLANTED");
    CHECK_OK(sessions_config_add_key(config, planted_key, strlen(planted_key), &failure));
    manager = world_manager_from(world_urls[i], config);
    cookie = world_store(manager, "{\"PLANTED-NAME\":\"PLANTED-VALUE\"}");
    check_keep_secret(world_value(cookie) + 10);
    snprintf(header, sizeof header, "%s; PLANTED=1; __Host-session=PLANTED; %s", cookie, cookie);
    before = world.infos;
    session = world_load(manager, header);
    CHECK_INT(world.infos, before + 1);
    make_a_session_complain(session, i == WORLD_MEMORY ? SESSIONS_OK : SESSIONS_E_LIMIT);
    sessions_session_free(session);
    session = world_load(manager, "__Host-session=PLANTED; __Host-session=PLANTED");
    CHECK_OK(sessions_session_destroy(session, &failure));
    sessions_session_free(session);
    sessions_manager_free(manager);
    memset(check_secrets, 0, sizeof check_secrets);
    free(cookie);
  }
}

static void test_configs_give_nothing_away(void) {
  sessions_config *config = world_config(&world);
  int i;
  check_keep_secret("PLANTED");
  CHECK_STATUS(sessions_config_add_key(config, planted_key, 0, &failure), SESSIONS_E_INVALID);
  for (i = 0; i < 16; i++) {
    CHECK_OK(sessions_config_add_key(config, planted_key, strlen(planted_key), &failure));
  }
  CHECK_STATUS(sessions_config_add_key(config, planted_key, strlen(planted_key), &failure), SESSIONS_E_LIMIT);
  CHECK_STATUS(sessions_config_set_cookie_name(config, "PLANTED\n", 8, &failure), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_config_set_cookie_path(config, "PLANTED", 7, &failure), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_config_set_cookie_domain(config, "PLANTED;", 8, &failure), SESSIONS_E_INVALID);
  sessions_config_free(config);
}

int main(void) {
  world_begin(&world);
  test_destroyed_with_the_config();
  test_destroyed_when_replaced();
  test_destroyed_when_refused();
  test_no_user_data_and_no_destroy();
  test_destroyed_with_the_last_user();
  test_the_clock_is_asked();
  test_the_system_is_asked_otherwise();
  test_a_random_source_that_fails();
  test_a_random_source_that_repeats_itself();
  test_sessions_give_nothing_away();
  test_configs_give_nothing_away();
  return check_result();
}
