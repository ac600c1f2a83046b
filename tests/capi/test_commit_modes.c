/* What parallel requests may do to each other's changes: merge, strict, last write. */
#include <support/world.h>

static struct world world;

static sessions_session *strict(const sessions_manager *manager, const char *cookie) {
  sessions_session *session = world_load(manager, cookie);
  CHECK_OK(sessions_session_set_commit_mode(session, SESSIONS_COMMIT_STRICT, &failure));
  return session;
}

/* What another request does meanwhile. */
static void change(const sessions_manager *manager, const char *cookie, const char *key, int64_t value) {
  sessions_session *session = world_load(manager, cookie);
  CHECK_INT(sessions_session_set_int64(session, key, strlen(key), value), SESSIONS_OK);
  CHECK_OK(sessions_session_commit(session, &failure));
  sessions_session_free(session);
}

static void check_contested(const sessions_session *session, const char *only) {
  const char *key = NULL;
  size_t length = 0;
  CHECK_INT(sessions_session_contested_count(session), 1);
  CHECK_INT(sessions_session_contested_key(session, 0, &key, &length), SESSIONS_OK);
  CHECK_TEXT(key, length, only);
  CHECK_INT(sessions_session_contested_key(session, 1, &key, &length), SESSIONS_E_NOT_FOUND);
}

static void test_merge(void) {
  sessions_manager *manager = world_manager(&world, "memory:");
  char *cookie = world_store(manager, "{\"n\":1,\"m\":1}");
  sessions_session *session = world_load(manager, cookie);
  CHECK_INT(sessions_session_set_int64(session, "n", 1, 2), SESSIONS_OK);
  change(manager, cookie, "m", 5);
  check_commit(session, SESSIONS_OUTCOME_MERGED, 1);
  CHECK_INT(sessions_session_contested_count(session), 0);
  CHECK_JSON(session, "{\"n\":2,\"m\":5}");
  CHECK_INT(sessions_session_set_int64(session, "n", 1, 3), SESSIONS_OK);
  change(manager, cookie, "n", 9);
  check_commit(session, SESSIONS_OUTCOME_MERGED, 1);
  check_contested(session, "n");
  CHECK_JSON(session, "{\"n\":3,\"m\":5}");
  check_commit(session, SESSIONS_OUTCOME_UNCHANGED, 1);
  CHECK_INT(sessions_session_contested_count(session), 0);
  sessions_session_free(session);
  free(cookie);
  sessions_manager_free(manager);
}

static void test_strict(void) {
  sessions_manager *manager = world_manager(&world, "memory:");
  char *cookie = world_store(manager, "{\"n\":1}");
  sessions_session *session = strict(manager, cookie);
  int64_t n = 0;
  CHECK_INT(sessions_session_get_int64(session, "n", 1, &n), SESSIONS_OK);
  CHECK_INT(sessions_session_set_int64(session, "double", 6, 2 * n), SESSIONS_OK);
  change(manager, cookie, "n", 5);
  check_commit(session, SESSIONS_OUTCOME_CONFLICT, 0);
  check_contested(session, "n");
  CHECK_INT(sessions_session_get_int64(session, "n", 1, &n), SESSIONS_OK);
  CHECK_INT(n, 5);
  CHECK_INT(sessions_session_set_int64(session, "double", 6, 2 * n), SESSIONS_OK);
  check_commit(session, SESSIONS_OUTCOME_SAVED, 1);
  CHECK_JSON(session, "{\"n\":5,\"double\":10}");
  sessions_session_free(session);
  /* Counting is reading everything. */
  session = strict(manager, cookie);
  CHECK_INT(sessions_session_count(session), 2);
  CHECK_INT(sessions_session_set_int64(session, "count", 5, 2), SESSIONS_OK);
  change(manager, cookie, "more", 1);
  check_commit(session, SESSIONS_OUTCOME_CONFLICT, 0);
  check_contested(session, "more");
  sessions_session_free(session);
  free(cookie);
  sessions_manager_free(manager);
}

static void test_the_mode_of_the_config(void) {
  static const int32_t modes[] = {SESSIONS_COMMIT_MERGE, SESSIONS_COMMIT_STRICT, SESSIONS_COMMIT_LAST_WRITE};
  static const int32_t outcomes[] = {SESSIONS_OUTCOME_MERGED, SESSIONS_OUTCOME_CONFLICT, SESSIONS_OUTCOME_MERGED};
  static const char *const contents[] = {"{\"n\":1,\"m\":5,\"own\":1}", "{\"n\":1,\"m\":5}",
                                         "{\"n\":1,\"m\":1,\"own\":1}"};
  size_t i;
  for (i = 0; i < 3; i++) {
    sessions_config *config = world_config(&world);
    sessions_manager *manager;
    sessions_session *session;
    char *cookie;
    int64_t m = 0;
    CHECK_OK(sessions_config_set_commit_mode(config, modes[i], &failure));
    manager = world_manager_from("memory:", config);
    cookie = world_store(manager, "{\"n\":1,\"m\":1}");
    session = world_load(manager, cookie);
    CHECK_INT(sessions_session_get_int64(session, "m", 1, &m), SESSIONS_OK);
    CHECK_INT(sessions_session_set_int64(session, "own", 3, 1), SESSIONS_OK);
    change(manager, cookie, "m", 5);
    CHECK_OK(sessions_session_commit(session, &failure));
    CHECK_INT(sessions_session_outcome(session), outcomes[i]);
    CHECK_JSON(session, contents[i]);
    sessions_session_free(session);
    session = world_load(manager, cookie);
    CHECK_JSON(session, contents[i]);
    sessions_session_free(session);
    free(cookie);
    sessions_manager_free(manager);
  }
}

static void require(sessions_session *session, const char *key) {
  CHECK_OK(sessions_session_require_unchanged(session, key, strlen(key)));
}

static void test_set_if_unchanged(void) {
  static const int32_t modes[] = {SESSIONS_COMMIT_MERGE, SESSIONS_COMMIT_STRICT, SESSIONS_COMMIT_LAST_WRITE};
  size_t i;
  for (i = 0; i < 3; i++) {
    sessions_manager *manager = world_manager(&world, "memory:");
    char *cookie = world_store(manager, "{\"n\":1,\"m\":1}");
    sessions_session *session = world_load(manager, cookie);
    CHECK_OK(sessions_session_set_commit_mode(session, modes[i], &failure));
    require(session, "n");
    require(session, "n");
    CHECK_INT(sessions_session_set_int64(session, "n", 1, 2), SESSIONS_OK);
    change(manager, cookie, "n", 5);
    check_commit(session, SESSIONS_OUTCOME_CONFLICT, 0);
    check_contested(session, "n");
    CHECK_JSON(session, "{\"n\":5,\"m\":1}");
    /* Made again, on what is stored. */
    require(session, "n");
    CHECK_INT(sessions_session_set_int64(session, "n", 1, 6), SESSIONS_OK);
    check_commit(session, SESSIONS_OUTCOME_SAVED, 1);
    /* It has lasted until then. */
    CHECK_INT(sessions_session_set_int64(session, "m", 1, 6), SESSIONS_OK);
    change(manager, cookie, "n", 7);
    CHECK_OK(sessions_session_commit(session, &failure));
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_MERGED);
    sessions_session_free(session);

    /* A key that is not there, and one that was changed before it was required. */
    session = world_load(manager, cookie);
    CHECK_OK(sessions_session_set_commit_mode(session, modes[i], &failure));
    CHECK_INT(sessions_session_set_int64(session, "m", 1, 8), SESSIONS_OK);
    CHECK_OK(sessions_session_remove(session, "n", 1));
    require(session, "m");
    require(session, "n");
    require(session, "new");
    CHECK_INT(sessions_session_set_int64(session, "new", 3, 1), SESSIONS_OK);
    change(manager, cookie, "other", 1);
    CHECK_OK(sessions_session_commit(session, &failure));
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_MERGED);
    require(session, "none");
    CHECK_INT(sessions_session_set_int64(session, "m", 1, 9), SESSIONS_OK);
    change(manager, cookie, "none", 1);
    CHECK_OK(sessions_session_regenerate(session, &failure));
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_CONFLICT);
    check_contested(session, "none");

    /* What was loaded is not known any more after clear and from_json; what was required before stays. */
    require(session, "m");
    CHECK_OK(sessions_session_clear(session));
    CHECK_STATUS(sessions_session_require_unchanged(session, "n", 1), SESSIONS_E_MISUSE);
    CHECK_OK(sessions_session_from_json(session, "{\"n\":0}", SESSIONS_NUL_TERMINATED, &failure));
    CHECK_STATUS(sessions_session_require_unchanged(session, "n", 1), SESSIONS_E_MISUSE);
    change(manager, cookie, "m", 10);
    check_commit(session, SESSIONS_OUTCOME_CONFLICT, 1);
    check_contested(session, "m");
    require(session, "m");
    CHECK_OK(sessions_session_from_json(session, "{\"n\":0}", SESSIONS_NUL_TERMINATED, &failure));
    check_commit(session, SESSIONS_OUTCOME_SAVED, 1);
    CHECK_JSON(session, "{\"n\":0}");
    sessions_session_free(session);
    free(cookie);
    sessions_manager_free(manager);
  }
}

static void test_bad_requirements(void) {
  sessions_manager *manager = world_manager(&world, "memory:");
  sessions_session *session = world_load(manager, NULL);
  CHECK_STATUS(sessions_session_require_unchanged(NULL, "n", 1), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_require_unchanged(session, NULL, 1), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_require_unchanged(session, "\xff", 1), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_require_unchanged(session, "n", SIZE_MAX - 1), SESSIONS_E_INVALID);
  CHECK_OK(sessions_session_require_unchanged(session, NULL, 0));
  CHECK_OK(sessions_session_require_unchanged(session, "a\0b", 3));
  check_commit(session, SESSIONS_OUTCOME_UNCHANGED, 0);
  CHECK_INT(sessions_session_set_int64(session, "", 0, 1), SESSIONS_OK);
  check_commit(session, SESSIONS_OUTCOME_CREATED, 1);
  sessions_session_free(session);
  sessions_manager_free(manager);
}

/* In cookies there is nobody to conflict with. */
static void test_cookies(void) {
  size_t i;
  int32_t mode;
  for (i = WORLD_SIGNED; i <= WORLD_PLAIN; i++) {
    for (mode = SESSIONS_COMMIT_MERGE; mode <= SESSIONS_COMMIT_LAST_WRITE; mode++) {
      sessions_manager *manager = world_manager(&world, world_urls[i]);
      char *cookie = world_store(manager, "{\"n\":1}");
      sessions_session *session = world_load(manager, cookie);
      CHECK_OK(sessions_session_set_commit_mode(session, mode, &failure));
      CHECK_INT(sessions_session_count(session), 1);
      require(session, "n");
      CHECK_INT(sessions_session_set_int64(session, "n", 1, 2), SESSIONS_OK);
      check_commit(session, SESSIONS_OUTCOME_SAVED, 1);
      CHECK_INT(sessions_session_contested_count(session), 0);
      CHECK_JSON(session, "{\"n\":2}");
      sessions_session_free(session);
      free(cookie);
      sessions_manager_free(manager);
    }
  }
}

static void test_bad_arguments(void) {
  static const int32_t bad[] = {0, 4, -1, INT32_MAX, INT32_MIN};
  sessions_config *config = world_config(&world);
  sessions_manager *manager = world_manager(&world, "memory:");
  sessions_session *session = world_load(manager, NULL);
  const char *key = NULL;
  size_t length = 0;
  size_t i;
  for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    CHECK_FAILS(sessions_config_set_commit_mode(config, bad[i], &failure), SESSIONS_E_INVALID, "SESSIONS_COMMIT_MERGE");
    CHECK_FAILS(sessions_session_set_commit_mode(session, bad[i], &failure), SESSIONS_E_INVALID,
                "SESSIONS_COMMIT_MERGE");
  }
  CHECK_FAILS(sessions_config_set_commit_mode(NULL, SESSIONS_COMMIT_MERGE, &failure), SESSIONS_E_INVALID, "config");
  CHECK_FAILS(sessions_session_set_commit_mode(NULL, SESSIONS_COMMIT_MERGE, &failure), SESSIONS_E_INVALID, "session");
  CHECK_INT(sessions_session_contested_count(NULL), 0);
  CHECK_INT(sessions_session_contested_count(session), 0);
  CHECK_INT(sessions_session_contested_key(NULL, 0, &key, &length), SESSIONS_E_INVALID);
  CHECK_INT(sessions_session_contested_key(session, 0, NULL, &length), SESSIONS_E_INVALID);
  CHECK_INT(sessions_session_contested_key(session, 0, &key, NULL), SESSIONS_E_INVALID);
  CHECK_INT(sessions_session_contested_key(session, 0, &key, &length), SESSIONS_E_NOT_FOUND);
  CHECK_INT(sessions_session_contested_key(session, SIZE_MAX, &key, &length), SESSIONS_E_NOT_FOUND);
  CHECK(key == NULL && length == 0);
  sessions_session_free(session);
  sessions_manager_free(manager);
  sessions_config_free(config);
}

int main(void) {
  world_begin(&world);
  test_merge();
  test_strict();
  test_the_mode_of_the_config();
  test_set_if_unchanged();
  test_bad_requirements();
  test_cookies();
  test_bad_arguments();
  return check_result();
}
