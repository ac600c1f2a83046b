/* kill -9 during commits: two processes write to one database and are killed, again and again; one of them with several
 * threads, whose commits share transactions. What they had been told is committed is there, once; what was under way is
 * there or not, and nothing is half written.
 *
 * All count in one session: each thread in a field of its own, all in "sum", all in the same commit. */
#define _POSIX_C_SOURCE 200809L
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <support/world.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
  KILLS = 200,
  PROCESSES = 2,
  MOST_THREADS = 3,
  FIELDS = 4,
  FEW_COMMITS = 40,
  MANY_COMMITS = 1500,
  SPINS = 60000,
  SECONDS = 60
};
/* From this size on the library copies the log into the database, beside the commits. */
enum { LONG_LOG = 1000 * 4096 };
enum { BEGUN = 'b', ACKNOWLEDGED = 'a' };

static const int threads_of[PROCESSES] = {1, MOST_THREADS};

struct thread {
  const char *field;
  int reports; /* a pipe: a byte before each commit, and one after it */
  int64_t begun;
  int64_t acknowledged;
  int64_t known; /* the count in the database after the former life */
};

struct process {
  pid_t id;
  int count;
  struct thread *threads;
};

static struct thread threads[FIELDS] = {{"a", -1, 0, 0, 0}, {"b", -1, 0, 0, 0}, {"c", -1, 0, 0, 0}, {"d", -1, 0, 0, 0}};
static struct process processes[PROCESSES];
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

/* `count` is what the field must be: nobody else changes it. */
static int commit_once(const sessions_manager *manager, const char *field, int64_t count) {
  sessions_session *session = NULL;
  int64_t found = -1;
  int is_good = sessions_manager_load(manager, cookie, strlen(cookie), &session, NULL) == SESSIONS_OK &&
                sessions_session_get_int64(session, field, 1, &found) == SESSIONS_OK && found == count &&
                sessions_session_increment(session, field, 1, 1, NULL) == SESSIONS_OK &&
                sessions_session_increment(session, "sum", 3, 1, NULL) == SESSIONS_OK &&
                sessions_session_commit(session, NULL) == SESSIONS_OK;
  sessions_session_free(session);
  return is_good;
}

struct work {
  const sessions_manager *manager;
  const struct thread *thread;
  int report;
};

static int report(int pipe, char what) { return write(pipe, &what, 1) == 1; }

static void *write_for_ever(void *argument) {
  const struct work *work = argument;
  int64_t count = work->thread->known;
  while (report(work->report, BEGUN) && commit_once(work->manager, work->thread->field, count) &&
         report(work->report, ACKNOWLEDGED)) {
    count++;
  }
  _exit(1);
}

static void serve(const struct process *process, const int *reports) {
  sessions_manager *manager = open_manager();
  struct work works[MOST_THREADS];
  pthread_t others[MOST_THREADS];
  int i;
  alarm(SECONDS);
  for (i = 0; i < process->count; i++) {
    works[i].manager = manager;
    works[i].thread = &process->threads[i];
    works[i].report = reports[i];
    REQUIRE(i == 0 || pthread_create(&others[i], NULL, write_for_ever, &works[i]) == 0);
  }
  write_for_ever(&works[0]);
}

static void start(struct process *process) {
  int to_write[MOST_THREADS];
  int i;
  for (i = 0; i < process->count; i++) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    process->threads[i].reports = ends[0];
    to_write[i] = ends[1];
  }
  process->id = fork();
  REQUIRE(process->id >= 0);
  if (process->id == 0) {
    for (i = 0; i < FIELDS; i++) {
      close(threads[i].reports);
    }
    serve(process, to_write);
  }
  for (i = 0; i < process->count; i++) {
    close(to_write[i]);
  }
}

/* ---- the one who kills ---- */

static int read_some(struct thread *thread) {
  char bytes[256];
  ssize_t length = read(thread->reports, bytes, sizeof bytes);
  ssize_t i;
  REQUIRE(length >= 0);
  for (i = 0; i < length; i++) {
    thread->begun += bytes[i] == BEGUN ? 1 : 0;
    thread->acknowledged += bytes[i] == ACKNOWLEDGED ? 1 : 0;
  }
  return length > 0;
}

static int64_t acknowledged_by_all(void) {
  int64_t sum = 0;
  int i;
  for (i = 0; i < FIELDS; i++) {
    sum += threads[i].acknowledged;
  }
  return sum;
}

/* Until this many more commits, of any. */
static void watch(int64_t commits) {
  int64_t until = acknowledged_by_all() + commits;
  while (acknowledged_by_all() < until) {
    struct pollfd ready[FIELDS];
    int i;
    for (i = 0; i < FIELDS; i++) {
      ready[i].fd = threads[i].reports;
      ready[i].events = POLLIN;
      ready[i].revents = 0;
    }
    REQUIRE(poll(ready, FIELDS, SECONDS * 1000) > 0);
    for (i = 0; i < FIELDS; i++) {
      REQUIRE(ready[i].revents == 0 || read_some(&threads[i]));
    }
  }
}

static void kill_one(struct process *process) {
  volatile unsigned spins = draw(SPINS); /* to be somewhere within a commit */
  int status = 0;
  int i;
  while (spins > 0) {
    spins--;
  }
  REQUIRE(kill(process->id, SIGKILL) == 0);
  for (i = 0; i < process->count; i++) {
    while (read_some(&process->threads[i])) {
    }
    close(process->threads[i].reports);
    process->threads[i].reports = -1;
  }
  REQUIRE(waitpid(process->id, &status, 0) == process->id);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
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

/* All that was acknowledged, and at the most the one that was under way. */
static void check_counts(void) {
  sessions_manager *manager = open_manager();
  sessions_session *session = world_load(manager, cookie);
  int64_t of_all = 0;
  int64_t sum = -1;
  int i;
  CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
  CHECK_OK(sessions_session_get_int64(session, "sum", 3, &sum));
  for (i = 0; i < FIELDS; i++) {
    struct thread *thread = &threads[i];
    int64_t count = -1;
    CHECK_OK(sessions_session_get_int64(session, thread->field, 1, &count));
    CHECK(thread->begun - thread->acknowledged <= 1);
    CHECK(count >= thread->known + thread->acknowledged);
    CHECK(count <= thread->known + thread->begun);
    thread->known = count;
    thread->begun = 0;
    thread->acknowledged = 0;
    of_all += count;
  }
  CHECK_INT(sum, of_all);
  sessions_session_free(session);
  sessions_manager_free(manager);
}

static int is_log_long(void) {
  struct stat log;
  char name[136];
  snprintf(name, sizeof name, "%s-wal", path);
  return stat(name, &log) == 0 && log.st_size > LONG_LOG;
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
  sessions_manager *manager;
  int kills;
  int long_logs = 0;
  int i;
  setvbuf(stdout, NULL, _IONBF, 0);
  state = argc > 1 ? strtoull(argv[1], NULL, 10) : (unsigned long long)time(NULL);
  printf("seed %llu\n", state);
  REQUIRE(mkdtemp(directory) != NULL);
  snprintf(path, sizeof path, "%s/s.db", directory);
  snprintf(url, sizeof url, "sqlite:%s", path);
  manager = open_manager();
  cookie = world_store(manager, "{\"a\":0,\"b\":0,\"c\":0,\"d\":0,\"sum\":0}");
  sessions_manager_free(manager);
  for (i = 0; i < PROCESSES; i++) {
    processes[i].count = threads_of[i];
    processes[i].threads = i == 0 ? threads : processes[i - 1].threads + processes[i - 1].count;
  }
  for (kills = 0; kills < KILLS && check_failures == 0; kills += PROCESSES) {
    int first = (int)draw(PROCESSES);
    unsigned most = kills % (4 * PROCESSES) == 0 ? MANY_COMMITS : FEW_COMMITS;
    start(&processes[0]);
    start(&processes[1]);
    watch(1 + draw(most));
    kill_one(&processes[first]);
    watch(1 + draw(most)); /* the other goes on */
    kill_one(&processes[1 - first]);
    long_logs += is_log_long();
    check_integrity();
    check_counts();
  }
  printf("%d kills, %d pairs of them with a long log, %d commits\n", kills, long_logs,
         (int)(threads[0].known + threads[1].known + threads[2].known + threads[3].known));
  CHECK_INT(kills, KILLS);
  CHECK(long_logs > 0);
  free(cookie);
  remove_everything();
  return check_result();
}
