/* Each allocation fails once: alone, and with all that follow it.
 *
 * Whatever the call then says is true: on SESSIONS_E_NOMEM nothing has changed and the same call succeeds later, on
 * SESSIONS_OK everything is as if nothing had failed. When all handles are freed, nothing is left over. */
#include <cjson/cJSON.h>
#include <support/world.h>
#include <torture/allocator.h>

#define LONG_TEXT "a text that is too long to be kept inside of a string object, whatever the library"

struct state {
  const char *url;
  sessions_config *config;
  sessions_backend *backend;
  sessions_manager *manager;
  sessions_session *session;
  char *cookie; /* of a session that was stored before */
  sessions_error *error;
  int64_t result; /* of the call, to be compared */
  int destroyed;  /* how often the user data of a hook was */
};

enum { NOTHING, CONFIG, BACKEND, MANAGER, COOKIE, LOADED, FRESH };

struct operation {
  const char *name;
  int needs; /* how far the state has come before */
  sessions_status (*call)(struct state *state);
};

static struct world world;
static long points;

/* ---- operations ---- */

static sessions_status open_backend(struct state *s) {
  return sessions_backend_open(s->url, strlen(s->url), &s->backend, &s->error);
}

static sessions_status new_config(struct state *s) { return sessions_config_new(&s->config); }

static sessions_status add_key(struct state *s) {
  return sessions_config_add_key(s->config, LONG_TEXT, strlen(LONG_TEXT), &s->error);
}

static sessions_status set_name(struct state *s) {
  return sessions_config_set_cookie_name(s->config, "a-name-that-is-not-short", SESSIONS_NUL_TERMINATED, &s->error);
}

static sessions_status set_path(struct state *s) {
  return sessions_config_set_plain_http(s->config, &s->error) != SESSIONS_OK
             ? sessions_error_status(s->error)
             : sessions_config_set_cookie_path(s->config, "/a/path/that/is/not/short", SESSIONS_NUL_TERMINATED,
                                               &s->error);
}

static sessions_status set_secure(struct state *s) { return sessions_config_set_secure(s->config, 1, &s->error); }

static void destroy_hook(void *user_data) { ((struct state *)user_data)->destroyed++; }

static int64_t hooked_clock(void *user_data) {
  (void)user_data;
  return WORLD_NOW;
}

static sessions_status set_clock(struct state *s) {
  int before = s->destroyed;
  sessions_status status = sessions_config_set_clock(s->config, hooked_clock, s, destroy_hook, &s->error);
  CHECK_INT(s->destroyed - before, status == SESSIONS_OK ? 0 : 1);
  s->destroyed = 0;
  return status;
}

static sessions_status new_manager(struct state *s) {
  return sessions_manager_new(s->backend, s->config, &s->manager, &s->error);
}

static sessions_status load(struct state *s) {
  return sessions_manager_load(s->manager, s->cookie, strlen(s->cookie), &s->session, &s->error);
}

static sessions_status load_nothing(struct state *s) {
  return sessions_manager_load(s->manager, NULL, 0, &s->session, &s->error);
}

static sessions_status load_value(struct state *s) {
  const char *value = world_value(s->cookie);
  return sessions_manager_load_value(s->manager, value, strlen(value), &s->session, &s->error);
}

static sessions_status load_later(struct state *s) {
  if (s->session == NULL && sessions_session_new(s->manager, &s->session, &s->error) != SESSIONS_OK) {
    return sessions_error_status(s->error);
  }
  return sessions_session_load(s->session, s->cookie, strlen(s->cookie), &s->error);
}

static sessions_status load_many(struct state *s) {
  char header[2048];
  snprintf(header, sizeof header, "__Host-session=forged; %s; %s", s->cookie, s->cookie);
  return sessions_manager_load(s->manager, header, strlen(header), &s->session, &s->error);
}

static sessions_status set_string(struct state *s) {
  return sessions_session_set_string(s->session, LONG_TEXT, strlen(LONG_TEXT), LONG_TEXT, strlen(LONG_TEXT));
}

static sessions_status set_string_again(struct state *s) {
  return sessions_session_set_string(s->session, "name", 4, LONG_TEXT, strlen(LONG_TEXT));
}

static sessions_status set_int64(struct state *s) { return sessions_session_set_int64(s->session, "n", 1, INT64_MIN); }

static sessions_status set_double(struct state *s) {
  return sessions_session_set_double(s->session, "a-key-of-its-own", 16, -1.2345678901234567e-300);
}

static sessions_status set_json(struct state *s) {
  static const char json[] = "{\"a\":[\"" LONG_TEXT "\",{\"b\":1,\"c\":2}]}";
  return sessions_session_set_json(s->session, "list", 4, json, sizeof json - 1, &s->error);
}

static sessions_status from_json(struct state *s) {
  static const char json[] = "{\"a\":[\"" LONG_TEXT "\"],\"\\u0062\":2,\"n\":3}";
  return sessions_session_from_json(s->session, json, sizeof json - 1, &s->error);
}

static sessions_status increment(struct state *s) {
  return sessions_session_increment(s->session, "n", 1, 41, &s->result);
}

static sessions_status remove_key(struct state *s) { return sessions_session_remove(s->session, "name", 4); }

static sessions_status pop_string(struct state *s) {
  const char *text = NULL;
  size_t length = 0;
  sessions_status status = sessions_session_pop_string(s->session, "name", 4, &text, &length);
  s->result = (int64_t)length;
  CHECK((status == SESSIONS_OK) == (text != NULL));
  return status;
}

static sessions_status pop_json(struct state *s) {
  const char *text = NULL;
  size_t length = 0;
  sessions_status status = sessions_session_pop_json(s->session, "list", 4, &text, &length);
  s->result = (int64_t)length;
  return status;
}

static sessions_status require_unchanged(struct state *s) {
  return sessions_session_require_unchanged(s->session, "name", 4);
}

static sessions_status clear(struct state *s) { return sessions_session_clear(s->session); }

static sessions_status get_string(struct state *s) {
  const char *text = NULL;
  size_t length = 0;
  sessions_status status = sessions_session_get_string(s->session, "name", 4, &text, &length);
  s->result = (int64_t)length;
  CHECK((status == SESSIONS_OK) == (text != NULL));
  return status;
}

static sessions_status get_json(struct state *s) {
  const char *text = NULL;
  size_t length = 0;
  sessions_status status = sessions_session_get_json(s->session, "list", 4, &text, &length);
  s->result = (int64_t)length;
  return status;
}

static sessions_status to_json(struct state *s) {
  const char *text = NULL;
  size_t length = 0;
  sessions_status status = sessions_session_to_json(s->session, &text, &length);
  s->result = (int64_t)length;
  return status;
}

static sessions_status key_at(struct state *s) {
  const char *text = NULL;
  size_t length = 0;
  sessions_status status = sessions_session_key_at(s->session, 1, &text, &length);
  s->result = (int64_t)length;
  return status;
}

static sessions_status get_cjson(struct state *s) {
  cJSON *tree = NULL;
  sessions_status status = sessions_session_get_cjson(s->session, "list", 4, &tree, &s->error);
  CHECK((status == SESSIONS_OK) == (tree != NULL));
  cJSON_Delete(tree);
  return status;
}

static sessions_status set_cjson(struct state *s) {
  cJSON text = {NULL, NULL, NULL, cJSON_String, NULL, 0, 0, NULL};
  cJSON list = {NULL, NULL, NULL, cJSON_Array, NULL, 0, 0, NULL};
  char long_text[] = LONG_TEXT;
  text.valuestring = long_text;
  list.child = &text;
  return sessions_session_set_cjson(s->session, "tree", 4, &list, &s->error);
}

static sessions_status commit(struct state *s) { return sessions_session_commit(s->session, &s->error); }

static sessions_status regenerate(struct state *s) { return sessions_session_regenerate(s->session, &s->error); }

static sessions_status destroy(struct state *s) { return sessions_session_destroy(s->session, &s->error); }

/* The session is changed before, without failures: only the commit is under test. */
enum { AS_IT_IS, CHANGED, USED, CLEARED };

static const struct operation operations[] = {
    {"backend_open", CONFIG, open_backend},
    {"config_new", NOTHING, new_config},
    {"config_add_key", CONFIG, add_key},
    {"config_set_cookie_name", CONFIG, set_name},
    {"config_set_cookie_path", CONFIG, set_path},
    {"config_set_secure", CONFIG, set_secure},
    {"config_set_clock", CONFIG, set_clock},
    {"manager_new", BACKEND, new_manager},
    {"manager_load", COOKIE, load},
    {"manager_load of nothing", COOKIE, load_nothing},
    {"manager_load_value", COOKIE, load_value},
    {"manager_load of several", COOKIE, load_many},
    {"session_new and _load", COOKIE, load_later},
    {"set_string", LOADED, set_string},
    {"set_string again", LOADED, set_string_again},
    {"set_int64", LOADED, set_int64},
    {"set_double", LOADED, set_double},
    {"set_json", LOADED, set_json},
    {"set_cjson", LOADED, set_cjson},
    {"from_json", LOADED, from_json},
    {"increment", LOADED, increment},
    {"remove", LOADED, remove_key},
    {"pop_string", LOADED, pop_string},
    {"pop_json", LOADED, pop_json},
    {"require_unchanged", LOADED, require_unchanged},
    {"clear", LOADED, clear},
    {"get_string", LOADED, get_string},
    {"get_json", LOADED, get_json},
    {"get_cjson", LOADED, get_cjson},
    {"to_json", LOADED, to_json},
    {"key_at", LOADED, key_at},
    {"commit of a load", LOADED, commit},
    {"commit of a change", LOADED + 10 * CHANGED, commit},
    {"commit of a use", LOADED + 10 * USED, commit},
    {"commit of a clear", LOADED + 10 * CLEARED, commit},
    {"commit of a new session", FRESH + 10 * CHANGED, commit},
    {"regenerate", LOADED, regenerate},
    {"regenerate with a change", LOADED + 10 * CHANGED, regenerate},
    {"regenerate of a new session", FRESH + 10 * CHANGED, regenerate},
    {"destroy", LOADED, destroy},
    {"destroy with a change", LOADED + 10 * CHANGED, destroy},
    {"destroy of a new session", FRESH + 10 * CHANGED, destroy},
};

/* ---- one run ---- */

static void use(struct state *s, int how) {
  if (how == CHANGED) {
    CHECK_OK(sessions_session_set_string(s->session, "added", 5, LONG_TEXT, strlen(LONG_TEXT)));
    CHECK_OK(sessions_session_increment(s->session, "n", 1, 5, NULL));
    if (sessions_session_count(s->session) > 2) {
      CHECK_OK(sessions_session_remove(s->session, "name", 4));
    }
  } else if (how == USED) {
    CHECK(sessions_session_count(s->session) > 0);
  } else if (how == CLEARED) {
    CHECK_OK(sessions_session_clear(s->session));
  }
}

static void begin(struct state *s, const char *url, int needs) {
  memset(s, 0, sizeof *s);
  s->url = url;
  world.now = WORLD_NOW;
  world.next_byte = 1;
  if (needs % 10 >= CONFIG) {
    s->config = world_config(&world);
    CHECK_OK(sessions_config_add_key(s->config, WORLD_KEY, strlen(WORLD_KEY), NULL));
    CHECK_OK(sessions_config_set_renew_after_seconds(s->config, 0, NULL));
  }
  if (needs % 10 >= BACKEND) {
    CHECK_OK(open_backend(s));
  }
  if (needs % 10 >= MANAGER) {
    CHECK_OK(new_manager(s));
  }
  if (needs % 10 >= COOKIE) {
    s->cookie = world_store(s->manager, "{\"name\":\"Zo\\u00eb\",\"n\":1,\"list\":[1,2,{\"deep\":\"x\"}]}");
  }
  if (needs % 10 >= LOADED) {
    CHECK_OK(needs % 10 == LOADED ? load(s) : load_nothing(s));
    use(s, needs / 10);
  }
  world.now++;
  world.next_byte = 100;
}

static void end(struct state *s) {
  sessions_session_free(s->session);
  sessions_manager_free(s->manager);
  sessions_backend_free(s->backend);
  sessions_config_free(s->config);
  sessions_error_free(s->error);
  free(s->cookie);
}

static void append(char *text, size_t room, const char *more) {
  size_t length = strlen(text);
  snprintf(text + length, room - length, "%s\n", more);
}

/* Everything that can be seen from outside. */
static void describe(const struct state *s, char *text, size_t room) {
  char number[160];
  text[0] = '\0';
  snprintf(number, sizeof number, "%d %d %d %d", s->config != NULL, s->backend != NULL, s->manager != NULL,
           s->session != NULL);
  append(text, room, number);
  if (s->session != NULL) {
    const char *json = NULL;
    size_t length = 0;
    size_t i;
    CHECK_OK(sessions_session_to_json(s->session, &json, &length));
    append(text, room, json);
    snprintf(number, sizeof number, "origin %d, outcome %d", (int)sessions_session_origin(s->session),
             (int)sessions_session_outcome(s->session));
    append(text, room, number);
    for (i = 0; i < sessions_session_cookie_count(s->session); i++) {
      CHECK_OK(sessions_session_cookie_line(s->session, i, &json, &length));
      append(text, room, json);
    }
  }
  if (s->manager != NULL && s->cookie != NULL) {
    sessions_session *stored = world_load(s->manager, s->cookie);
    const char *json = NULL;
    size_t length = 0;
    CHECK_OK(sessions_session_to_json(stored, &json, &length));
    append(text, room, json);
    sessions_session_free(stored);
  }
}

/* With an allocation failing, or none; says whether one did. */
static int run(const char *url, const struct operation *operation, long fail_at, int on_and_on, char *expected,
               size_t room) {
  struct state s;
  char before[4096];
  char after[4096];
  sessions_status status;
  int failed;
  const long base = allocator_live();
  begin(&s, url, operation->needs);
  /* Describing a session reads it, which remembers: only what is under test may do that before. */
  before[0] = '\0';
  if (operation->needs % 10 < LOADED) {
    describe(&s, before, sizeof before);
  }
  allocator_watch(fail_at, on_and_on);
  status = operation->call(&s);
  allocator_unwatch();
  failed = allocator_has_failed();
  CHECK(status == SESSIONS_OK || (failed && status == SESSIONS_E_NOMEM));
  if (s.error != NULL) {
    CHECK_INT(sessions_error_status(s.error), status);
    check_message(sessions_error_message(s.error), __FILE__, __LINE__);
    sessions_error_free(s.error);
    s.error = NULL;
  }
  if (status != SESSIONS_OK) {
    if (before[0] != '\0' && s.session == NULL) {
      describe(&s, after, sizeof after);
      CHECK(strcmp(before, after) == 0);
    }
    world.next_byte = 100;
    status = operation->call(&s);
    CHECK_INT(status, SESSIONS_OK);
  }
  describe(&s, after, sizeof after);
  if (fail_at == ALLOCATOR_NEVER) {
    snprintf(expected, room, "%s", after);
  } else if (strcmp(after, expected) != 0) {
    check_that(0, "the result is the same as without a failure", __FILE__, __LINE__);
    printf("    is:\n%s    should be:\n%s", after, expected);
  }
  end(&s);
  CHECK_INT(allocator_live() - base, 0);
  return failed;
}

/* That a failed change has changed nothing shows in what is committed afterwards without it. */
static void run_and_commit(const char *url, const struct operation *operation, long fail_at, const char *expected) {
  struct state s;
  char after[4096];
  sessions_status status;
  begin(&s, url, operation->needs);
  allocator_watch(fail_at, 1);
  status = operation->call(&s);
  allocator_unwatch();
  sessions_error_free(s.error);
  s.error = NULL;
  if (status == SESSIONS_E_NOMEM) {
    describe(&s, after, sizeof after);
    if (strcmp(after, expected) != 0) {
      check_that(0, "a failed call has changed nothing", __FILE__, __LINE__);
      printf("    is:\n%s    should be:\n%s", after, expected);
    }
    CHECK_OK(commit(&s));
  }
  end(&s);
}

static void torture(const char *url, const struct operation *operation) {
  char expected[4096];
  char untouched[4096] = "";
  int on_and_on;
  int failures = check_failures;
  if (operation->needs % 10 >= LOADED) {
    struct state s;
    begin(&s, url, operation->needs);
    describe(&s, untouched, sizeof untouched);
    end(&s);
  }
  run(url, operation, ALLOCATOR_NEVER, 0, expected, sizeof expected);
  for (on_and_on = 0; on_and_on < 2; on_and_on++) {
    long i = 0;
    while (run(url, operation, i, on_and_on, expected, sizeof expected)) {
      if (operation->needs % 10 >= LOADED) {
        run_and_commit(url, operation, i, untouched);
      }
      points++;
      i++;
      if (failures != check_failures) {
        printf("    %s, %s, allocation %ld%s\n", url, operation->name, i - 1, on_and_on ? " and on" : "");
        failures = check_failures;
      }
    }
  }
  if (failures != check_failures) {
    printf("    %s, %s\n", url, operation->name);
  }
}

/* The whole of a request in one go. */
static sessions_status whole_request(struct state *s) {
  sessions_status status = s->session == NULL ? load(s) : SESSIONS_OK;
  if (status == SESSIONS_OK) {
    status = set_string(s);
  }
  if (status == SESSIONS_OK) {
    status = commit(s);
  }
  return status;
}

static const struct operation request = {"load, change, commit", COOKIE, whole_request};

int main(void) {
  size_t i;
  size_t j;
  world_begin(&world);
  for (i = 0; i < WORLD_BACKENDS; i++) {
    struct state warm_up;
    begin(&warm_up, world_urls[i], LOADED + 10 * CHANGED);
    CHECK_OK(commit(&warm_up));
    end(&warm_up);
    printf("%s\n", world_urls[i]);
    for (j = 0; j < sizeof operations / sizeof *operations; j++) {
      torture(world_urls[i], &operations[j]);
    }
    torture(world_urls[i], &request);
  }
  printf("%ld points of failure\n", points);
  CHECK(points > 500);
  return check_result();
}
