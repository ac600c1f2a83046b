/* Each allocation of any thread fails once, alone and with all that follow it, while a session is loaded, changed,
 * moved and ended through a queue; and while the session or the queue is freed meanwhile. Each call is refused or calls
 * back once, what it then says is true, and nothing is left over. On a custom store that answers later, or on the Redis
 * server whose URL is an argument; with the path of a unix socket to it, its connections are lost before, too. */
#define _POSIX_C_SOURCE 200809L
#include <support/blob_store.h>
#include <support/queue.h>
#include <support/redis_tell.h>
#include <support/world.h>
#include <torture/allocator.h>

enum { LOAD, INCREMENT, MOVE, END, STEPS };
enum { AWAITED, SESSION_FREED, QUEUE_FREED, WAYS };

static sessions_manager *manager;
static const char *server; /* NULL: none */
static long points;

static sessions_status begin(sessions_session *session, int which, const char *cookie, sessions_queue *queue,
                             struct call *call) {
  sessions_status status;
  switch (which) {
    case LOAD:
      return sessions_session_load_async(session, cookie, strlen(cookie), queue, on_done, call, NULL);
    case INCREMENT:
      status = sessions_session_increment(session, "n", 1, 1, NULL);
      return status == SESSIONS_OK ? sessions_session_commit_async(session, queue, on_done, call, NULL) : status;
    case MOVE:
      return sessions_session_regenerate_async(session, queue, on_done, call, NULL);
    default:
      return sessions_session_destroy_async(session, queue, on_done, call, NULL);
  }
}

/* Frees the session only if that is the way. */
static sessions_status go(sessions_session **session, int which, int way, const char *cookie) {
  sessions_queue *queue = NULL;
  struct call call = {0};
  sessions_status status = sessions_queue_new(&queue, NULL);
  if (status != SESSIONS_OK) {
    CHECK(queue == NULL);
    return status;
  }
  status = begin(*session, which, cookie, queue, &call);
  CHECK_INT(call.count, 0);
  if (status == SESSIONS_PENDING) {
    if (way == SESSION_FREED) {
      sessions_session_free(*session);
      *session = NULL;
    }
    if (way != QUEUE_FREED) {
      dispatch_until(queue, 1);
      CHECK_INT(call.count, 1);
    }
    sessions_queue_free(queue);
    CHECK_INT(call.count, 1);
    return call.status;
  }
  sessions_queue_free(queue);
  CHECK_INT(call.count, 0);
  return status;
}

/* Without memory the store may have no room, a connection be lost, and with it what is known of a change. */
static int is_honest(sessions_status status, int which) {
  return status == SESSIONS_E_NOMEM || status == SESSIONS_E_UNAVAILABLE || status == SESSIONS_E_FULL ||
         (status == SESSIONS_E_UNKNOWN && which != LOAD);
}

/* As soon as there may be connections again. */
static sessions_session *load(const char *cookie) {
  sessions_session *session = NULL;
  sessions_status status;
  do {
    status = sessions_manager_load(manager, cookie, strlen(cookie), &session, NULL);
  } while (server != NULL && status == SESSIONS_E_UNAVAILABLE);
  REQUIRE(status == SESSIONS_OK);
  return session;
}

static int64_t stored_n(const char *cookie) {
  sessions_session *session = load(cookie);
  int64_t n = -1;
  sessions_session_get_int64(session, "n", 1, &n);
  sessions_session_free(session);
  return n;
}

static void check_stored(const char *cookie, int which, sessions_status status) {
  const int64_t done = which == LOAD ? 0 : which == INCREMENT ? 1 : -1;
  const int64_t n = stored_n(cookie);
  const int is_doubtful = status == SESSIONS_E_UNKNOWN || status == SESSIONS_E_CANCELED;
  CHECK(n == (status == SESSIONS_OK ? done : 0) || (is_doubtful && n == done));
}

/* The session shows what the call says, and can be used again. */
static void check_session(sessions_session *session, const char *cookie, int which, sessions_status status) {
  sessions_queue *queue = make_queue();
  struct call call = {0};
  if (which == LOAD) {
    if (status != SESSIONS_OK) {
      CHECK_INT(AWAIT(queue, &call, begin(session, LOAD, cookie, queue, &call)), SESSIONS_OK);
    }
    CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
  } else if (status == SESSIONS_OK) {
    const int32_t outcome = sessions_session_outcome(session);
    CHECK_INT(outcome, which == INCREMENT ? SESSIONS_OUTCOME_SAVED
                       : which == MOVE    ? SESSIONS_OUTCOME_REGENERATED
                                          : SESSIONS_OUTCOME_DESTROYED);
  }
  CHECK_INT(AWAIT(queue, &call, begin(session, END, cookie, queue, &call)), SESSIONS_OK);
  CHECK_INT(stored_n(cookie), -1);
  sessions_queue_free(queue);
}

static void lose_connections(void) {
  char reply[64];
  redis_tell(server, "CLIENT KILL TYPE normal\r\n", reply, sizeof reply);
  CHECK(strcmp(reply, ":1\r\n") == 0);
}

static int fail_step(int which, int way, int is_lost, long index, int on_and_on) {
  char *cookie = world_store(manager, "{\"n\":0}");
  sessions_session *session = which == LOAD ? make_session(manager) : world_load(manager, cookie);
  sessions_status status;
  int has_failed;
  if (is_lost) {
    lose_connections();
  }
  allocator_watch(index, on_and_on);
  status = go(&session, which, way, cookie);
  allocator_unwatch();
  has_failed = allocator_has_failed();
  CHECK((status == SESSIONS_E_CANCELED && way != AWAITED) || (status == SESSIONS_OK && session != NULL) ||
        (has_failed && is_honest(status, which)));
  check_stored(cookie, which, status);
  if (session != NULL) {
    check_session(session, cookie, which, status);
    sessions_session_free(session);
  }
  free(cookie);
  points++;
  return has_failed;
}

static void open_manager(const char *url) {
  sessions_backend *backend = NULL;
  if (url == NULL) {
    CHECK_OK(blob_store_open(BLOB_LATER, &backend, &failure));
  } else {
    CHECK_OK(sessions_backend_open(url, SESSIONS_NUL_TERMINATED, &backend, &failure));
  }
  manager = make_manager(backend);
  sessions_backend_free(backend);
}

static void torture(const char *url) {
  int on_and_on;
  int which;
  int way;
  long index;
  open_manager(url);
  for (on_and_on = 0; on_and_on <= 1; on_and_on++) {
    for (which = 0; which < STEPS; which++) {
      for (way = 0; way < WAYS; way++) {
        for (index = 0; fail_step(which, way, 0, index, on_and_on); index++) {
        }
      }
      for (index = 0; server != NULL && fail_step(which, AWAITED, 1, index, on_and_on); index++) {
      }
    }
  }
  sessions_manager_free(manager);
  printf("%ld points\n", points);
}

/* What libraries keep for ever they have after the first time. */
int main(int argc, char **argv) {
  const char *url = argc > 1 ? argv[1] : NULL;
  long live;
  server = argc > 2 ? argv[2] : NULL;
  torture(url);
  live = allocator_live();
  torture(url);
  CHECK_INT(allocator_live() - live, 0);
  return check_result();
}
