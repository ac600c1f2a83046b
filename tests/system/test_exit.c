/* A program ends while threads are in the library, and while threads that have used it end: it ends as it should. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <support/world.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, ENDS = 1000 };

static sessions_manager *manager;
static pthread_barrier_t all_have_begun;
static pthread_spinlock_t until_the_end;

static void use(void) {
  sessions_session *session = NULL;
  if (sessions_manager_load(manager, "__Host-session=e30.e30.e30", 26, &session, NULL) == SESSIONS_OK &&
      sessions_session_set_int64(session, "n", 1, 1) == SESSIONS_OK) {
    sessions_session_commit(session, NULL);
  }
  sessions_session_free(session);
}

static void *go_on(void *user_data) {
  use();
  pthread_barrier_wait(&all_have_begun);
  for (;;) {
    use();
  }
  return user_data;
}

static void *end(void *user_data) {
  use();
  pthread_barrier_wait(&all_have_begun);
  pthread_spin_lock(&until_the_end);
  pthread_spin_unlock(&until_the_end);
  return user_data;
}

static void live(const char *url, int goes_on) {
  sessions_backend *backend = NULL;
  sessions_config *config = NULL;
  int i;
  alarm(10);
  REQUIRE(sessions_backend_open(url, SESSIONS_NUL_TERMINATED, &backend, NULL) == SESSIONS_OK);
  REQUIRE(sessions_config_new(&config) == SESSIONS_OK);
  REQUIRE(sessions_config_add_key(config, WORLD_KEY, strlen(WORLD_KEY), NULL) == SESSIONS_OK);
  REQUIRE(sessions_manager_new(backend, config, &manager, NULL) == SESSIONS_OK);
  REQUIRE(pthread_barrier_init(&all_have_begun, NULL, THREADS + 1) == 0);
  REQUIRE(pthread_spin_init(&until_the_end, PTHREAD_PROCESS_PRIVATE) == 0);
  pthread_spin_lock(&until_the_end);
  for (i = 0; i < THREADS; i++) {
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, i == 0 && goes_on ? go_on : end, NULL) == 0);
    REQUIRE(pthread_detach(thread) == 0);
  }
  pthread_barrier_wait(&all_have_begun);
  pthread_spin_unlock(&until_the_end);
  exit(EXIT_SUCCESS);
}

int main(void) {
  int i;
  for (i = 0; i < ENDS; i++) {
    int status = 0;
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      live(i % 4 != 0 ? "signed-cookie:" : "memory:", i % 2);
    }
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
  }
  return check_result();
}
