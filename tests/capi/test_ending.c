/* Ending a session: destroy, clear, regenerate, and who comes too late. */
#include <support/world.h>

#define LIFETIME INT64_C(1209600)
#define DELETE_LINE "__Host-session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"

static struct world world;

static void set(sessions_session *session, const char *key, int64_t value) {
  CHECK_OK(sessions_session_set_int64(session, key, strlen(key), value));
}

static void test_destroy(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    char *cookie = world_store(manager, "{\"a\":1}");
    char *second;
    sessions_session *session = world_load(manager, cookie);
    sessions_session *other;
    set(session, "unsaved", 1);
    CHECK_OK(sessions_session_destroy(session, &failure));
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_DESTROYED);
    CHECK_INT(sessions_session_degraded(session), 0);
    CHECK(strcmp(world_line(session), DELETE_LINE) == 0);
    check_headers(session, 0, 1);
    CHECK_JSON(session, "{}");
    check_commit(session, SESSIONS_OUTCOME_UNCHANGED, 1);
    CHECK(strcmp(world_line(session), DELETE_LINE) == 0);
    CHECK_OK(sessions_session_destroy(session, &failure));
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_UNCHANGED);
    CHECK(strcmp(world_line(session), DELETE_LINE) == 0);

    other = world_load(manager, cookie);
    CHECK_INT(sessions_session_origin(other),
              i == WORLD_MEMORY ? SESSIONS_ORIGIN_REFUSED_UNKNOWN : SESSIONS_ORIGIN_RESTORED);
    sessions_session_free(other);

    set(session, "b", 2);
    check_commit(session, SESSIONS_OUTCOME_CREATED, 1);
    second = world_cookie(session);
    CHECK(strcmp(second, cookie) != 0);
    sessions_session_free(session);
    session = world_load(manager, second);
    CHECK_JSON(session, "{\"b\":2}");
    sessions_session_free(session);
    free(second);

    session = world_load(manager, "__Host-session=forged");
    CHECK_OK(sessions_session_destroy(session, &failure));
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_DESTROYED);
    CHECK(strcmp(world_line(session), DELETE_LINE) == 0);
    sessions_session_free(session);
    free(cookie);
    sessions_manager_free(manager);
  }
}

static void test_deleting_uses_the_attributes_of_setting(void) {
  sessions_config *config = world_config(&world);
  sessions_manager *manager;
  sessions_session *session;
  CHECK_OK(sessions_config_set_cookie_name(config, "sid", 3, &failure));
  CHECK_OK(sessions_config_set_cookie_domain(config, "example.com", 11, &failure));
  CHECK_OK(sessions_config_set_cookie_path(config, "/app", 4, &failure));
  CHECK_OK(sessions_config_set_same_site(config, SESSIONS_SAME_SITE_NONE, &failure));
  CHECK_OK(sessions_config_set_partitioned(config, 1, &failure));
  CHECK_OK(sessions_config_set_http_only(config, 0, &failure));
  CHECK_OK(sessions_config_set_lifetime_seconds(config, 60, &failure));
  manager = world_manager_from("cookie:", config);
  session = world_load(manager, NULL);
  set(session, "a", 1);
  check_commit(session, SESSIONS_OUTCOME_CREATED, 1);
  CHECK(strcmp(world_line(session),
               "sid=eyJhIjogMX0=; Max-Age=60; Domain=example.com; Path=/app; Secure; "
               "SameSite=None; Partitioned") == 0);
  CHECK_OK(sessions_session_destroy(session, &failure));
  CHECK(strcmp(world_line(session),
               "sid=; Max-Age=0; Domain=example.com; Path=/app; Secure; "
               "SameSite=None; Partitioned") == 0);
  sessions_session_free(session);
  sessions_manager_free(manager);
}

static void test_clear(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    char *cookie = world_store(manager, "{\"a\":1}");
    sessions_session *session = world_load(manager, cookie);
    CHECK_OK(sessions_session_clear(session));
    check_commit(session, SESSIONS_OUTCOME_DESTROYED, 1);
    CHECK(strcmp(world_line(session), DELETE_LINE) == 0);
    check_commit(session, SESSIONS_OUTCOME_UNCHANGED, 1);
    sessions_session_free(session);
    session = world_load(manager, cookie);
    CHECK_INT(sessions_session_origin(session),
              i == WORLD_MEMORY ? SESSIONS_ORIGIN_REFUSED_UNKNOWN : SESSIONS_ORIGIN_RESTORED);
    sessions_session_free(session);
    free(cookie);

    cookie = world_store(manager, "{\"a\":1}");
    session = world_load(manager, cookie);
    CHECK_OK(sessions_session_clear(session));
    CHECK_OK(sessions_session_regenerate(session, &failure));
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_DESTROYED);
    sessions_session_free(session);
    free(cookie);

    cookie = world_store(manager, "{\"a\":1}");
    session = world_load(manager, cookie);
    CHECK_OK(sessions_session_clear(session));
    set(session, "b", 2);
    check_commit(session, SESSIONS_OUTCOME_SAVED, 1);
    free(cookie);
    cookie = world_cookie(session);
    sessions_session_free(session);
    session = world_load(manager, cookie);
    CHECK_JSON(session, "{\"b\":2}");
    sessions_session_free(session);
    free(cookie);

    session = world_load(manager, "__Host-session=forged");
    CHECK_OK(sessions_session_clear(session));
    check_commit(session, SESSIONS_OUTCOME_DESTROYED, 1);
    CHECK(strcmp(world_line(session), DELETE_LINE) == 0);
    sessions_session_free(session);
    sessions_manager_free(manager);
  }
}

static void test_regenerate(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    char *before = world_store(manager, "{\"a\":1}");
    char *after;
    sessions_session *session = world_load(manager, before);
    world.now++;
    set(session, "b", 2);
    CHECK_OK(sessions_session_regenerate(session, &failure));
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_REGENERATED);
    after = world_cookie(session);
    CHECK(strcmp(before, after) != 0);
    CHECK_JSON(session, "{\"a\":1,\"b\":2}");
    check_headers(session, 0, 1);
    sessions_session_free(session);
    session = world_load(manager, after);
    CHECK_JSON(session, "{\"a\":1,\"b\":2}");
    sessions_session_free(session);
    session = world_load(manager, before);
    CHECK_INT(sessions_session_origin(session),
              i == WORLD_MEMORY ? SESSIONS_ORIGIN_REFUSED_UNKNOWN : SESSIONS_ORIGIN_RESTORED);
    sessions_session_free(session);

    session = world_load(manager, after);
    CHECK_OK(sessions_session_regenerate(session, NULL));
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_REGENERATED);
    set(session, "c", 3);
    check_commit(session, SESSIONS_OUTCOME_SAVED, 1);
    free(after);
    after = world_cookie(session);
    sessions_session_free(session);
    session = world_load(manager, after);
    CHECK_JSON(session, "{\"a\":1,\"b\":2,\"c\":3}");
    sessions_session_free(session);

    session = world_load(manager, NULL);
    set(session, "d", 4);
    CHECK_OK(sessions_session_regenerate(session, &failure));
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_CREATED);
    sessions_session_free(session);
    world.now = WORLD_NOW;
    free(after);
    free(before);
    sessions_manager_free(manager);
  }
}

static void check_gone(sessions_session *session) {
  const char *json = NULL;
  size_t length = 0;
  CHECK_OK(sessions_session_to_json(session, &json, &length));
  set(session, "late", 1);
  check_commit(session, SESSIONS_OUTCOME_GONE, 0);
  check_commit(session, SESSIONS_OUTCOME_GONE, 0);
  CHECK_OK(sessions_session_regenerate(session, &failure));
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_GONE);
  CHECK_INT(sessions_session_cookie_count(session), 0);
  CHECK_OK(sessions_session_destroy(session, &failure));
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_DESTROYED);
  CHECK(strcmp(world_line(session), DELETE_LINE) == 0);
  set(session, "anew", 1);
  check_commit(session, SESSIONS_OUTCOME_CREATED, 1);
  CHECK_JSON(session, "{\"anew\":1}");
  sessions_session_free(session);
}

/* A session that was ended is not brought back by a request that was under way. */
static void test_a_destroyed_session_stays_destroyed(void) {
  sessions_manager *manager = world_manager(&world, "memory:");
  int way;
  for (way = 0; way < 4; way++) {
    char *cookie = world_store(manager, "{\"a\":1}");
    sessions_session *ender = world_load(manager, cookie);
    sessions_session *late = world_load(manager, cookie);
    sessions_session *again;
    if (way == 0) {
      CHECK_OK(sessions_session_destroy(ender, &failure));
    } else if (way == 1) {
      CHECK_OK(sessions_session_clear(ender));
      CHECK_OK(sessions_session_commit(ender, &failure));
    } else if (way == 2) {
      CHECK_OK(sessions_session_regenerate(ender, &failure));
    } else {
      world.now += LIFETIME + 1;
    }
    check_gone(late);
    again = world_load(manager, cookie);
    CHECK(sessions_session_origin(again) != SESSIONS_ORIGIN_RESTORED);
    sessions_session_free(again);
    sessions_session_free(ender);
    world.now = WORLD_NOW;
    free(cookie);
  }
  sessions_manager_free(manager);
}

int main(void) {
  world_begin(&world);
  check_keep_secret(WORLD_KEY);
  test_destroy();
  test_deleting_uses_the_attributes_of_setting();
  test_clear();
  test_regenerate();
  test_a_destroyed_session_stays_destroyed();
  return check_result();
}
