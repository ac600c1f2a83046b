/* The example of a custom backend over LMDB: sessions outlive the process, two processes share them, and one that is
 * killed loses nothing that was committed. */
#include <lmdb_store.h>
#include <signal.h>
#include <stdlib.h>
#include <support/world.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[] = "lmdb-XXXXXX";

static sessions_manager *open_manager(void) {
  sessions_backend *backend = NULL;
  sessions_manager *manager = NULL;
  CHECK_OK(sessions_conformance_backend(directory, &backend, &failure));
  CHECK_OK(sessions_manager_new(backend, NULL, &manager, &failure));
  REQUIRE(manager != NULL);
  sessions_backend_free(backend);
  return manager;
}

static int64_t count(const sessions_manager *manager, const char *cookie) {
  sessions_session *session = world_load(manager, cookie);
  int64_t n = 0;
  REQUIRE(sessions_session_increment(session, "n", 1, 1, &n) == SESSIONS_OK);
  REQUIRE(sessions_session_commit(session, NULL) == SESSIONS_OK);
  REQUIRE(sessions_session_outcome(session) != SESSIONS_OUTCOME_GONE);
  REQUIRE(sessions_session_get_int64(session, "n", 1, &n) == SESSIONS_OK);
  sessions_session_free(session);
  return n;
}

static void test_restart(const char *cookie) {
  int64_t i;
  for (i = 1; i <= 3; i++) {
    sessions_manager *manager = open_manager();
    CHECK_INT(count(manager, cookie), i);
    sessions_manager_free(manager);
  }
}

static void test_two_processes(const char *cookie) {
  enum { EACH = 200 };
  pid_t children[2];
  sessions_manager *manager;
  size_t i;
  for (i = 0; i < 2; i++) {
    children[i] = fork();
    REQUIRE(children[i] >= 0);
    if (children[i] == 0) {
      int n;
      manager = open_manager();
      for (n = 0; n < EACH; n++) {
        (void)count(manager, cookie);
      }
      sessions_manager_free(manager);
      _exit(0);
    }
  }
  for (i = 0; i < 2; i++) {
    int status = -1;
    CHECK(waitpid(children[i], &status, 0) == children[i] && status == 0);
  }
  manager = open_manager();
  CHECK_INT(count(manager, cookie), 3 + 2 * EACH + 1);
  sessions_manager_free(manager);
}

static void test_kill(const char *cookie) {
  int ends[2];
  int64_t acknowledged = 0;
  int64_t n = 0;
  int status = 0;
  int reads = 0;
  sessions_manager *manager;
  pid_t child;
  REQUIRE(pipe(ends) == 0);
  child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    manager = open_manager();
    for (;;) {
      n = count(manager, cookie);
      REQUIRE(write(ends[1], &n, sizeof n) == (ssize_t)sizeof n);
    }
  }
  close(ends[1]);
  while (reads < 50 && read(ends[0], &n, sizeof n) == (ssize_t)sizeof n) {
    acknowledged = n;
    reads++;
  }
  CHECK_INT(reads, 50);
  CHECK(kill(child, SIGKILL) == 0);
  CHECK(waitpid(child, &status, 0) == child);
  while (read(ends[0], &n, sizeof n) == (ssize_t)sizeof n) {
    acknowledged = n;
  }
  close(ends[0]);
  manager = open_manager();
  n = count(manager, cookie);
  CHECK(n == acknowledged + 1 || n == acknowledged + 2); /* the last one may have been committed unheard */
  sessions_manager_free(manager);
}

static void test_expired_sessions_are_dropped(void) {
  struct world world;
  sessions_backend *backend = NULL;
  sessions_manager *manager = NULL;
  sessions_config *config;
  int64_t dropped = 0;
  int64_t left = 0;
  int i;
  world_begin(&world);
  world.now -= 365 * 24 * 3600;
  config = world_config(&world);
  CHECK_OK(sessions_conformance_backend(directory, &backend, &failure));
  CHECK_OK(sessions_manager_new(backend, config, &manager, &failure));
  sessions_backend_free(backend);
  sessions_config_free(config);
  for (i = 0; i < 10; i++) {
    free(world_store(manager, "{\"a\":1}"));
  }
  world.now += 100 * 24 * 3600;
  CHECK_OK(sessions_manager_sweep(manager, 7, &dropped, &failure));
  CHECK_INT(dropped, 7);
  CHECK_OK(sessions_manager_sweep(manager, 7, &dropped, &failure));
  CHECK_INT(dropped, 3);
  CHECK_OK(sessions_manager_sweep(manager, 7, &dropped, &failure));
  CHECK_INT(dropped, 0);
  CHECK_OK(sessions_manager_ping(manager, &failure));
  CHECK_OK(sessions_manager_statistics(manager, &left, NULL, &failure));
  CHECK_INT(left, 1); /* the one that the tests before used */
  sessions_manager_free(manager);
}

/* A session that goes through everything once. */
static void test_life(void) {
  sessions_manager *manager = open_manager();
  char *cookie = world_store(manager, "{\"a\":1}");
  sessions_session *session = world_load(manager, cookie);
  sessions_session *other = world_load(manager, cookie);
  CHECK_OK(sessions_session_set_int64(session, "b", 1, 2));
  check_commit(session, SESSIONS_OUTCOME_SAVED, 1);
  CHECK_OK(sessions_session_set_int64(other, "c", 1, 3));
  check_commit(other, SESSIONS_OUTCOME_MERGED, 1);
  CHECK_JSON(other, "{\"a\":1,\"b\":2,\"c\":3}");
  CHECK_OK(sessions_session_regenerate(other, &failure));
  CHECK_INT(sessions_session_outcome(other), SESSIONS_OUTCOME_REGENERATED);
  CHECK_OK(sessions_session_set_int64(session, "d", 1, 4));
  CHECK_OK(sessions_session_commit(session, &failure));
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_GONE);
  CHECK_OK(sessions_session_destroy(other, &failure));
  sessions_session_free(session);
  sessions_session_free(other);
  free(cookie);
  sessions_manager_free(manager);
}

static void test_failures(void) {
  static const char missing[] = "a directory that is not there";
  sessions_backend *backend = NULL;
  sessions_error *error = NULL;
  CHECK_INT(sessions_conformance_backend(missing, &backend, &error), SESSIONS_E_UNAVAILABLE);
  CHECK(backend == NULL && error == NULL);
}

static void remove_directory(void) {
  static const char *const files[] = {"data.mdb", "lock.mdb"};
  char path[64];
  size_t i;
  for (i = 0; i < 2; i++) {
    snprintf(path, sizeof path, "%s/%s", directory, files[i]);
    CHECK(unlink(path) == 0);
  }
  CHECK(rmdir(directory) == 0);
}

int main(void) {
  sessions_manager *manager;
  char *cookie;
  REQUIRE(mkdtemp(directory) != NULL);
  manager = open_manager();
  cookie = world_store(manager, "{\"n\":0}");
  sessions_manager_free(manager);
  test_restart(cookie);
  test_two_processes(cookie);
  test_kill(cookie);
  test_expired_sessions_are_dropped();
  test_life();
  test_failures();
  free(cookie);
  remove_directory();
  return check_result();
}
