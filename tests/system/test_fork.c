/* Fork, while other threads are in the middle of everything: the child never hangs, and sees what the header says. */
#define _POSIX_C_SOURCE 200809L
#include <cjson/cJSON.h>
#include <pthread.h>
#include <support/world.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, FORKS = 200, SECONDS = 10 };

struct shared {
  sessions_backend *memory;
  sessions_manager *in_memory;
  sessions_manager *in_cookie;
  char *stored; /* of a session in memory */
  char *signed_one;
  pthread_mutex_t mutex;
  int is_over;
  int rounds[THREADS];
};

static struct shared shared;

static sessions_manager *make_manager(sessions_backend *backend) {
  sessions_config *config = NULL;
  sessions_manager *manager = NULL;
  REQUIRE(sessions_config_new(&config) == SESSIONS_OK);
  CHECK_OK(sessions_config_add_key(config, WORLD_KEY, strlen(WORLD_KEY), &failure));
  REQUIRE(sessions_manager_new(backend, config, &manager, NULL) == SESSIONS_OK);
  sessions_config_free(config);
  return manager;
}

static int is_over(void) {
  int over;
  pthread_mutex_lock(&shared.mutex);
  over = shared.is_over;
  pthread_mutex_unlock(&shared.mutex);
  return over;
}

/* A tree that takes a while to build. */
static int build_tree(const sessions_session *session) {
  cJSON *tree = NULL;
  sessions_status status = sessions_session_get_cjson(session, "list", 4, &tree, NULL);
  cJSON_Delete(tree);
  return status == SESSIONS_OK;
}

static int do_everything(sessions_manager *manager, const char *cookie) {
  sessions_session *session = NULL;
  int is_good = sessions_manager_load(manager, cookie, strlen(cookie), &session, NULL) == SESSIONS_OK;
  is_good = is_good && sessions_session_increment(session, "n", 1, 1, NULL) == SESSIONS_OK;
  is_good = is_good && build_tree(session);
  is_good = is_good && sessions_session_commit(session, NULL) == SESSIONS_OK;
  sessions_session_free(session);
  session = NULL;
  is_good = is_good && sessions_manager_load(manager, NULL, 0, &session, NULL) == SESSIONS_OK;
  is_good = is_good && sessions_session_set_int64(session, "n", 1, 1) == SESSIONS_OK;
  is_good = is_good && sessions_session_commit(session, NULL) == SESSIONS_OK;
  is_good = is_good && sessions_session_regenerate(session, NULL) == SESSIONS_OK;
  is_good = is_good && sessions_session_destroy(session, NULL) == SESSIONS_OK;
  sessions_session_free(session);
  return is_good;
}

static void *hammer(void *user_data) {
  int *rounds = user_data;
  int is_good = 1;
  while (is_good && !is_over()) {
    is_good = do_everything(shared.in_memory, shared.stored);
    is_good = is_good && do_everything(shared.in_cookie, shared.signed_one);
    ++*rounds;
  }
  return is_good ? rounds : NULL;
}

/* ---- in the child: each step has a number, with which the process ends when it goes wrong ---- */

static void step(int number, int is_good) {
  if (!is_good) {
    _exit(number);
  }
}

static void check_memory_is_empty(void) {
  sessions_session *session = NULL;
  step(1, sessions_manager_load(shared.in_memory, shared.stored, strlen(shared.stored), &session, NULL) == SESSIONS_OK);
  step(2, sessions_session_origin(session) == SESSIONS_ORIGIN_REFUSED_UNKNOWN);
  step(3, sessions_session_set_json(session, "list", 4, "[1,2,3]", 7, NULL) == SESSIONS_OK);
  step(4, sessions_session_commit(session, NULL) == SESSIONS_OK);
  step(5, sessions_session_outcome(session) == SESSIONS_OUTCOME_CREATED);
  step(6, build_tree(session));
  sessions_session_free(session);
}

static void check_memory_works(void) {
  char *cookie = world_store(shared.in_memory, "{\"list\":[1],\"n\":1}");
  sessions_session *session = NULL;
  int64_t n = 0;
  step(11, do_everything(shared.in_memory, cookie));
  step(12, sessions_manager_load(shared.in_memory, cookie, strlen(cookie), &session, NULL) == SESSIONS_OK);
  step(13, sessions_session_get_int64(session, "n", 1, &n) == SESSIONS_OK && n == 2);
  sessions_session_free(session);
  free(cookie);
}

static void check_cookies_work(void) {
  sessions_session *session = NULL;
  step(21, sessions_manager_load(shared.in_cookie, shared.signed_one, strlen(shared.signed_one), &session, NULL) ==
               SESSIONS_OK);
  step(22, sessions_session_origin(session) == SESSIONS_ORIGIN_RESTORED);
  step(23, build_tree(session));
  sessions_session_free(session);
  step(24, do_everything(shared.in_cookie, shared.signed_one));
}

static void check_new_handles_work(void) {
  sessions_manager *manager = make_manager(shared.memory);
  char *cookie = world_store(manager, "{\"list\":[1]}");
  step(31, do_everything(manager, cookie));
  free(cookie);
  sessions_manager_free(manager);
  step(32, check_failures == 0);
}

static void live_as_a_child(sessions_session *session) {
  alarm(SECONDS);
  check_memory_is_empty();
  check_memory_works();
  check_cookies_work();
  check_new_handles_work();

  /* Loaded before the fork; what it names is not in this process. */
  step(41, sessions_session_set_int64(session, "late", 4, 1) == SESSIONS_OK);
  step(42, sessions_session_commit(session, NULL) == SESSIONS_OK);
  step(43, sessions_session_outcome(session) == SESSIONS_OUTCOME_GONE);
  sessions_session_free(session);
  sessions_manager_free(shared.in_memory);
  sessions_manager_free(shared.in_cookie);
  sessions_backend_free(shared.memory);
  _exit(0);
}

/* ---- in the parent ---- */

static int fork_once(void) {
  sessions_session *session = world_load(shared.in_memory, shared.stored);
  int status = 0;
  pid_t child;
  CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
  child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    live_as_a_child(session);
  }
  REQUIRE(waitpid(child, &status, 0) == child);
  sessions_session_free(session);
  CHECK(!WIFSIGNALED(status));
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  if (WIFSIGNALED(status)) {
    printf("    the child got signal %d%s\n", WTERMSIG(status), WTERMSIG(status) == SIGALRM ? ": it hangs" : "");
  } else if (WEXITSTATUS(status) != 0) {
    printf("    the child failed in step %d\n", WEXITSTATUS(status));
  }
  return status == 0;
}

static char *store_list(const sessions_manager *manager, int items) {
  char *json = malloc((size_t)items * 8 + 64);
  char *cookie;
  int i;
  REQUIRE(json != NULL);
  strcpy(json, "{\"n\":0,\"list\":[0");
  for (i = 1; i < items; i++) {
    sprintf(json + strlen(json), ",%d", i % 1000);
  }
  strcat(json, "]}");
  cookie = world_store(manager, json);
  free(json);
  return cookie;
}

int main(void) {
  pthread_t threads[THREADS];
  sessions_backend *backend = NULL;
  sessions_session *session;
  int64_t expected = 0;
  int64_t n = -1;
  int i;
  setvbuf(stdout, NULL, _IONBF, 0);
  REQUIRE(pthread_mutex_init(&shared.mutex, NULL) == 0);
  REQUIRE(sessions_backend_open("memory:", 7, &shared.memory, NULL) == SESSIONS_OK);
  REQUIRE(sessions_backend_open("signed-cookie:", 14, &backend, NULL) == SESSIONS_OK);
  shared.in_memory = make_manager(shared.memory);
  shared.in_cookie = make_manager(backend);
  sessions_backend_free(backend);
  shared.stored = store_list(shared.in_memory, 5000);
  shared.signed_one = store_list(shared.in_cookie, 400);
  for (i = 0; i < THREADS; i++) {
    REQUIRE(pthread_create(&threads[i], NULL, hammer, &shared.rounds[i]) == 0);
  }
  for (i = 0; i < FORKS && fork_once(); i++) {
  }
  pthread_mutex_lock(&shared.mutex);
  shared.is_over = 1;
  pthread_mutex_unlock(&shared.mutex);
  for (i = 0; i < THREADS; i++) {
    void *result = NULL;
    REQUIRE(pthread_join(threads[i], &result) == 0);
    CHECK(result == &shared.rounds[i]);
    expected += shared.rounds[i];
  }
  session = world_load(shared.in_memory, shared.stored);
  CHECK_OK(sessions_session_get_int64(session, "n", 1, &n));
  CHECK_INT(n, expected);
  printf("%d rounds of the parent's threads\n", (int)expected);
  sessions_session_free(session);
  free(shared.stored);
  free(shared.signed_one);
  sessions_manager_free(shared.in_memory);
  sessions_manager_free(shared.in_cookie);
  sessions_backend_free(shared.memory);
  return check_result();
}
