/* Each allocation fails once, alone and with all that follow it, while a session in SQLite is opened, changed, moved
 * and ended. Whatever a call says is true: what it reports as not done is not in the database, and the next attempt
 * works. */
#define _POSIX_C_SOURCE 200809L
#include <sqlite3.h>
#include <support/world.h>
#include <torture/allocator.h>
#include <unistd.h>

static char directory[] = "/tmp/sessions-memory-XXXXXX";
static char path[48];
static char url[80];
static sessions_manager *manager;
static long points;

enum { INCREMENT, MOVE, END, STEPS };

static sessions_status step(sessions_session *session, int which) {
  sessions_status status = SESSIONS_OK;
  if (which == INCREMENT) {
    status = sessions_session_increment(session, "n", 1, 1, NULL);
    return status == SESSIONS_OK ? sessions_session_commit(session, NULL) : status;
  }
  return which == MOVE ? sessions_session_regenerate(session, NULL) : sessions_session_destroy(session, NULL);
}

static int64_t stored_n(const char *cookie) {
  sessions_session *session = world_load(manager, cookie);
  int64_t n = -1;
  sessions_session_get_int64(session, "n", 1, &n);
  sessions_session_free(session);
  return n;
}

/* With the connections that a fork closes, when they are wanted fresh. */
static void drop_connections(void) {
  pid_t child = fork();
  if (child == 0) {
    _exit(0);
  }
  CHECK(child > 0);
}

static int fail_step(int which, long index, int on_and_on, int is_fresh) {
  char *cookie = world_store(manager, "{\"n\":0}");
  sessions_session *session = world_load(manager, cookie);
  sessions_status status;
  int has_failed;
  if (is_fresh) {
    drop_connections();
  }
  allocator_watch(index, on_and_on);
  status = step(session, which);
  allocator_unwatch();
  has_failed = allocator_has_failed();
  CHECK(status == SESSIONS_OK || (has_failed && status == SESSIONS_E_NOMEM));
  if (which == INCREMENT) {
    CHECK_INT(stored_n(cookie), status == SESSIONS_OK ? 1 : 0);
  } else {
    CHECK_INT(stored_n(cookie), status == SESSIONS_OK ? -1 : 0);
    CHECK(status == SESSIONS_OK || step(session, which) == SESSIONS_OK);
    CHECK_INT(stored_n(cookie), -1);
  }
  sessions_session_free(session);
  free(cookie);
  points++;
  return has_failed;
}

static int fail_open(long index, int on_and_on) {
  sessions_backend *backend = NULL;
  sessions_status status;
  int has_failed;
  allocator_watch(index, on_and_on);
  status = sessions_backend_open(url, SESSIONS_NUL_TERMINATED, &backend, NULL);
  allocator_unwatch();
  has_failed = allocator_has_failed();
  CHECK(status == SESSIONS_OK || (has_failed && status == SESSIONS_E_NOMEM));
  CHECK((backend != NULL) == (status == SESSIONS_OK));
  sessions_backend_free(backend);
  points++;
  return has_failed;
}

static int64_t number_of_rows(sqlite3 *database) {
  sqlite3_stmt *statement = NULL;
  int64_t rows = -1;
  CHECK(sqlite3_prepare_v2(database, "SELECT count(*) FROM sessions", -1, &statement, NULL) == SQLITE_OK);
  if (sqlite3_step(statement) == SQLITE_ROW) {
    rows = sqlite3_column_int64(statement, 0);
  }
  sqlite3_finalize(statement);
  return rows;
}

/* The database refuses to end the old session when the new one is there already, and saying so needs memory. */
static int fail_refused_move(sqlite3 *database, long index) {
  char *cookie = world_store(manager, "{\"n\":0}");
  sessions_session *session = world_load(manager, cookie);
  int64_t rows = number_of_rows(database);
  int has_failed;
  CHECK(sqlite3_exec(database, "CREATE TRIGGER refuse BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, ''); END",
                     NULL, NULL, NULL) == SQLITE_OK);
  allocator_watch(index, 0);
  CHECK(step(session, MOVE) != SESSIONS_OK);
  allocator_unwatch();
  has_failed = allocator_has_failed();
  CHECK_INT(number_of_rows(database), rows);
  CHECK(sqlite3_exec(database, "DROP TRIGGER refuse", NULL, NULL, NULL) == SQLITE_OK);
  CHECK_INT(stored_n(cookie), 0);
  sessions_session_free(session);
  free(cookie);
  points++;
  return has_failed;
}

static void remove_everything(void) {
  static const char *const names[] = {"%s/s.db", "%s/s.db-wal", "%s/s.db-shm"};
  size_t i;
  for (i = 0; i < sizeof names / sizeof names[0]; i++) {
    char name[64];
    snprintf(name, sizeof name, names[i], directory);
    unlink(name);
  }
  rmdir(directory);
}

int main(void) {
  sessions_config *config = NULL;
  sqlite3 *database = NULL;
  int on_and_on;
  int which;
  long index;
  REQUIRE(mkdtemp(directory) != NULL);
  snprintf(path, sizeof path, "%s/s.db", directory);
  snprintf(url, sizeof url, "sqlite:%s?synchronous=off", path);
  REQUIRE(sessions_config_new(&config) == SESSIONS_OK);
  manager = world_manager_from(url, config);
  for (on_and_on = 0; on_and_on <= 1; on_and_on++) {
    for (index = 0; fail_open(index, on_and_on); index++) {
    }
    for (which = 0; which < 2 * STEPS; which++) {
      for (index = 0; fail_step(which / 2, index, on_and_on, which % 2); index++) {
      }
    }
  }
  REQUIRE(sqlite3_open(path, &database) == SQLITE_OK);
  for (index = 0; fail_refused_move(database, index); index++) {
  }
  sqlite3_close(database);
  sessions_manager_free(manager);
  remove_everything();
  printf("%ld points\n", points);
  return check_result();
}
