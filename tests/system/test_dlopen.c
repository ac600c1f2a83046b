/* A host that loads the library as a plug-in, does real work with it and unloads it: 100 times, with nothing left. */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <pthread.h>
#include <support/check.h>

/* This program is not linked to the library, so it looks up what it uses. */
struct library {
  void *handle;
  const char *(*version)(void);
  sessions_status (*backend_open)(const char *, size_t, sessions_backend **, sessions_error **);
  void (*backend_free)(sessions_backend *);
  sessions_status (*config_new)(sessions_config **);
  sessions_status (*config_add_key)(sessions_config *, const void *, size_t, sessions_error **);
  void (*config_free)(sessions_config *);
  sessions_status (*manager_new)(sessions_backend *, const sessions_config *, sessions_manager **, sessions_error **);
  sessions_status (*manager_load)(const sessions_manager *, const char *, size_t, sessions_session **,
                                  sessions_error **);
  void (*manager_free)(sessions_manager *);
  sessions_status (*session_set_json)(sessions_session *, const char *, size_t, const char *, size_t,
                                      sessions_error **);
  sessions_status (*session_increment)(sessions_session *, const char *, size_t, int64_t, int64_t *);
  sessions_status (*session_commit)(sessions_session *, sessions_error **);
  sessions_status (*session_cookie_line)(const sessions_session *, size_t, const char **, size_t *);
  int32_t (*session_origin)(const sessions_session *);
  void (*session_free)(sessions_session *);
  const char *(*error_message)(const sessions_error *);
  void (*error_free)(sessions_error *);
};

static const char *path;

static void look_up(void *handle, const char *name, void *function) {
  void *symbol = dlsym(handle, name);
  check_require(symbol != NULL, name, __FILE__, __LINE__);
  memcpy(function, &symbol, sizeof symbol);
}

static void load_library(struct library *library) {
  library->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library->handle == NULL) {
    printf("%s\n", dlerror());
  }
  REQUIRE(library->handle != NULL);
  look_up(library->handle, "sessions_version", &library->version);
  look_up(library->handle, "sessions_backend_open", &library->backend_open);
  look_up(library->handle, "sessions_backend_free", &library->backend_free);
  look_up(library->handle, "sessions_config_new", &library->config_new);
  look_up(library->handle, "sessions_config_add_key", &library->config_add_key);
  look_up(library->handle, "sessions_config_free", &library->config_free);
  look_up(library->handle, "sessions_manager_new", &library->manager_new);
  look_up(library->handle, "sessions_manager_load", &library->manager_load);
  look_up(library->handle, "sessions_manager_free", &library->manager_free);
  look_up(library->handle, "sessions_session_set_json", &library->session_set_json);
  look_up(library->handle, "sessions_session_increment", &library->session_increment);
  look_up(library->handle, "sessions_session_commit", &library->session_commit);
  look_up(library->handle, "sessions_session_cookie_line", &library->session_cookie_line);
  look_up(library->handle, "sessions_session_origin", &library->session_origin);
  look_up(library->handle, "sessions_session_free", &library->session_free);
  look_up(library->handle, "sessions_error_message", &library->error_message);
  look_up(library->handle, "sessions_error_free", &library->error_free);
}

/* One request after another, the second with the cookie of the first. */
static int visit(const struct library *library, const sessions_manager *manager, char *cookie, int64_t *visits) {
  sessions_session *session = NULL;
  sessions_error *error = NULL;
  const char *line = NULL;
  size_t length = 0;
  int is_good = library->manager_load(manager, cookie, strlen(cookie), &session, &error) == SESSIONS_OK;
  is_good = is_good &&
            library->session_origin(session) == (cookie[0] == '\0' ? SESSIONS_ORIGIN_NEW : SESSIONS_ORIGIN_RESTORED);
  is_good = is_good && library->session_increment(session, "visits", 6, 1, visits) == SESSIONS_OK;
  is_good = is_good && library->session_set_json(session, "x", 1, "[1", 2, &error) == SESSIONS_E_INVALID;
  is_good = is_good && library->error_message(error)[0] != '\0';
  library->error_free(error);
  is_good = is_good && library->session_commit(session, NULL) == SESSIONS_OK;
  is_good = is_good && library->session_cookie_line(session, 0, &line, &length) == SESSIONS_OK;
  if (is_good) {
    snprintf(cookie, 512, "%.*s", (int)strcspn(line, ";"), line);
  }
  library->session_free(session);
  return is_good;
}

/* With a library that is built without Redis the scheme is unknown. */
static int find_no_server(const struct library *library) {
  static const char *const urls[] = {"redis://127.0.0.1:1/", "redis://sessions.invalid/?connect_timeout_ms=10"};
  int is_good = 1;
  size_t i;
  for (i = 0; i < sizeof urls / sizeof *urls; i++) {
    sessions_backend *backend = NULL;
    sessions_status status = library->backend_open(urls[i], strlen(urls[i]), &backend, NULL);
    is_good = is_good && (status == SESSIONS_E_UNAVAILABLE || status == SESSIONS_E_UNSUPPORTED) && backend == NULL;
  }
  return is_good;
}

/* Returns the library when all is well. In a thread of its own: a thread-local object would keep the library. */
static void *work(void *user_data) {
  static const char *const urls[] = {"memory:", "signed-cookie:", "cookie:"};
  struct library *library = user_data;
  int is_good = 1;
  size_t i;
  for (i = 0; i < sizeof urls / sizeof *urls; i++) {
    sessions_backend *backend = NULL;
    sessions_config *config = NULL;
    sessions_manager *manager = NULL;
    char cookie[512] = "";
    int64_t visits = 0;
    is_good = is_good && library->backend_open(urls[i], strlen(urls[i]), &backend, NULL) == SESSIONS_OK;
    is_good = is_good && library->config_new(&config) == SESSIONS_OK;
    is_good = is_good && library->config_add_key(config, "a key for one test", 18, NULL) == SESSIONS_OK;
    is_good = is_good && library->manager_new(backend, config, &manager, NULL) == SESSIONS_OK;
    is_good = is_good && visit(library, manager, cookie, &visits) && visit(library, manager, cookie, &visits);
    is_good = is_good && visits == 2;
    library->manager_free(manager);
    library->config_free(config);
    library->backend_free(backend);
  }
  return is_good && find_no_server(library) ? library : NULL;
}

static void check_is_unloaded(void) {
  void *still_there = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
  CHECK(still_there == NULL);
  if (still_there != NULL) {
    dlclose(still_there);
  }
}

int main(void) {
  int i;
  path = getenv("SESSIONS_LIBRARY");
  REQUIRE(path != NULL);
  check_is_unloaded();
  for (i = 0; i < 100; i++) {
    struct library library;
    pthread_t thread;
    void *result = NULL;
    load_library(&library);
    CHECK(library.version()[0] != '\0');
    CHECK(work(&library) == &library);
    REQUIRE(pthread_create(&thread, NULL, work, &library) == 0);
    REQUIRE(pthread_join(thread, &result) == 0);
    CHECK(result == &library);
    CHECK_INT(dlclose(library.handle), 0);
    check_is_unloaded();
  }
  return check_result();
}
