/* Threads that block and threads with queues, all on one store, while calls are canceled or have no time: what is
 * acknowledged holds, and nobody sees a session of somebody else. The store is a custom one; or, with a URL and the
 * path of a unix socket, a Redis server that also loses its connections and its scripts again and again. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <support/blob_store.h>
#include <support/queue.h>
#include <support/redis_tell.h>
#include <support/world.h>

enum { BLOCKING = 3, THREADS = 6, BROWSERS = 12, ROUNDS = 4, ACTS = 600 }; /* so many acts a round */
enum { COUNTED = 8, ENDED = ROUNDS * ACTS / 8, COOKIE_SIZE = 128 };
enum { ACTS_BETWEEN_TROUBLES = 40 };

/* What a visit does after it has loaded a session, if it has. */
enum act { STORE, COUNT, MOVE, END };

struct worker;

/* One with a session of its own, who visits one of those that all share now and then. */
struct browser {
  struct worker *worker;
  char cookie[COOKIE_SIZE]; /* empty: none */
  int64_t owner;
  int64_t n;
  int next; /* act on the own session */

  sessions_session *session; /* of the visit that is under way */
  const char *visited;
  enum act act;
  int counted; /* index of what is visited, or -1 */
  int is_loaded;
  int is_under_way;
  int is_to_free;
  int is_freed;
};

struct worker {
  pthread_t thread;
  int number;
  sessions_queue *queue; /* NULL: it blocks */
  int is_closing;
  int under_way;
  int visits;
  struct browser browsers[BROWSERS];

  int64_t acknowledged[COUNTED];
  int64_t doubtful[COUNTED];
  char (*gone)[COOKIE_SIZE]; /* cookies whose sessions have ended */
  int gone_count;
  int done; /* acts that were acknowledged */
  int failed;
  int troubles;
  int killed; /* connections */
  int flushed;
  int wrong; /* checks are for the main thread alone */
};

static sessions_manager *manager;
static const char *server; /* NULL: none */
static char counted[COUNTED][COOKIE_SIZE];
static char ended[ENDED][COOKIE_SIZE];
static struct worker workers[THREADS];

static void expect(struct worker *worker, int holds, const char *what, int64_t detail) {
  if (!holds && worker->wrong++ < 10) {
    printf("worker %d: failed: %s: %" PRId64 "\n", worker->number, what, detail);
  }
}

/* ---- trouble ---- */

static void make_trouble(struct worker *worker) {
  char reply[64];
  if (worker->troubles++ % 3 == 0) {
    redis_tell(server, "SCRIPT FLUSH\r\n", reply, sizeof reply);
    worker->flushed += strncmp(reply, "+OK", 3) == 0;
  } else {
    redis_tell(server, "CLIENT KILL TYPE normal\r\n", reply, sizeof reply);
    worker->killed += reply[0] == ':' ? atoi(reply + 1) : 0;
  }
}

/* ---- visits ---- */

static void read_cookie(const sessions_session *session, char *cookie) {
  const char *line = "";
  size_t length = 0;
  sessions_session_cookie_line(session, 0, &line, &length);
  snprintf(cookie, COOKIE_SIZE, "%.*s", (int)strcspn(line, ";"), line);
}

static void remember_gone(struct worker *worker, const char *cookie) {
  memcpy(worker->gone[worker->gone_count++], cookie, COOKIE_SIZE);
}

static void check_number(struct worker *worker, const sessions_session *session, const char *key, int64_t expected) {
  int64_t number = INT64_MIN;
  sessions_session_get_int64(session, key, strlen(key), &number);
  expect(worker, number == expected, key, number);
}

/* Whether there is something to act on: sessions that all share may have ended. */
static int look(struct browser *browser) {
  struct worker *worker = browser->worker;
  int is_own = browser->visited == browser->cookie;
  int32_t origin = sessions_session_origin(browser->session);
  if (origin != SESSIONS_ORIGIN_RESTORED) {
    expect(worker, origin == SESSIONS_ORIGIN_REFUSED_UNKNOWN, "origin", origin);
    expect(worker, !is_own && browser->counted < 0, "a session is lost", browser->act);
    return 0;
  }
  if (is_own) {
    check_number(worker, browser->session, "owner", browser->owner);
    check_number(worker, browser->session, "n", browser->n);
  } else {
    check_number(worker, browser->session, "owner", browser->counted);
  }
  return 1;
}

/* Of what belongs to one browser alone, everything is known. */
static void note_own(struct browser *browser, sessions_status status) {
  static const int32_t outcomes[] = {SESSIONS_OUTCOME_CREATED, SESSIONS_OUTCOME_SAVED, SESSIONS_OUTCOME_REGENERATED,
                                     SESSIONS_OUTCOME_DESTROYED};
  int32_t outcome;
  if (status != SESSIONS_OK) {
    browser->next = STORE;
    return;
  }
  outcome = sessions_session_outcome(browser->session);
  expect(browser->worker, outcome == outcomes[browser->act], "outcome", outcome);
  browser->n = browser->act == STORE ? 0 : browser->n + 1;
  if (browser->act == MOVE || browser->act == END) {
    remember_gone(browser->worker, browser->cookie);
  }
  if (browser->act == STORE || browser->act == MOVE) {
    read_cookie(browser->session, browser->cookie);
  }
  browser->next = browser->act == END ? STORE : (int)browser->act + 1;
}

static void note_shared(struct browser *browser, sessions_status status) {
  struct worker *worker = browser->worker;
  if (browser->counted < 0) {
    if (status == SESSIONS_OK && browser->act != COUNT) {
      remember_gone(worker, browser->visited);
    }
  } else if (status == SESSIONS_OK) {
    int32_t outcome = sessions_session_outcome(browser->session);
    expect(worker, outcome == SESSIONS_OUTCOME_SAVED || outcome == SESSIONS_OUTCOME_MERGED, "outcome", outcome);
    worker->acknowledged[browser->counted]++;
  } else if (status == SESSIONS_E_UNKNOWN || status == SESSIONS_E_CANCELED) {
    worker->doubtful[browser->counted]++;
  }
}

static void end_visit(struct browser *browser) {
  if (!browser->is_freed) {
    sessions_session_free(browser->session);
  }
  browser->session = NULL;
}

static void on_call(void *user_data, sessions_status status, const sessions_error *error);

static void call(struct browser *browser) {
  struct worker *worker = browser->worker;
  sessions_session *session = browser->session;
  sessions_queue *queue = worker->queue;
  const char *cookie = browser->visited;
  sessions_status status;
  if (!browser->is_loaded) {
    status = queue == NULL
                 ? sessions_session_load(session, cookie, strlen(cookie), NULL)
                 : sessions_session_load_async(session, cookie, strlen(cookie), queue, on_call, browser, NULL);
  } else if (browser->act == MOVE) {
    status = queue == NULL ? sessions_session_regenerate(session, NULL)
                           : sessions_session_regenerate_async(session, queue, on_call, browser, NULL);
  } else if (browser->act == END) {
    status = queue == NULL ? sessions_session_destroy(session, NULL)
                           : sessions_session_destroy_async(session, queue, on_call, browser, NULL);
  } else {
    status = queue == NULL ? sessions_session_commit(session, NULL)
                           : sessions_session_commit_async(session, queue, on_call, browser, NULL);
  }
  browser->is_under_way = status == SESSIONS_PENDING;
  worker->under_way += browser->is_under_way;
  if (!browser->is_under_way) {
    on_call(browser, status, NULL);
  }
}

static void act(struct browser *browser) {
  sessions_session *session = browser->session;
  browser->is_loaded = 1;
  if (browser->act == STORE) {
    sessions_session_set_int64(session, "owner", 5, browser->owner);
    sessions_session_set_int64(session, "n", 1, 0);
  } else if (browser->act != END) {
    sessions_session_increment(session, "n", 1, 1, NULL);
  }
  call(browser);
}

static int is_honest(const struct browser *browser, sessions_status status) {
  return browser->is_freed
             ? status == SESSIONS_E_CANCELED
             : status == SESSIONS_OK || status == SESSIONS_E_TIMEOUT || status == SESSIONS_E_UNAVAILABLE ||
                   (status == SESSIONS_E_UNKNOWN && browser->is_loaded) ||
                   (status == SESSIONS_E_CANCELED && browser->worker->is_closing);
}

/* What a call has come to, whether it went through the queue or not. */
static void on_call(void *user_data, sessions_status status, const sessions_error *error) {
  struct browser *browser = user_data;
  struct worker *worker = browser->worker;
  expect(worker, browser->session != NULL, "a call ends once", status);
  expect(worker, is_honest(browser, status), "status", status);
  expect(worker, error == NULL || sessions_error_status(error) == status, "error", status);
  worker->under_way -= browser->is_under_way;
  browser->is_under_way = 0;
  browser->is_to_free = 0;
  worker->failed += status != SESSIONS_OK;
  if (!browser->is_loaded && status == SESSIONS_OK && look(browser) && !worker->is_closing) {
    act(browser);
    return;
  }
  if (browser->is_loaded) {
    worker->done += status == SESSIONS_OK;
    browser->visited == browser->cookie ? note_own(browser, status) : note_shared(browser, status);
  }
  end_visit(browser);
}

/* Two visits of eight in a row are to the same session, which the second of them moves or ends. */
static void choose(struct browser *browser, int visit) {
  browser->counted = -1;
  if (visit % 8 >= 6) {
    browser->visited = ended[visit / 8 % ENDED];
    browser->act = visit % 8 == 6 ? COUNT : visit / 8 % 2 == 0 ? MOVE : END;
  } else if (visit % 2 == 0) {
    browser->counted = (visit / 2 + browser->worker->number) % COUNTED;
    browser->visited = counted[browser->counted];
    browser->act = COUNT;
  } else {
    browser->visited = browser->cookie;
    browser->act = (enum act)browser->next;
  }
}

static void begin_visit(struct browser *browser) {
  struct worker *worker = browser->worker;
  int visit = worker->visits++;
  if (server != NULL && worker->done / ACTS_BETWEEN_TROUBLES > worker->troubles) {
    make_trouble(worker);
  }
  choose(browser, visit);
  browser->is_freed = 0;
  browser->is_loaded = 0;
  expect(worker, sessions_session_new(manager, &browser->session, NULL) == SESSIONS_OK, "a session", visit);
  if (visit % 13 == 6) {
    sessions_session_set_timeout_ms(browser->session, 1, NULL);
  }
  if (browser->act == STORE) {
    browser->owner = worker->number * 1000000 + visit;
    act(browser);
  } else {
    call(browser);
  }
  browser->is_to_free = visit % 11 == 5;
}

/* Sessions of visits that are not wanted any more, in the midst of a call: when others have begun, or at its end. */
static void free_some(struct worker *worker) {
  int i;
  for (i = 0; i < BROWSERS; i++) {
    struct browser *browser = &worker->browsers[i];
    if (browser->is_to_free && browser->is_under_way && !browser->is_freed) {
      browser->is_freed = 1;
      sessions_session_free(browser->session);
    }
  }
}

static void begin_visits(struct worker *worker) {
  int i;
  for (i = 0; i < BROWSERS; i++) {
    if (worker->browsers[i].session == NULL) {
      begin_visit(&worker->browsers[i]);
    }
  }
}

static void *block(void *user_data) {
  struct worker *worker = user_data;
  while (worker->done < ROUNDS * ACTS) {
    begin_visit(&worker->browsers[0]);
  }
  return NULL;
}

static void dispatch(struct worker *worker) {
  struct pollfd readable = {sessions_queue_descriptor(worker->queue), POLLIN, 0};
  expect(worker, poll(&readable, 1, 60000) == 1, "calls come to an end", worker->under_way);
  expect(worker, sessions_queue_dispatch(worker->queue, NULL, NULL) == SESSIONS_OK, "dispatch", worker->done);
}

/* Each round has a queue of its own, which is freed with calls under way in every other one. */
static void *go_on(void *user_data) {
  struct worker *worker = user_data;
  int round;
  for (round = 1; round <= ROUNDS; round++) {
    expect(worker, sessions_queue_new(&worker->queue, NULL) == SESSIONS_OK, "a queue", round);
    while (worker->done < round * ACTS) {
      begin_visits(worker);
      free_some(worker);
      if (worker->under_way > 0) { /* while there is no connection, none is */
        dispatch(worker);
      }
    }
    while (round % 2 == 0 && worker->under_way > 0) {
      dispatch(worker);
    }
    worker->is_closing = 1;
    sessions_queue_free(worker->queue);
    worker->is_closing = 0;
    expect(worker, worker->under_way == 0, "all calls have ended", worker->under_way);
  }
  return NULL;
}

/* ---- before and after ---- */

static void store(char *cookie, int64_t owner) {
  char json[48];
  char *stored;
  snprintf(json, sizeof json, "{\"owner\":%" PRId64 ",\"n\":0}", owner);
  stored = world_store(manager, json);
  snprintf(cookie, COOKIE_SIZE, "%s", stored);
  free(stored);
}

static void begin_worker(struct worker *worker, int number) {
  int i;
  worker->number = number;
  worker->gone = calloc(ROUNDS * ACTS + BROWSERS, sizeof *worker->gone);
  REQUIRE(worker->gone != NULL);
  for (i = 0; i < BROWSERS; i++) {
    worker->browsers[i].worker = worker;
  }
}

/* As soon as there is a connection again. */
static sessions_session *load(const char *cookie) {
  sessions_session *session = NULL;
  sessions_status status;
  do {
    status = sessions_manager_load(manager, cookie, strlen(cookie), &session, NULL);
  } while (status == SESSIONS_E_UNAVAILABLE);
  REQUIRE(status == SESSIONS_OK);
  return session;
}

static void check_counted(int index) {
  sessions_session *session = load(counted[index]);
  int64_t acknowledged = 0;
  int64_t doubtful = 0;
  int64_t n = -1;
  int64_t owner = -1;
  int i;
  for (i = 0; i < THREADS; i++) {
    acknowledged += workers[i].acknowledged[index];
    doubtful += workers[i].doubtful[index];
  }
  CHECK_STATUS(sessions_session_get_int64(session, "owner", 5, &owner), SESSIONS_OK);
  CHECK_INT(owner, index);
  CHECK_STATUS(sessions_session_get_int64(session, "n", 1, &n), SESSIONS_OK);
  CHECK(acknowledged > 0);
  CHECK(n >= acknowledged && n <= acknowledged + doubtful);
  sessions_session_free(session);
}

static void check_gone(const char *cookie) {
  sessions_session *session = load(cookie);
  CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_REFUSED_UNKNOWN);
  sessions_session_free(session);
}

int main(int argc, char **argv) {
  sessions_backend *backend = NULL;
  int killed = 0;
  int flushed = 0;
  int i;
  int j;
  if (argc > 2) {
    CHECK_OK(sessions_backend_open(argv[1], SESSIONS_NUL_TERMINATED, &backend, &failure));
    server = argv[2];
  } else {
    CHECK_OK(blob_store_open(BLOB_LATER | BLOB_CHANGES, &backend, &failure));
  }
  manager = make_manager(backend);
  sessions_backend_free(backend);
  for (i = 0; i < COUNTED; i++) {
    store(counted[i], i);
  }
  for (i = 0; i < ENDED; i++) {
    store(ended[i], -1);
  }
  for (i = 0; i < THREADS; i++) {
    begin_worker(&workers[i], i);
  }
  for (i = 0; i < THREADS; i++) {
    REQUIRE(pthread_create(&workers[i].thread, NULL, i < BLOCKING ? block : go_on, &workers[i]) == 0);
  }
  for (i = 0; i < THREADS; i++) {
    REQUIRE(pthread_join(workers[i].thread, NULL) == 0);
  }
  for (i = 0; i < COUNTED; i++) {
    check_counted(i);
  }
  for (i = 0; i < THREADS; i++) {
    CHECK_INT(workers[i].wrong, 0);
    for (j = 0; j < workers[i].gone_count; j++) {
      check_gone(workers[i].gone[j]);
    }
    free(workers[i].gone);
    killed += workers[i].killed;
    flushed += workers[i].flushed;
    printf("worker %d: %d done, %d failed, %d gone\n", i, workers[i].done, workers[i].failed, workers[i].gone_count);
  }
  printf("%d connections killed, scripts flushed %d times\n", killed, flushed);
  CHECK(server == NULL || (killed > 0 && flushed > 0));
  sessions_manager_free(manager);
  return check_result();
}
