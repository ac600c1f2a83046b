/* kill -9 during commits: two processes write to one database and are killed, again and again; both with several
 * threads, whose commits share transactions. What they had been told is committed is there, once; what was under way is
 * there or not, and nothing is half written.
 *
 * Most count in one session: each thread in a field of its own, all in "sum", all in the same commit. One thread, the
 * mover, creates large sessions, moves them on to new ids and destroys them. */
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
  MOVER_SPINS = 300000,
  SECONDS = 60,
  HELD = 4,
  LARGE = 4096, /* a page of the database: what is longer is in several */
  LONGEST = 4 * LARGE
};
/* From this size on the library copies the log into the database, beside the commits. */
enum { LONG_LOG = 1000 * 4096 };
enum { BEGUN = 'b', ACKNOWLEDGED = 'a' };

static const int threads_of[PROCESSES] = {1, MOST_THREADS}; /* that count; the first has the mover as well */

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

enum kind { CREATE, MOVE, DESTROY };

/* A session of the mover, or none: it has no cookie then. */
struct held {
  char cookie[128];
  unsigned mark; /* makes its text */
};

/* The mover reports each before it is done, and after it. */
struct step {
  char what;
  enum kind kind;
  int at;
  struct held after;
};

static struct {
  int reports;
  struct step last;
  int64_t acknowledged;
  int64_t lost_sight_of; /* sessions that are there, whose cookies nobody has been told */
  int cut_moves;
} mover = {-1, {ACKNOWLEDGED, CREATE, 0, {"", 0}}, 0, 0, 0};
static struct held held[HELD];

static struct thread threads[FIELDS] = {{"a", -1, 0, 0, 0}, {"b", -1, 0, 0, 0}, {"c", -1, 0, 0, 0}, {"d", -1, 0, 0, 0}};
static struct process processes[PROCESSES];
static char directory[] = "/tmp/sessions-kill-XXXXXX";
static char url[160];
static char path[128];
static char *cookie;
static pid_t own_id;
static unsigned long long state;

static int has_mover(const struct process *process) { return process == processes; }

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

/* Gives the length. */
static size_t write_text(char *text, unsigned mark) {
  size_t length = LARGE + mark % (LONGEST - LARGE);
  memset(text, 'a' + (int)(mark % 26), length);
  return length;
}

static int has_text(const sessions_session *session, unsigned mark) {
  char expected[LONGEST];
  size_t expected_length = write_text(expected, mark);
  const char *text = NULL;
  size_t length = 0;
  return sessions_session_get_string(session, "text", 4, &text, &length) == SESSIONS_OK && length == expected_length &&
         memcmp(text, expected, length) == 0;
}

static int write_session(sessions_session *session, enum kind kind, struct held *after) {
  char text[LONGEST];
  size_t length = write_text(text, after->mark);
  const char *line = NULL;
  size_t line_length = 0;
  if (sessions_session_set_string(session, "text", 4, text, length) != SESSIONS_OK ||
      (kind == MOVE ? sessions_session_regenerate(session, NULL) : sessions_session_commit(session, NULL)) !=
          SESSIONS_OK ||
      sessions_session_cookie_line(session, 0, &line, &line_length) != SESSIONS_OK) {
    return 0;
  }
  snprintf(after->cookie, sizeof after->cookie, "%.*s", (int)strcspn(line, ";"), line);
  return 1;
}

static int do_step(const sessions_manager *manager, struct step *step) {
  const struct held *before = &held[step->at];
  sessions_session *session = NULL;
  int is_good = sessions_manager_load(manager, before->cookie, strlen(before->cookie), &session, NULL) == SESSIONS_OK &&
                (step->kind == CREATE || has_text(session, before->mark)) &&
                (step->kind == DESTROY ? sessions_session_destroy(session, NULL) == SESSIONS_OK
                                       : write_session(session, step->kind, &step->after));
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

static int report_step(int pipe, struct step *step, char what) {
  step->what = what;
  return write(pipe, step, sizeof *step) == (ssize_t)sizeof *step;
}

static void *move_for_ever(void *argument) {
  const struct work *work = argument;
  struct step step;
  do {
    memset(&step, 0, sizeof step);
    step.at = (int)draw(HELD);
    step.kind = held[step.at].cookie[0] == '\0' ? CREATE : draw(2) == 0 ? MOVE : DESTROY;
    step.after.mark = draw(LONGEST);
    if (!report_step(work->report, &step, BEGUN) || !do_step(work->manager, &step)) {
      break;
    }
    held[step.at] = step.after;
  } while (report_step(work->report, &step, ACKNOWLEDGED));
  _exit(1);
}

static void serve(const struct process *process, const int *reports, int steps) {
  sessions_manager *manager = open_manager();
  struct work works[MOST_THREADS];
  struct work moves = {manager, NULL, steps};
  pthread_t others[MOST_THREADS];
  pthread_t mine;
  int i;
  alarm(SECONDS);
  REQUIRE(steps < 0 || pthread_create(&mine, NULL, move_for_ever, &moves) == 0);
  for (i = 0; i < process->count; i++) {
    works[i].manager = manager;
    works[i].thread = &process->threads[i];
    works[i].report = reports[i];
    REQUIRE(i == 0 || pthread_create(&others[i], NULL, write_for_ever, &works[i]) == 0);
  }
  write_for_ever(&works[0]);
}

/* Gives the end to write to. */
static int start_reports(int *to_read) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  *to_read = ends[0];
  return ends[1];
}

static void start(struct process *process) {
  int to_write[MOST_THREADS];
  int to_move = -1;
  int i;
  for (i = 0; i < process->count; i++) {
    to_write[i] = start_reports(&process->threads[i].reports);
  }
  if (has_mover(process)) {
    to_move = start_reports(&mover.reports);
  }
  process->id = fork();
  REQUIRE(process->id >= 0);
  if (process->id == 0) {
    for (i = 0; i < FIELDS; i++) {
      close(threads[i].reports);
    }
    close(mover.reports);
    serve(process, to_write, to_move);
  }
  for (i = 0; i < process->count; i++) {
    close(to_write[i]);
  }
  close(to_move);
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

static int read_steps(void) {
  struct step steps[16];
  ssize_t length = read(mover.reports, steps, sizeof steps);
  size_t i;
  REQUIRE(length >= 0 && (size_t)length % sizeof steps[0] == 0);
  for (i = 0; i < (size_t)length / sizeof steps[0]; i++) {
    mover.last = steps[i];
    if (mover.last.what == ACKNOWLEDGED) {
      held[mover.last.at] = mover.last.after;
      mover.acknowledged++;
    }
  }
  return length > 0;
}

static int64_t acknowledged_by_all(void) {
  int64_t sum = mover.acknowledged;
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
    struct pollfd ready[FIELDS + 1];
    int i;
    for (i = 0; i <= FIELDS; i++) {
      ready[i].fd = i < FIELDS ? threads[i].reports : mover.reports;
      ready[i].events = POLLIN;
      ready[i].revents = 0;
    }
    REQUIRE(poll(ready, FIELDS + 1, SECONDS * 1000) > 0);
    for (i = 0; i <= FIELDS; i++) {
      REQUIRE(ready[i].revents == 0 || (i < FIELDS ? read_some(&threads[i]) : read_steps()));
    }
  }
}

static void kill_one(struct process *process) {
  volatile unsigned spins = draw(has_mover(process) ? MOVER_SPINS : SPINS); /* to be somewhere within a commit */
  int status = 0;
  int i;
  while (has_mover(process) && mover.last.what != BEGUN) {
    REQUIRE(read_steps());
  }
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
  if (has_mover(process)) {
    while (read_steps()) {
    }
    close(mover.reports);
    mover.reports = -1;
  }
  REQUIRE(waitpid(process->id, &status, 0) == process->id);
  process->id = 0;
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static int first_text(void *found, int columns, char **texts, char **names) {
  (void)names;
  snprintf(found, 64, "%s", columns == 1 && texts[0] != NULL ? texts[0] : "none");
  return 0;
}

static void ask_database(const char *sql, char *found) {
  sqlite3 *database = NULL;
  snprintf(found, 64, "none");
  REQUIRE(sqlite3_open(path, &database) == SQLITE_OK);
  sqlite3_busy_timeout(database, SECONDS * 1000);
  CHECK(sqlite3_exec(database, sql, first_text, found, NULL) == SQLITE_OK);
  sqlite3_close(database);
}

static void check_integrity(void) {
  char found[64];
  ask_database("PRAGMA integrity_check", found);
  CHECK(strcmp(found, "ok") == 0);
}

/* Rows that are no tombstones, as they are and as they have been counted. */
static int64_t count_sessions(void) {
  char found[64];
  char counted[64];
  ask_database("SELECT count(*) FROM sessions WHERE substr(record, 2, 1) = x'00'", found);
  ask_database("SELECT sessions FROM total", counted);
  CHECK_TEXT(counted, strlen(counted), found);
  return strtoll(found, NULL, 10);
}

/* All that was acknowledged, and at the most the one that was under way. */
static void check_counts(const sessions_manager *manager) {
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
}

/* Those of the mover, and no others: of a move that was under way, the old session or the new one. */
static void check_held(const sessions_manager *manager) {
  int is_cut = mover.last.what == BEGUN;
  int64_t expected = 1;
  int64_t found = count_sessions();
  int i;
  mover.cut_moves += is_cut && mover.last.kind == MOVE;
  for (i = 0; i < HELD; i++) {
    sessions_session *session = world_load(manager, held[i].cookie);
    int is_there = sessions_session_origin(session) == SESSIONS_ORIGIN_RESTORED;
    if (is_there) {
      CHECK(has_text(session, held[i].mark));
      expected++;
    } else if (held[i].cookie[0] != '\0') {
      CHECK(is_cut && mover.last.at == i);
      mover.lost_sight_of += mover.last.kind == MOVE;
      held[i].cookie[0] = '\0';
    }
    sessions_session_free(session);
  }
  if (is_cut && mover.last.kind == CREATE && found > expected + mover.lost_sight_of) {
    mover.lost_sight_of++;
  }
  CHECK_INT(found, expected + mover.lost_sight_of);
  mover.last.what = ACKNOWLEDGED;
}

static int is_log_long(void) {
  struct stat log;
  char name[136];
  snprintf(name, sizeof name, "%s-wal", path);
  return stat(name, &log) == 0 && log.st_size > LONG_LOG;
}

/* Also when a check could not go on. */
static void remove_everything(void) {
  static const char *const names[] = {"%s/s.db", "%s/s.db-wal", "%s/s.db-shm"};
  size_t i;
  if (getpid() != own_id) {
    return;
  }
  for (i = 0; i < PROCESSES; i++) {
    if (processes[i].id > 0) {
      kill(processes[i].id, SIGKILL);
      waitpid(processes[i].id, NULL, 0);
    }
  }
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
  own_id = getpid();
  REQUIRE(mkdtemp(directory) != NULL);
  REQUIRE(atexit(remove_everything) == 0);
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
    manager = open_manager();
    check_counts(manager);
    check_held(manager);
    sessions_manager_free(manager);
  }
  printf("%d kills, %d pairs of them with a long log, %d commits, %d steps, %d moves cut short\n", kills, long_logs,
         (int)(threads[0].known + threads[1].known + threads[2].known + threads[3].known), (int)mover.acknowledged,
         mover.cut_moves);
  CHECK_INT(kills, KILLS);
  CHECK(long_logs > 0);
  CHECK(mover.cut_moves > 0);
  free(cookie);
  return check_result();
}
