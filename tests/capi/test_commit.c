/* Commit: outcomes, lines and limits. */
#include <support/world.h>

#define ATTRIBUTES "; Path=/; Secure; HttpOnly; SameSite=Lax"
#define DELETE_LINE "__Host-session=; Max-Age=0" ATTRIBUTES

static struct world world;

static void set(sessions_session *session, const char *key, int64_t value) {
  CHECK_OK(sessions_session_set_int64(session, key, strlen(key), value));
}

static void test_null(void) {
  sessions_manager *manager = world_manager(&world, "memory:");
  sessions_session *session = world_load(manager, NULL);
  const char *line = "kept";
  size_t length = 7;
  CHECK_FAILS(sessions_session_commit(NULL, &failure), SESSIONS_E_INVALID, "session");
  CHECK_FAILS(sessions_session_regenerate(NULL, &failure), SESSIONS_E_INVALID, "session");
  CHECK_FAILS(sessions_session_destroy(NULL, &failure), SESSIONS_E_INVALID, "session");
  CHECK_STATUS(sessions_session_commit(NULL, NULL), SESSIONS_E_INVALID);
  CHECK_INT(sessions_session_outcome(NULL), SESSIONS_OUTCOME_UNCHANGED);
  CHECK_INT(sessions_session_degraded(NULL), 0);
  CHECK_INT(sessions_session_cookie_count(NULL), 0);
  CHECK_INT(sessions_session_varies_by_cookie(NULL), 0);
  CHECK_INT(sessions_session_must_not_be_cached(NULL), 0);
  CHECK_STATUS(sessions_session_cookie_line(session, 0, &line, &length), SESSIONS_E_NOT_FOUND);
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_UNCHANGED);
  set(session, "a", 1);
  check_commit(session, SESSIONS_OUTCOME_CREATED, 1);
  CHECK_STATUS(sessions_session_cookie_line(NULL, 0, &line, &length), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_cookie_line(session, 0, NULL, &length), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_cookie_line(session, 0, &line, NULL), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_cookie_line(session, 1, &line, &length), SESSIONS_E_NOT_FOUND);
  CHECK_STATUS(sessions_session_cookie_line(session, SIZE_MAX, &line, &length), SESSIONS_E_NOT_FOUND);
  CHECK(strcmp(line, "kept") == 0 && length == 7);
  sessions_session_free(session);
  sessions_manager_free(manager);
}

/* Byte for byte, under a fixed clock, fixed random bytes and a fixed key. */
static void test_lines_of_the_defaults(void) {
  static const char *const lines[] = {
      "__Host-session=BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc; Max-Age=1209600" ATTRIBUTES,
      "__Host-session=eyJhIjogMX0uWlZQeEFBLjVObDBGOFYtbUNBM2psZDEySXNCeVZmam82RQ==; Max-Age=1209600" ATTRIBUTES,
      "__Host-session=eyJhIjogMX0=; Max-Age=1209600" ATTRIBUTES};
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    sessions_session *session = world_load(manager, NULL);
    const char *line;
    world.next_byte = 7;
    set(session, "a", 1);
    check_commit(session, SESSIONS_OUTCOME_CREATED, 1);
    line = world_line(session);
    CHECK_TEXT(line, strlen(line), lines[i]);
    CHECK_OK(sessions_session_destroy(session, &failure));
    line = world_line(session);
    CHECK_TEXT(line, strlen(line), DELETE_LINE);
    sessions_session_free(session);
    sessions_manager_free(manager);
  }
}

/* A host that never looks at its session pays nothing, and its response depends on nothing. */
static void test_an_unused_session(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    char *cookie = world_store(manager, "{\"a\":1}");
    sessions_session *session = world_load(manager, cookie);
    world.now += 600000;
    check_commit(session, SESSIONS_OUTCOME_UNCHANGED, 0);
    check_headers(session, 0, 0);
    CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
    check_commit(session, SESSIONS_OUTCOME_UNCHANGED, 0);
    check_headers(session, 0, 0);
    sessions_session_free(session);
    session = world_load(manager, NULL);
    check_commit(session, SESSIONS_OUTCOME_UNCHANGED, 0);
    check_headers(session, 0, 0);
    sessions_session_free(session);
    session = world_load(manager, "__Host-session=forged");
    check_commit(session, SESSIONS_OUTCOME_UNCHANGED, 0);
    check_headers(session, 0, 0);
    sessions_session_free(session);
    world.now = WORLD_NOW;
    free(cookie);
    sessions_manager_free(manager);
  }
}

static void test_an_empty_new_session_is_not_stored(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    sessions_session *session = world_load(manager, NULL);
    int calls = world.random_calls;
    CHECK_STATUS(sessions_session_get_null(session, "a", 1), SESSIONS_E_NOT_FOUND);
    check_headers(session, 1, 0);
    check_commit(session, SESSIONS_OUTCOME_UNCHANGED, 0);
    set(session, "a", 1);
    CHECK_OK(sessions_session_remove(session, "a", 1));
    check_commit(session, SESSIONS_OUTCOME_UNCHANGED, 0);
    CHECK_OK(sessions_session_clear(session));
    check_commit(session, SESSIONS_OUTCOME_UNCHANGED, 0);
    CHECK_OK(sessions_session_destroy(session, &failure));
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_UNCHANGED);
    CHECK_INT(sessions_session_cookie_count(session), 0);
    CHECK_OK(sessions_session_regenerate(session, &failure));
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_UNCHANGED);
    CHECK_INT(sessions_session_cookie_count(session), 0);
    check_headers(session, 1, 0);
    CHECK_INT(world.random_calls, calls);
    sessions_session_free(session);
    sessions_manager_free(manager);
  }
}

static void test_create_save_and_commit_again(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    sessions_session *session = world_load(manager, NULL);
    const char *line;
    char *cookie;
    char first[512];
    set(session, "a", 1);
    check_commit(session, SESSIONS_OUTCOME_CREATED, 1);
    check_headers(session, 0, 1);
    snprintf(first, sizeof first, "%s", world_line(session));
    check_commit(session, SESSIONS_OUTCOME_UNCHANGED, 1);
    line = world_line(session);
    CHECK_TEXT(line, strlen(line), first);
    check_headers(session, 0, 1);
    set(session, "b", 2);
    check_commit(session, SESSIONS_OUTCOME_SAVED, 1);
    CHECK(i == WORLD_MEMORY ? strcmp(world_line(session), first) == 0 : strcmp(world_line(session), first) != 0);
    cookie = world_cookie(session);
    sessions_session_free(session);

    session = world_load(manager, cookie);
    CHECK_JSON(session, "{\"a\":1,\"b\":2}");
    check_headers(session, 0, 1);
    set(session, "a", 3);
    check_commit(session, SESSIONS_OUTCOME_SAVED, 1);
    check_headers(session, 0, 1);
    check_commit(session, SESSIONS_OUTCOME_UNCHANGED, 1);
    free(cookie);
    cookie = world_cookie(session);
    sessions_session_free(session);

    session = world_load(manager, cookie);
    CHECK_JSON(session, "{\"a\":3,\"b\":2}");
    sessions_session_free(session);
    free(cookie);
    sessions_manager_free(manager);
  }
}

/* A session whose keys are all removed is still a session. */
static void test_removing_the_last_key(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    char *cookie = world_store(manager, "{\"a\":1}");
    sessions_session *session = world_load(manager, cookie);
    CHECK_OK(sessions_session_remove(session, "a", 1));
    check_commit(session, SESSIONS_OUTCOME_SAVED, 1);
    free(cookie);
    cookie = world_cookie(session);
    sessions_session_free(session);
    session = world_load(manager, cookie);
    CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
    CHECK_JSON(session, "{}");
    sessions_session_free(session);
    free(cookie);
    sessions_manager_free(manager);
  }
}

/* Browsers drop longer lines, so they are not sent: the session stays as it was. */
static void test_a_line_that_is_too_long(void) {
  size_t i;
  for (i = WORLD_SIGNED; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    char *cookie = world_store(manager, "{\"a\":1}");
    char *text = world_repeat('x', 4096);
    sessions_session *session = world_load(manager, cookie);
    const char *read = NULL;
    size_t length = 0;
    size_t fits = 0;
    size_t n;
    set(session, "b", 2);
    check_commit(session, SESSIONS_OUTCOME_SAVED, 1);
    CHECK_OK(sessions_session_set_string(session, "s", 1, text, 4096));
    CHECK_FAILS(sessions_session_commit(session, &failure), SESSIONS_E_LIMIT, "4,096");
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_SAVED);
    CHECK_INT(sessions_session_cookie_count(session), 1);
    CHECK_OK(sessions_session_get_string(session, "s", 1, &read, &length));
    CHECK_INT(length, 4096);
    CHECK_FAILS(sessions_session_regenerate(session, &failure), SESSIONS_E_LIMIT, "4,096");
    CHECK_STATUS(sessions_session_commit(session, NULL), SESSIONS_E_LIMIT);
    CHECK_OK(sessions_session_remove(session, "s", 1));
    check_commit(session, i == WORLD_SIGNED ? SESSIONS_OUTCOME_UNCHANGED : SESSIONS_OUTCOME_TOUCHED, 1);
    for (n = 2500; n < 3100 && fits == 0; n++) {
      CHECK_OK(sessions_session_set_string(session, "s", 1, text, n));
      if (sessions_session_commit(session, NULL) != SESSIONS_OK) {
        fits = n - 1;
      }
    }
    CHECK_OK(sessions_session_set_string(session, "s", 1, text, fits));
    check_commit(session, SESSIONS_OUTCOME_SAVED, 1);
    CHECK(strlen(world_line(session)) <= 4096);
    CHECK(strlen(world_line(session)) > 4092);
    free(cookie);
    cookie = world_cookie(session);
    sessions_session_free(session);
    session = world_load(manager, cookie);
    CHECK_OK(sessions_session_get_string(session, "s", 1, &read, &length));
    CHECK_INT(length, fits);
    sessions_session_free(session);
    session = world_load(manager, NULL);
    CHECK_OK(sessions_session_set_string(session, "s", 1, text, 4096));
    CHECK_FAILS(sessions_session_commit(session, &failure), SESSIONS_E_LIMIT, "4,096");
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_UNCHANGED);
    CHECK_INT(sessions_session_cookie_count(session), 0);
    sessions_session_free(session);
    free(text);
    free(cookie);
    sessions_manager_free(manager);
  }
}

static void test_a_session_larger_than_the_store(void) {
  sessions_config *config = world_config(&world);
  sessions_manager *manager;
  sessions_session *session;
  char *text = world_repeat('x', 1u << 17);
  char *cookie;
  CHECK_OK(sessions_config_set_max_content_bytes(config, 1 << 20, &failure));
  manager = world_manager_from("memory:?max_bytes=65536", config);
  cookie = world_store(manager, "{\"a\":1}");
  session = world_load(manager, cookie);
  CHECK_OK(sessions_session_set_string(session, "s", 1, text, 1u << 17));
  CHECK_FAILS(sessions_session_commit(session, &failure), SESSIONS_E_LIMIT, "max_bytes");
  CHECK_FAILS(sessions_session_regenerate(session, &failure), SESSIONS_E_LIMIT, "max_bytes");
  CHECK_OK(sessions_session_remove(session, "s", 1));
  set(session, "a", 2);
  check_commit(session, SESSIONS_OUTCOME_SAVED, 1);
  sessions_session_free(session);
  session = world_load(manager, cookie);
  CHECK_JSON(session, "{\"a\":2}");
  sessions_session_free(session);
  session = world_load(manager, NULL);
  CHECK_OK(sessions_session_set_string(session, "s", 1, text, 1u << 17));
  CHECK_FAILS(sessions_session_commit(session, &failure), SESSIONS_E_LIMIT, "max_bytes");
  CHECK_INT(sessions_session_cookie_count(session), 0);
  sessions_session_free(session);
  free(cookie);
  free(text);
  sessions_manager_free(manager);
}

/* Two requests with the same cookie, one after the other and across. */
static void test_parallel_requests(void) {
  sessions_manager *manager = world_manager(&world, "memory:");
  char *cookie = world_store(manager, "{\"n\":10,\"x\":1,\"y\":1}");
  sessions_session *one = world_load(manager, cookie);
  sessions_session *two = world_load(manager, cookie);
  int64_t sum = 0;
  set(one, "x", 2);
  set(two, "y", 3);
  CHECK_OK(sessions_session_increment(one, "n", 1, 5, &sum));
  CHECK_INT(sum, 15);
  CHECK_OK(sessions_session_increment(two, "n", 1, 7, &sum));
  CHECK_INT(sum, 17);
  check_commit(one, SESSIONS_OUTCOME_SAVED, 1);
  check_commit(two, SESSIONS_OUTCOME_MERGED, 1);
  CHECK_INT(sessions_session_contested_count(two), 0);
  sessions_session_free(one);
  one = world_load(manager, cookie);
  CHECK_JSON(one, "{\"n\":22,\"x\":2,\"y\":3}");

  CHECK_OK(sessions_session_increment(one, "n", 1, 1, NULL));
  CHECK_OK(sessions_session_set_string(two, "n", 1, "text", 4));
  check_commit(two, SESSIONS_OUTCOME_SAVED, 1);
  CHECK_STATUS(sessions_session_commit(one, &failure), SESSIONS_E_TYPE);
  CHECK_INT(sessions_session_cookie_count(one), 0);
  set(two, "n", INT64_MAX);
  check_commit(two, SESSIONS_OUTCOME_SAVED, 1);
  CHECK_STATUS(sessions_session_commit(one, &failure), SESSIONS_E_RANGE);
  set(two, "n", 5);
  check_commit(two, SESSIONS_OUTCOME_SAVED, 1);
  check_commit(one, SESSIONS_OUTCOME_MERGED, 1);
  CHECK_OK(sessions_session_get_int64(one, "n", 1, &sum));
  CHECK_INT(sum, 6);
  sessions_session_free(one);
  sessions_session_free(two);
  free(cookie);
  sessions_manager_free(manager);
}

static void test_a_store_with_bounds(void) {
  sessions_manager *manager = world_manager(&world, "memory:?max_sessions=2");
  char *first = world_store(manager, "{\"n\":1}");
  char *second;
  char *third;
  sessions_session *session;
  world.now++;
  second = world_store(manager, "{\"n\":2}");
  world.now++;
  third = world_store(manager, "{\"n\":3}");
  session = world_load(manager, first);
  CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_REFUSED_UNKNOWN);
  sessions_session_free(session);
  session = world_load(manager, second);
  CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
  sessions_session_free(session);
  session = world_load(manager, third);
  CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
  sessions_session_free(session);
  world.now = WORLD_NOW;
  free(first);
  free(second);
  free(third);
  sessions_manager_free(manager);
}

int main(void) {
  world_begin(&world);
  check_keep_secret(WORLD_KEY);
  test_null();
  test_lines_of_the_defaults();
  test_an_unused_session();
  test_an_empty_new_session_is_not_stored();
  test_create_save_and_commit_again();
  test_removing_the_last_key();
  test_a_line_that_is_too_long();
  test_a_session_larger_than_the_store();
  test_parallel_requests();
  test_a_store_with_bounds();
  return check_result();
}
