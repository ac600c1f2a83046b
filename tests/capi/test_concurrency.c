/* Threads: one manager for all of them, one session between them, and sessions of their own. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <support/world.h>

enum { THREADS = 8, ROUNDS = 100 };

struct worker {
  pthread_t thread;
  const sessions_manager *manager;
  sessions_backend *backend;
  const char *cookie;
  int number;
  int64_t done;
  int64_t failed; /* checks are for the main thread alone */
};

static pthread_barrier_t all_ready;

/* As the defaults, so that the clock and the random source are the system's. */
static sessions_manager *make_manager(sessions_backend *backend) {
  sessions_config *config = NULL;
  sessions_manager *manager = NULL;
  REQUIRE(sessions_config_new(&config) == SESSIONS_OK);
  CHECK_OK(sessions_config_add_key(config, WORLD_KEY, strlen(WORLD_KEY), &failure));
  REQUIRE(sessions_manager_new(backend, config, &manager, NULL) == SESSIONS_OK);
  sessions_config_free(config);
  return manager;
}

static sessions_backend *open_backend(const char *url) {
  sessions_backend *backend = NULL;
  REQUIRE(sessions_backend_open(url, SESSIONS_NUL_TERMINATED, &backend, NULL) == SESSIONS_OK);
  return backend;
}

/* Runs the body in all threads at once; gives how often they failed. */
static int64_t run(struct worker *workers, const sessions_manager *manager, sessions_backend *backend,
                   const char *cookie, void *(*body)(void *)) {
  int64_t failed = 0;
  int i;
  REQUIRE(pthread_barrier_init(&all_ready, NULL, THREADS) == 0);
  for (i = 0; i < THREADS; i++) {
    memset(&workers[i], 0, sizeof workers[i]);
    workers[i].manager = manager;
    workers[i].backend = backend;
    workers[i].cookie = cookie;
    workers[i].number = i;
    REQUIRE(pthread_create(&workers[i].thread, NULL, body, &workers[i]) == 0);
  }
  for (i = 0; i < THREADS; i++) {
    REQUIRE(pthread_join(workers[i].thread, NULL) == 0);
    failed += workers[i].failed;
  }
  REQUIRE(pthread_barrier_destroy(&all_ready) == 0);
  return failed;
}

static void expect(struct worker *worker, int holds) { worker->failed += holds ? 0 : 1; }

static sessions_session *load(struct worker *worker, const char *cookie) {
  sessions_session *session = NULL;
  sessions_status status =
      sessions_manager_load(worker->manager, cookie, cookie == NULL ? 0 : strlen(cookie), &session, NULL);
  expect(worker, status == SESSIONS_OK);
  return session;
}

/* Adds to a counter that all share, and writes a key of its own. */
static void *count(void *user_data) {
  struct worker *worker = user_data;
  char key[16];
  int32_t outcome;
  int i;
  snprintf(key, sizeof key, "own-%d", worker->number);
  pthread_barrier_wait(&all_ready);
  for (i = 1; i <= ROUNDS; i++) {
    sessions_session *session = load(worker, worker->cookie);
    expect(worker, sessions_session_origin(session) == SESSIONS_ORIGIN_RESTORED);
    expect(worker, sessions_session_increment(session, "shared", 6, i, NULL) == SESSIONS_OK);
    expect(worker, sessions_session_set_int64(session, key, strlen(key), i) == SESSIONS_OK);
    expect(worker, sessions_session_commit(session, NULL) == SESSIONS_OK);
    outcome = sessions_session_outcome(session);
    expect(worker, outcome == SESSIONS_OUTCOME_SAVED || outcome == SESSIONS_OUTCOME_MERGED);
    sessions_session_free(session);
  }
  return NULL;
}

static void test_changes_of_one_session_add_up(void) {
  struct worker workers[THREADS];
  sessions_backend *backend = open_backend("memory:");
  sessions_manager *manager = make_manager(backend);
  char *cookie = world_store(manager, "{\"shared\":0}");
  sessions_session *session;
  int64_t value = 0;
  int i;
  CHECK_INT(run(workers, manager, backend, cookie, count), 0);
  session = world_load(manager, cookie);
  CHECK_OK(sessions_session_get_int64(session, "shared", 6, &value));
  CHECK_INT(value, (int64_t)THREADS * ROUNDS * (ROUNDS + 1) / 2);
  for (i = 0; i < THREADS; i++) {
    char key[16];
    snprintf(key, sizeof key, "own-%d", i);
    CHECK_OK(sessions_session_get_int64(session, key, strlen(key), &value));
    CHECK_INT(value, ROUNDS);
  }
  sessions_session_free(session);
  free(cookie);
  sessions_manager_free(manager);
  sessions_backend_free(backend);
}

/* A session's whole life, again and again, next to those of others. */
static void *live(void *user_data) {
  struct worker *worker = user_data;
  int i;
  pthread_barrier_wait(&all_ready);
  for (i = 0; i < ROUNDS; i++) {
    sessions_session *session = load(worker, NULL);
    const char *line = ""; /* and so it stays when the session has been evicted */
    size_t length = 0;
    char cookie[512];
    struct cJSON *tree = NULL;
    int64_t value = 0;
    expect(worker, sessions_session_set_int64(session, "n", 1, i) == SESSIONS_OK);
    expect(worker, sessions_session_commit(session, NULL) == SESSIONS_OK);
    expect(worker, sessions_session_regenerate(session, NULL) == SESSIONS_OK);
    expect(worker, sessions_session_cookie_line(session, 0, &line, &length) == SESSIONS_OK);
    snprintf(cookie, sizeof cookie, "%.*s", (int)strcspn(line, ";"), line);
    sessions_session_free(session);
    session = load(worker, cookie);
    expect(worker, sessions_session_get_int64(session, "n", 1, &value) == SESSIONS_OK && value == i);
    expect(worker, sessions_session_get_cjson(session, "none", 4, &tree, NULL) == SESSIONS_E_NOT_FOUND);
    expect(worker, sessions_session_destroy(session, NULL) == SESSIONS_OK);
    sessions_session_free(session);
  }
  return NULL;
}

static void test_sessions_of_their_own(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    struct worker workers[THREADS];
    sessions_backend *backend = open_backend(world_urls[i]);
    sessions_manager *manager = make_manager(backend);
    CHECK_INT(run(workers, manager, backend, NULL, live), 0);
    sessions_manager_free(manager);
    sessions_backend_free(backend);
  }
}

/* In a store that is too small for all of them. */
static void test_eviction(void) {
  static const char *const urls[] = {"memory:?max_sessions=3", "memory:?max_bytes=65536"};
  size_t i;
  for (i = 0; i < 2; i++) {
    struct worker workers[THREADS];
    sessions_backend *backend = open_backend(urls[i]);
    sessions_manager *manager = make_manager(backend);
    run(workers, manager, backend, NULL, live);
    free(world_store(manager, "{\"still\":\"works\"}"));
    sessions_manager_free(manager);
    sessions_backend_free(backend);
  }
}

/* One destroys, the others change: afterwards it is gone, whatever they did. */
static void *change_or_destroy(void *user_data) {
  struct worker *worker = user_data;
  sessions_session *session = load(worker, worker->cookie);
  pthread_barrier_wait(&all_ready);
  if (worker->number == 0) {
    expect(worker, sessions_session_destroy(session, NULL) == SESSIONS_OK);
  } else {
    int32_t outcome;
    expect(worker, sessions_session_increment(session, "n", 1, 1, NULL) == SESSIONS_OK);
    expect(worker, sessions_session_commit(session, NULL) == SESSIONS_OK);
    outcome = sessions_session_outcome(session);
    expect(worker,
           outcome == SESSIONS_OUTCOME_SAVED || outcome == SESSIONS_OUTCOME_MERGED || outcome == SESSIONS_OUTCOME_GONE);
  }
  sessions_session_free(session);
  return NULL;
}

static void test_destroyed_is_destroyed(void) {
  sessions_backend *backend = open_backend("memory:");
  sessions_manager *manager = make_manager(backend);
  int i;
  for (i = 0; i < 50; i++) {
    struct worker workers[THREADS];
    char *cookie = world_store(manager, "{\"n\":0}");
    sessions_session *session;
    CHECK_INT(run(workers, manager, backend, cookie, change_or_destroy), 0);
    session = world_load(manager, cookie);
    CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_REFUSED_UNKNOWN);
    sessions_session_free(session);
    free(cookie);
  }
  sessions_manager_free(manager);
  sessions_backend_free(backend);
}

/* Of those who regenerate one session at the same time, one wins. */
static void *regenerate(void *user_data) {
  struct worker *worker = user_data;
  sessions_session *session = load(worker, worker->cookie);
  pthread_barrier_wait(&all_ready);
  expect(worker, sessions_session_regenerate(session, NULL) == SESSIONS_OK);
  worker->done = sessions_session_outcome(session) == SESSIONS_OUTCOME_REGENERATED;
  expect(worker, worker->done || sessions_session_outcome(session) == SESSIONS_OUTCOME_GONE);
  sessions_session_free(session);
  return NULL;
}

static void test_one_regenerates(void) {
  sessions_backend *backend = open_backend("memory:");
  sessions_manager *manager = make_manager(backend);
  int i;
  for (i = 0; i < 50; i++) {
    struct worker workers[THREADS];
    char *cookie = world_store(manager, "{\"n\":0}");
    int64_t done = 0;
    int j;
    CHECK_INT(run(workers, manager, backend, cookie, regenerate), 0);
    for (j = 0; j < THREADS; j++) {
      done += workers[j].done;
    }
    CHECK_INT(done, 1);
    free(cookie);
  }
  sessions_manager_free(manager);
  sessions_backend_free(backend);
}

/* Managers come and go while their backend is in use. */
static void *make_managers(void *user_data) {
  struct worker *worker = user_data;
  int i;
  pthread_barrier_wait(&all_ready);
  for (i = 0; i < ROUNDS / 4; i++) {
    sessions_manager *manager = NULL;
    sessions_session *session = NULL;
    expect(worker, sessions_manager_new(worker->backend, NULL, &manager, NULL) == SESSIONS_OK);
    expect(worker,
           sessions_manager_load(manager, worker->cookie, strlen(worker->cookie), &session, NULL) == SESSIONS_OK);
    sessions_manager_free(manager);
    expect(worker, sessions_session_increment(session, "n", 1, 1, NULL) == SESSIONS_OK);
    expect(worker, sessions_session_commit(session, NULL) == SESSIONS_OK);
    sessions_session_free(session);
  }
  return NULL;
}

static void test_managers_come_and_go(void) {
  struct worker workers[THREADS];
  sessions_backend *backend = open_backend("memory:");
  sessions_manager *manager = make_manager(backend);
  char *cookie = world_store(manager, "{\"n\":0}");
  sessions_session *session;
  int64_t value = 0;
  CHECK_INT(run(workers, manager, backend, cookie, make_managers), 0);
  session = world_load(manager, cookie);
  CHECK_OK(sessions_session_get_int64(session, "n", 1, &value));
  CHECK_INT(value, THREADS * (ROUNDS / 4));
  sessions_session_free(session);
  free(cookie);
  sessions_manager_free(manager);
  sessions_backend_free(backend);
}

/* A session is for one thread at a time, but not always for the same one. */
static void *carry_on(void *user_data) {
  sessions_session *session = user_data;
  sessions_status status = sessions_session_increment(session, "n", 1, 1, NULL);
  if (status == SESSIONS_OK) {
    status = sessions_session_commit(session, NULL);
  }
  return status == SESSIONS_OK ? session : NULL;
}

static void test_a_session_moves_between_threads(void) {
  sessions_backend *backend = open_backend("signed-cookie:");
  sessions_manager *manager = make_manager(backend);
  sessions_session *session = world_load(manager, NULL);
  int i;
  for (i = 0; i < THREADS; i++) {
    pthread_t thread;
    void *result = NULL;
    REQUIRE(pthread_create(&thread, NULL, carry_on, session) == 0);
    REQUIRE(pthread_join(thread, &result) == 0);
    CHECK(result == session);
  }
  CHECK_JSON(session, "{\"n\":8}");
  sessions_session_free(session);
  sessions_manager_free(manager);
  sessions_backend_free(backend);
}

int main(void) {
  test_changes_of_one_session_add_up();
  test_sessions_of_their_own();
  test_eviction();
  test_destroyed_is_destroyed();
  test_one_regenerates();
  test_managers_come_and_go();
  test_a_session_moves_between_threads();
  return check_result();
}
