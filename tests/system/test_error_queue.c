/* OpenSSL's error queue is the host's: whatever is called, what was on it stays on it, and nothing is added. */
#include <cjson/cJSON.h>
#include <openssl/err.h>
#include <support/world.h>

static struct world world;

static void fill_queue(void) {
  ERR_clear_error();
  ERR_raise_data(ERR_LIB_USER, 101, "%s", "the first error of the host");
  ERR_set_mark();
  ERR_raise_data(ERR_LIB_USER, 102, "%s", "the second error of the host");
}

static void check_next(int reason, const char *data) {
  const char *text = NULL;
  int flags = 0;
  unsigned long code = ERR_get_error_all(NULL, NULL, NULL, &text, &flags);
  CHECK_INT(ERR_GET_LIB(code), ERR_LIB_USER);
  CHECK_INT(ERR_GET_REASON(code), reason);
  CHECK(text != NULL && strcmp(text, data) == 0);
}

static void check_queue(const char *call, int line) {
  int failures = check_failures;
  check_next(101, "the first error of the host");
  check_next(102, "the second error of the host");
  CHECK(ERR_get_error() == 0);
  if (failures != check_failures) {
    printf("    test_error_queue.c:%d: after %s\n", line, call);
  }
}

/* Calls three times: among errors, between a mark and its end, and with an empty queue. */
#define CHECK_QUEUE(call, status)                   \
  do {                                              \
    fill_queue();                                   \
    CHECK_INT(call, status);                        \
    check_queue(#call, __LINE__);                   \
    fill_queue();                                   \
    CHECK_INT(call, status);                        \
    CHECK_INT(ERR_pop_to_mark(), 1);                \
    check_next(101, "the first error of the host"); \
    CHECK(ERR_get_error() == 0);                    \
    CHECK_INT(call, status);                        \
    CHECK(ERR_get_error() == 0);                    \
  } while (0)

/* ---- calls that can be repeated ---- */

static sessions_manager *manager;
static sessions_session *session;
static char *cookie;

static sessions_status make_manager(const char *url, const char *key) {
  sessions_backend *backend = NULL;
  sessions_config *config = NULL;
  sessions_manager *made = NULL;
  sessions_status status = sessions_backend_open(url, SESSIONS_NUL_TERMINATED, &backend, NULL);
  if (status == SESSIONS_OK) {
    status = sessions_config_new(&config);
  }
  if (status == SESSIONS_OK && key != NULL) {
    status = sessions_config_add_key(config, key, SESSIONS_NUL_TERMINATED, NULL);
  }
  if (status == SESSIONS_OK) {
    status = sessions_manager_new(backend, config, &made, NULL);
  }
  sessions_manager_free(made);
  sessions_config_free(config);
  sessions_backend_free(backend);
  return status;
}

static int32_t load_origin(const char *value) {
  sessions_session *loaded = NULL;
  int32_t origin = -1;
  if (sessions_manager_load_value(manager, value, SESSIONS_NUL_TERMINATED, &loaded, NULL) == SESSIONS_OK) {
    origin = sessions_session_origin(loaded);
  }
  sessions_session_free(loaded);
  return origin;
}

static sessions_status whole_life(void) {
  sessions_session *made = NULL;
  sessions_status status = sessions_manager_load(manager, NULL, 0, &made, NULL);
  status = status != SESSIONS_OK ? status : sessions_session_set_int64(made, "a", 1, 1);
  status = status != SESSIONS_OK ? status : sessions_session_commit(made, NULL);
  status = status != SESSIONS_OK ? status : sessions_session_regenerate(made, NULL);
  status = status != SESSIONS_OK ? status : sessions_session_destroy(made, NULL);
  sessions_session_free(made);
  return status;
}

static sessions_status too_long_for_a_cookie(void) {
  char *text = world_repeat('x', 5000);
  sessions_session *made = NULL;
  sessions_status status = sessions_manager_load(manager, NULL, 0, &made, NULL);
  status = status != SESSIONS_OK ? status : sessions_session_set_string(made, "a", 1, text, 5000);
  status = status != SESSIONS_OK ? status : sessions_session_commit(made, NULL);
  sessions_session_free(made);
  free(text);
  return status;
}

static sessions_status read_tree(void) {
  cJSON *tree = NULL;
  sessions_status status = sessions_session_get_cjson(session, "a", 1, &tree, NULL);
  cJSON_Delete(tree);
  return status;
}

static sessions_status fail_to_make_an_id(void) {
  sessions_status status;
  world.random_status = 1;
  status = whole_life();
  world.random_status = SESSIONS_OK;
  return status;
}

static void check_calls(const char *url) {
  int is_memory = strcmp(url, "memory:") == 0;
  int is_plain = strcmp(url, "cookie:") == 0;
  int64_t read = 0;
  manager = world_manager(&world, url);
  cookie = world_store(manager, "{\"a\":1}");
  session = world_load(manager, cookie);

  CHECK_QUEUE(make_manager(url, WORLD_KEY), SESSIONS_OK);
  CHECK_QUEUE(make_manager("signed-cookie:", NULL), SESSIONS_E_INVALID);
  CHECK_QUEUE(make_manager("no such:", NULL), SESSIONS_E_INVALID);
  CHECK_QUEUE(load_origin(world_value(cookie)), SESSIONS_ORIGIN_RESTORED);
  CHECK_QUEUE(load_origin("forged"), SESSIONS_ORIGIN_REFUSED_MALFORMED);
  CHECK_QUEUE(load_origin("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"),
              is_memory ? SESSIONS_ORIGIN_REFUSED_UNKNOWN : SESSIONS_ORIGIN_REFUSED_MALFORMED);
  CHECK_QUEUE(load_origin("eyJhIjogMX0uWlZQeEFBLnk4VWNpb0lBZTJpMWxtWXpxX3FNOFhOV3M4Zw=="),
              is_memory  ? SESSIONS_ORIGIN_REFUSED_MALFORMED
              : is_plain ? SESSIONS_ORIGIN_REFUSED_CONTENT
                         : SESSIONS_ORIGIN_REFUSED_SIGNATURE);
  CHECK_QUEUE(whole_life(), SESSIONS_OK);
  CHECK_QUEUE(too_long_for_a_cookie(), is_memory ? SESSIONS_OK : SESSIONS_E_LIMIT);
  if (is_memory) {
    CHECK_QUEUE(fail_to_make_an_id(), SESSIONS_E_CALLBACK);
  }
  CHECK_QUEUE(sessions_session_get_int64(session, "a", 1, &read), SESSIONS_OK);
  CHECK_QUEUE(sessions_session_get_int64(session, "b", 1, &read), SESSIONS_E_NOT_FOUND);
  CHECK_QUEUE(sessions_session_set_json(session, "j", 1, "[1", 2, NULL), SESSIONS_E_INVALID);
  CHECK_QUEUE(sessions_session_set_json(session, "j", 1, "[1]", 3, NULL), SESSIONS_OK);
  CHECK_QUEUE(sessions_session_from_json(session, "{\"a\":2}", 7, NULL), SESSIONS_OK);
  CHECK_QUEUE(read_tree(), SESSIONS_OK);
  CHECK_QUEUE(sessions_session_commit(session, NULL), SESSIONS_OK);
  CHECK_QUEUE(sessions_session_regenerate(session, NULL), SESSIONS_OK);
  CHECK_QUEUE(sessions_session_destroy(session, NULL), SESSIONS_OK);

  fill_queue();
  sessions_session_free(session);
  sessions_manager_free(manager);
  check_queue("freeing", __LINE__);
  free(cookie);
}

int main(void) {
  size_t i;
  world_begin(&world);
  /* The very first call as well, before OpenSSL has loaded anything. */
  ERR_raise_data(ERR_LIB_USER, 101, "%s", "the first error of the host");
  CHECK_INT(make_manager("signed-cookie:", WORLD_KEY), SESSIONS_OK);
  check_next(101, "the first error of the host");
  CHECK(ERR_get_error() == 0);
  for (i = 0; i < WORLD_BACKENDS; i++) {
    check_calls(world_urls[i]);
  }
  return check_result();
}
