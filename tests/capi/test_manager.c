/* Managers: what they need, what they warn about, and that they keep a copy of their config. */
#include <support/world.h>

static struct world world;

static sessions_backend *open_backend(const char *url) {
  sessions_backend *backend = NULL;
  REQUIRE(sessions_backend_open(url, SESSIONS_NUL_TERMINATED, &backend, NULL) == SESSIONS_OK);
  return backend;
}

static void test_null(void) {
  sessions_manager *const nobody = (sessions_manager *)(void *)&world;
  sessions_backend *backend = open_backend("memory:");
  sessions_manager *manager = nobody;
  CHECK_FAILS(sessions_manager_new(NULL, NULL, &manager, &failure), SESSIONS_E_INVALID, "backend");
  CHECK(manager == NULL);
  CHECK_FAILS(sessions_manager_new(backend, NULL, NULL, &failure), SESSIONS_E_INVALID, "manager");
  CHECK_STATUS(sessions_manager_new(backend, NULL, NULL, NULL), SESSIONS_E_INVALID);
  CHECK_OK(sessions_manager_new(backend, NULL, &manager, NULL));
  CHECK(manager != NULL && manager != nobody);
  sessions_manager_free(manager);
  sessions_manager_free(NULL);
  sessions_backend_free(backend);
}

static void test_a_backend_that_signs_needs_a_key(void) {
  sessions_backend *backend = open_backend("signed-cookie:");
  sessions_config *config = world_config(&world);
  sessions_manager *manager = (sessions_manager *)(void *)&world;
  CHECK_FAILS(sessions_manager_new(backend, NULL, &manager, &failure), SESSIONS_E_INVALID, "sessions_config_add_key");
  CHECK(manager == NULL);
  CHECK_FAILS(sessions_manager_new(backend, config, &manager, &failure), SESSIONS_E_INVALID, "signed-cookie:");
  CHECK_OK(sessions_config_add_key(config, "k", 1, &failure));
  CHECK_OK(sessions_manager_new(backend, config, &manager, &failure));
  sessions_manager_free(manager);
  sessions_config_free(config);
  sessions_backend_free(backend);
}

static void test_a_manager_has_a_copy_of_its_config(void) {
  sessions_backend *backend = open_backend("cookie:");
  sessions_config *config = world_config(&world);
  sessions_manager *manager = NULL;
  sessions_session *session;
  char *cookie;
  CHECK_OK(sessions_config_set_cookie_name(config, "before", 6, &failure));
  CHECK_OK(sessions_manager_new(backend, config, &manager, &failure));
  CHECK_OK(sessions_config_set_cookie_name(config, "after", 5, &failure));
  session = world_load(manager, NULL);
  CHECK_OK(sessions_session_set_null(session, "a", 1));
  CHECK_OK(sessions_session_commit(session, &failure));
  cookie = world_cookie(session);
  CHECK(strncmp(cookie, "before=", 7) == 0);
  free(cookie);
  sessions_session_free(session);
  sessions_manager_free(manager);
  sessions_config_free(config);
  sessions_backend_free(backend);
}

static void test_managers_may_share_a_backend(void) {
  sessions_backend *backend = open_backend("memory:");
  sessions_manager *first = NULL;
  sessions_manager *second = NULL;
  sessions_session *session;
  char *cookie;
  CHECK_OK(sessions_manager_new(backend, NULL, &first, &failure));
  CHECK_OK(sessions_manager_new(backend, NULL, &second, &failure));
  cookie = world_store(first, "{\"shared\":true}");
  session = world_load(second, cookie);
  CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
  CHECK_JSON(session, "{\"shared\":true}");
  sessions_session_free(session);
  free(cookie);
  sessions_manager_free(first);
  sessions_manager_free(second);
  sessions_backend_free(backend);
}

/* Two warnings are always there: the world has its own clock and its own random source. */
static void check_warning(const char *url, const char *key, sessions_status (*set)(sessions_config *),
                          const char *word) {
  sessions_backend *backend = open_backend(url);
  sessions_config *config = world_config(&world);
  sessions_manager *manager = NULL;
  int before = world.warnings;
  if (key != NULL) {
    CHECK_OK(sessions_config_add_key(config, key, SESSIONS_NUL_TERMINATED, &failure));
  }
  if (set != NULL) {
    CHECK_OK(set(config));
  }
  CHECK_OK(sessions_manager_new(backend, config, &manager, &failure));
  CHECK_INT(world.warnings - before, word == NULL ? 2 : 3);
  if (word != NULL) {
    CHECK(strstr(world.last_message, word) != NULL);
  }
  sessions_manager_free(manager);
  sessions_config_free(config);
  sessions_backend_free(backend);
}

static sessions_status plain_http(sessions_config *config) { return sessions_config_set_plain_http(config, NULL); }

static sessions_status no_hooks(sessions_config *config) {
  sessions_status status = sessions_config_set_clock(config, NULL, NULL, NULL, NULL);
  return status != SESSIONS_OK ? status : sessions_config_set_random(config, NULL, NULL, NULL, NULL);
}

static void test_warnings(void) {
  sessions_backend *backend = open_backend("memory:");
  sessions_config *config = world_config(&world);
  sessions_manager *manager = NULL;
  int before;
  check_warning("memory:", NULL, NULL, NULL);
  check_warning("signed-cookie:", WORLD_KEY, NULL, NULL);
  check_warning("signed-cookie:", "31 bytes are fewer than 32 are.", NULL, "32");
  check_warning("memory:", WORLD_KEY, NULL, "key");
  check_warning("cookie:", NULL, NULL, "sign");
  check_warning("memory:", NULL, plain_http, "Secure");
  CHECK_OK(no_hooks(config));
  before = world.warnings;
  CHECK_OK(sessions_manager_new(backend, config, &manager, &failure));
  CHECK_INT(world.warnings, before);
  sessions_manager_free(manager);
  sessions_config_free(config);
  sessions_backend_free(backend);
}

/* A cookie of 43 bytes must fit into a line, whatever the attributes are. */
static void test_attributes_that_leave_no_room(void) {
  char *path = world_repeat('/', 1024);
  char *name = world_repeat('n', 256);
  sessions_backend *backend = open_backend("memory:");
  sessions_config *config = world_config(&world);
  sessions_manager *manager = NULL;
  CHECK_OK(sessions_config_set_cookie_name(config, name, 256, &failure));
  CHECK_OK(sessions_config_set_cookie_path(config, path, 1024, &failure));
  CHECK_OK(sessions_manager_new(backend, config, &manager, &failure));
  sessions_manager_free(manager);
  sessions_config_free(config);
  sessions_backend_free(backend);
  free(name);
  free(path);
}

int main(void) {
  world_begin(&world);
  check_keep_secret(WORLD_KEY);
  test_null();
  test_a_backend_that_signs_needs_a_key();
  test_a_manager_has_a_copy_of_its_config();
  test_managers_may_share_a_backend();
  test_warnings();
  test_attributes_that_leave_no_room();
  return check_result();
}
