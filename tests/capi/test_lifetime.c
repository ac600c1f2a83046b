/* Handles may be freed in any order: every permutation, and after each step the ones that are left do their work. */
#include <support/world.h>

enum { BACKEND, CONFIG, MANAGER, SESSION, ERROR, HANDLES };

struct handles {
  sessions_backend *backend;
  sessions_config *config;
  sessions_manager *manager;
  sessions_session *session;
  sessions_error *error;
  int is_free[HANDLES];
  int64_t counter;
};

static struct world world;

static void make(struct handles *handles, const char *url) {
  memset(handles, 0, sizeof *handles);
  handles->config = world_config(&world);
  CHECK_OK(sessions_config_add_key(handles->config, WORLD_KEY, strlen(WORLD_KEY), &failure));
  REQUIRE(sessions_backend_open(url, SESSIONS_NUL_TERMINATED, &handles->backend, NULL) == SESSIONS_OK);
  REQUIRE(sessions_manager_new(handles->backend, handles->config, &handles->manager, NULL) == SESSIONS_OK);
  handles->session = world_load(handles->manager, NULL);
  REQUIRE(sessions_session_load(handles->session, NULL, 0, &handles->error) == SESSIONS_E_MISUSE);
}

static void free_one(struct handles *handles, int which) {
  handles->is_free[which] = 1;
  switch (which) {
    case BACKEND:
      sessions_backend_free(handles->backend);
      break;
    case CONFIG:
      sessions_config_free(handles->config);
      break;
    case MANAGER:
      sessions_manager_free(handles->manager);
      break;
    case SESSION:
      sessions_session_free(handles->session);
      break;
    default:
      sessions_error_free(handles->error);
      break;
  }
}

static void use_manager(const sessions_manager *manager) {
  char *cookie = world_store(manager, "{\"a\":1}");
  sessions_session *session = world_load(manager, cookie);
  CHECK_JSON(session, "{\"a\":1}");
  sessions_session_free(session);
  free(cookie);
}

static void use_what_is_left(struct handles *handles) {
  if (!handles->is_free[BACKEND]) {
    sessions_config *config = world_config(&world);
    sessions_manager *manager = NULL;
    CHECK_OK(sessions_config_add_key(config, "k", 1, &failure));
    CHECK_OK(sessions_manager_new(handles->backend, config, &manager, &failure));
    use_manager(manager);
    sessions_manager_free(manager);
    sessions_config_free(config);
  }
  if (!handles->is_free[CONFIG]) {
    sessions_backend *backend = NULL;
    sessions_manager *manager = NULL;
    CHECK_OK(sessions_config_set_lifetime_seconds(handles->config, 100, &failure));
    CHECK_OK(sessions_backend_open("signed-cookie:", SESSIONS_NUL_TERMINATED, &backend, &failure));
    CHECK_OK(sessions_manager_new(backend, handles->config, &manager, &failure));
    use_manager(manager);
    sessions_manager_free(manager);
    sessions_backend_free(backend);
  }
  if (!handles->is_free[MANAGER]) {
    use_manager(handles->manager);
  }
  if (!handles->is_free[SESSION]) {
    int64_t counter = 0;
    CHECK_OK(sessions_session_increment(handles->session, "n", 1, 1, &counter));
    CHECK_INT(counter, ++handles->counter);
    CHECK_OK(sessions_session_commit(handles->session, &failure));
    CHECK_OK(sessions_session_regenerate(handles->session, &failure));
    CHECK_INT(sessions_session_cookie_count(handles->session), 1);
  }
  if (!handles->is_free[ERROR]) {
    CHECK_INT(sessions_error_status(handles->error), SESSIONS_E_MISUSE);
    check_message(sessions_error_message(handles->error), __FILE__, __LINE__);
  }
}

static int free_in_every_order(const char *url, int *order, int chosen) {
  int permutations = 0;
  int which;
  if (chosen == HANDLES) {
    struct handles handles;
    int i;
    make(&handles, url);
    use_what_is_left(&handles);
    for (i = 0; i < HANDLES; i++) {
      free_one(&handles, order[i]);
      use_what_is_left(&handles);
    }
    return 1;
  }
  for (which = 0; which < HANDLES; which++) {
    int taken = 0;
    int i;
    for (i = 0; i < chosen; i++) {
      taken = taken || order[i] == which;
    }
    if (!taken) {
      order[chosen] = which;
      permutations += free_in_every_order(url, order, chosen + 1);
    }
  }
  return permutations;
}

/* What a session has given out lives as long as the session, whatever else is freed. */
static void test_results_outlive_the_manager(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    char *cookie = world_store(manager, "{\"name\":\"a value that lives in the session\"}");
    sessions_session *session = world_load(manager, cookie);
    const char *text = NULL;
    const char *line = NULL;
    size_t length = 0;
    size_t line_len = 0;
    CHECK_OK(sessions_session_set_int64(session, "n", 1, 1));
    CHECK_OK(sessions_session_commit(session, &failure));
    CHECK_OK(sessions_session_get_string(session, "name", 4, &text, &length));
    CHECK_OK(sessions_session_cookie_line(session, 0, &line, &line_len));
    memset(cookie, 'x', strlen(cookie));
    free(cookie);
    sessions_manager_free(manager);
    CHECK_TEXT(text, length, "a value that lives in the session");
    CHECK(strlen(line) == line_len);
    sessions_session_free(session);
  }
}

int main(void) {
  size_t i;
  world_begin(&world);
  for (i = 0; i < WORLD_BACKENDS; i++) {
    int order[HANDLES] = {0};
    CHECK_INT(free_in_every_order(world_urls[i], order, 0), 120);
  }
  test_results_outlive_the_manager();
  return check_result();
}
