/* kill -9 during commits: two processes write to one database and are killed, again and again. What they had been told
 * is committed is there, once; the rest is there or not, and nothing is half written.
 *
 * Both count in one session: each in a field of its own, both in "sum", all in the same commit. */
#define _POSIX_C_SOURCE 200809L
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <support/world.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KILLS = 200, WRITERS = 2, MOST_COMMITS = 40, SPINS = 60000, SECONDS = 60 };

static const char *const fields[WRITERS] = {"a", "b"};

struct writer {
  pid_t process;
  int acknowledgements; /* a pipe: a byte for each commit */
  int64_t acknowledged; /* of all its lives */
  int64_t lives;        /* in each, one commit may be under way at the end */
};

static char directory[] = "/tmp/sessions-kill-XXXXXX";
static char url[160];
static char path[128];
static char *cookie;
static unsigned long long state;

static unsigned draw(unsigned below) {
  state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (unsigned)(state >> 33) % below;
}

static sessions_manager *open_manager(void) {
  sessions_config *config = NULL;
  REQUIRE(sessions_config_new(&config) == SESSIONS_OK);
  CHECK_OK(sessions_config_set_timeout_ms(config, SECONDS * 1000, &failure));
  return world_manager_from(url, config);
}

/* ---- a writer ---- */

static int commit_once(const sessions_manager *manager, const char *field) {
  sessions_session *session = NULL;
  int is_good = sessions_manager_load(manager, cookie, strlen(cookie), &session, NULL) == SESSIONS_OK &&
                sessions_session_increment(session, field, 1, 1, NULL) == SESSIONS_OK &&
                sessions_session_increment(session, "sum", 3, 1, NULL) == SESSIONS_OK &&
                sessions_session_commit(session, NULL) == SESSIONS_OK;
  sessions_session_free(session);
  return is_good;
}

static void write_for_ever(const char *field, int acknowledge) {
  sessions_manager *manager = open_manager();
  alarm(SECONDS);
  while (commit_once(manager, field) && write(acknowledge, "", 1) == 1) {
  }
  _exit(1);
}

static void start(struct writer *writer, const char *field) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  writer->process = fork();
  REQUIRE(writer->process >= 0);
  if (writer->process == 0) {
    close(ends[0]);
    write_for_ever(field, ends[1]);
  }
  close(ends[1]);
  writer->acknowledgements = ends[0];
  writer->lives++;
}

/* ---- the one who kills ---- */

static int read_some(struct writer *writer) {
  char bytes[256];
  ssize_t length = read(writer->acknowledgements, bytes, sizeof bytes);
  REQUIRE(length >= 0);
  writer->acknowledged += length;
  return length > 0;
}

/* Until this many more commits, of either. */
static void watch(struct writer *writers, int64_t commits) {
  int64_t until = writers[0].acknowledged + writers[1].acknowledged + commits;
  while (writers[0].acknowledged + writers[1].acknowledged < until) {
    struct pollfd ready[WRITERS];
    int i;
    for (i = 0; i < WRITERS; i++) {
      ready[i].fd = writers[i].process == 0 ? -1 : writers[i].acknowledgements;
      ready[i].events = POLLIN;
      ready[i].revents = 0;
    }
    REQUIRE(poll(ready, WRITERS, SECONDS * 1000) > 0);
    for (i = 0; i < WRITERS; i++) {
      REQUIRE(ready[i].revents == 0 || read_some(&writers[i]));
    }
  }
}

static void kill_one(struct writer *writer) {
  volatile unsigned spins = draw(SPINS); /* to be somewhere within a commit */
  int status = 0;
  while (spins > 0) {
    spins--;
  }
  REQUIRE(kill(writer->process, SIGKILL) == 0);
  while (read_some(writer)) {
  }
  REQUIRE(waitpid(writer->process, &status, 0) == writer->process);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  close(writer->acknowledgements);
  writer->process = 0;
}

static int first_text(void *found, int columns, char **texts, char **names) {
  (void)names;
  snprintf(found, 64, "%s", columns == 1 && texts[0] != NULL ? texts[0] : "none");
  return 0;
}

static void check_integrity(void) {
  char found[64] = "none";
  sqlite3 *database = NULL;
  REQUIRE(sqlite3_open(path, &database) == SQLITE_OK);
  sqlite3_busy_timeout(database, SECONDS * 1000);
  CHECK(sqlite3_exec(database, "PRAGMA integrity_check", first_text, found, NULL) == SQLITE_OK);
  CHECK(strcmp(found, "ok") == 0);
  CHECK(sqlite3_exec(database, "SELECT count(*) FROM sessions", first_text, found, NULL) == SQLITE_OK);
  CHECK(strcmp(found, "1") == 0);
  sqlite3_close(database);
}

/* In each of its lives a writer may have committed once more than it could tell. */
static void check_counts(struct writer *writers, int64_t *known) {
  sessions_manager *manager = open_manager();
  sessions_session *session = world_load(manager, cookie);
  int64_t counts[WRITERS] = {-1, -1};
  int64_t sum = -1;
  int i;
  CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
  CHECK_OK(sessions_session_get_int64(session, "sum", 3, &sum));
  for (i = 0; i < WRITERS; i++) {
    CHECK_OK(sessions_session_get_int64(session, fields[i], 1, &counts[i]));
    CHECK(counts[i] >= known[i] + writers[i].acknowledged);
    CHECK(counts[i] <= known[i] + writers[i].acknowledged + writers[i].lives);
    known[i] = counts[i];
    writers[i].acknowledged = 0;
    writers[i].lives = 0;
  }
  CHECK_INT(sum, counts[0] + counts[1]);
  sessions_session_free(session);
  sessions_manager_free(manager);
}

static void remove_everything(void) {
  static const char *const names[] = {"%s/s.db", "%s/s.db-wal", "%s/s.db-shm"};
  size_t i;
  for (i = 0; i < sizeof names / sizeof names[0]; i++) {
    char name[128];
    snprintf(name, sizeof name, names[i], directory);
    unlink(name);
  }
  rmdir(directory);
}

int main(int argc, char **argv) {
  struct writer writers[WRITERS] = {{0, 0, 0, 0}, {0, 0, 0, 0}};
  int64_t known[WRITERS] = {0, 0};
  sessions_manager *manager;
  int kills;
  setvbuf(stdout, NULL, _IONBF, 0);
  state = argc > 1 ? strtoull(argv[1], NULL, 10) : (unsigned long long)time(NULL);
  printf("seed %llu\n", state);
  REQUIRE(mkdtemp(directory) != NULL);
  snprintf(path, sizeof path, "%s/s.db", directory);
  snprintf(url, sizeof url, "sqlite:%s", path);
  manager = open_manager();
  cookie = world_store(manager, "{\"a\":0,\"b\":0,\"sum\":0}");
  sessions_manager_free(manager);
  for (kills = 0; kills < KILLS && check_failures == 0; kills += WRITERS) {
    int first = (int)draw(WRITERS);
    start(&writers[0], fields[0]);
    start(&writers[1], fields[1]);
    watch(writers, 1 + draw(MOST_COMMITS));
    kill_one(&writers[first]);
    watch(writers, 1 + draw(MOST_COMMITS)); /* the other goes on */
    kill_one(&writers[1 - first]);
    check_integrity();
    check_counts(writers, known);
  }
  printf("%d kills, %d commits\n", kills, (int)(known[0] + known[1]));
  CHECK_INT(kills, KILLS);
  free(cookie);
  remove_everything();
  return check_result();
}
