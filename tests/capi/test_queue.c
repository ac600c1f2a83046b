/* Calls that do not wait: done at once, or handed to a queue; canceled, late, and ended in any order. */
#include <support/gate.h>
#include <support/queue.h>
#include <support/world.h>

enum { SESSIONS = 200 };

static void test_bad_arguments(void) {
  struct world world;
  sessions_queue *queue = make_queue();
  sessions_manager *manager;
  sessions_session *session;
  struct call call = {0};
  world_begin(&world);
  manager = world_manager_from("memory:", world_config(&world));
  session = make_session(manager);
  CHECK_FAILS(sessions_queue_new(NULL, &failure), SESSIONS_E_INVALID, "queue");
  sessions_queue_free(NULL);
  CHECK_INT(sessions_queue_descriptor(NULL), -1);
  CHECK_FAILS(sessions_queue_dispatch(NULL, NULL, &failure), SESSIONS_E_INVALID, "queue");
  CHECK_OK(sessions_queue_dispatch(queue, NULL, &failure));
  CHECK_FAILS(sessions_session_load_async(NULL, "", 0, queue, on_done, &call, &failure), SESSIONS_E_INVALID, "session");
  CHECK_FAILS(sessions_session_load_async(session, NULL, 1, queue, on_done, &call, &failure), SESSIONS_E_INVALID,
              "cookie_header");
  CHECK_FAILS(sessions_session_load_value_async(session, NULL, 1, queue, on_done, &call, &failure), SESSIONS_E_INVALID,
              "cookie_value");
  CHECK_FAILS(sessions_session_load_async(session, "", 0, NULL, on_done, &call, &failure), SESSIONS_E_INVALID, "queue");
  CHECK_FAILS(sessions_session_load_async(session, "", 0, queue, NULL, &call, &failure), SESSIONS_E_INVALID, "done");
  CHECK_FAILS(sessions_session_commit_async(NULL, queue, on_done, &call, &failure), SESSIONS_E_INVALID, "session");
  CHECK_FAILS(sessions_session_commit_async(session, NULL, on_done, &call, &failure), SESSIONS_E_INVALID, "queue");
  CHECK_FAILS(sessions_session_regenerate_async(session, queue, NULL, &call, &failure), SESSIONS_E_INVALID, "done");
  CHECK_FAILS(sessions_session_destroy_async(session, NULL, on_done, &call, &failure), SESSIONS_E_INVALID, "queue");
  CHECK_INT(sessions_session_commit_async(session, NULL, NULL, NULL, NULL), SESSIONS_E_INVALID);
  CHECK_INT(call.count, 0);
  sessions_session_free(session);
  sessions_manager_free(manager);
  sessions_queue_free(queue);
}

/* In memory and in cookies everything is done when the call returns, with the same lines as without a queue. */
static void test_at_once(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    struct world world;
    sessions_queue *queue = make_queue();
    sessions_manager *manager;
    sessions_session *session;
    struct call call = {0};
    char cookie[4096];
    int64_t n = 0;
    world_begin(&world);
    manager = world_manager_from(world_urls[i], world_config(&world));
    put_counter(manager, cookie, sizeof cookie);
    session = make_session(manager);
    CHECK_OK(sessions_session_load_async(session, cookie, strlen(cookie), queue, on_done, &call, &failure));
    CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
    CHECK_STATUS(sessions_session_increment(session, "n", 1, 1, &n), SESSIONS_OK);
    CHECK_INT(n, 2);
    CHECK_OK(sessions_session_commit_async(session, queue, on_done, &call, &failure));
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_SAVED);
    CHECK_OK(sessions_session_regenerate_async(session, queue, on_done, &call, &failure));
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_REGENERATED);
    CHECK_OK(sessions_session_destroy_async(session, queue, on_done, &call, &failure));
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_DESTROYED);
    CHECK_FAILS(sessions_session_load_async(session, "", 0, queue, on_done, &call, &failure), SESSIONS_E_MISUSE,
                "once");
    CHECK_INT(call.count, 0);
    CHECK(!is_readable(queue));
    sessions_session_free(session);
    sessions_manager_free(manager);
    sessions_queue_free(queue);
  }
}

/* A store that waits is no concern of calls that have nothing to ask it. */
static void test_nothing_to_ask(int mode) {
  static const char *const cookies[] = {"", "other=1", "__Host-session=malformed"};
  struct gate gate;
  sessions_backend *backend = gate_begin(&gate, mode);
  sessions_manager *manager = make_manager(backend);
  sessions_queue *queue = make_queue();
  sessions_session *waits = make_session(manager);
  struct call call = {0}, unused = {0};
  int32_t found;
  size_t i;
  gate_shut(&gate);
  CHECK_STATUS(sessions_session_set_int64(waits, "n", 1, 1), SESSIONS_OK);
  CHECK_INT(sessions_session_commit_async(waits, queue, on_done, &call, NULL), SESSIONS_PENDING);
  gate_await(&gate, 1);
  for (i = 0; i < sizeof cookies / sizeof *cookies; i++) {
    sessions_session *session = make_session(manager);
    CHECK_OK(sessions_session_load_async(session, cookies[i], strlen(cookies[i]), queue, on_done, &unused, &failure));
    CHECK_STATUS(sessions_session_contains(session, "n", 1, &found), SESSIONS_OK);
    CHECK_OK(sessions_session_commit_async(session, queue, on_done, &unused, &failure));
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_UNCHANGED);
    sessions_session_free(session);
  }
  CHECK(!is_readable(queue));
  gate_open(&gate);
  dispatch_until(queue, 1);
  CHECK_INT(call.status, SESSIONS_OK);
  CHECK_INT(unused.count, 0);
  sessions_session_free(waits);
  sessions_manager_free(manager);
  sessions_backend_free(backend);
  sessions_queue_free(queue);
  gate_end(&gate);
}

/* A whole life through the queue, on a store that answers in any of its ways. */
static void test_life(int mode) {
  struct gate gate;
  sessions_backend *backend = gate_begin(&gate, mode);
  sessions_manager *manager = make_manager(backend);
  sessions_queue *queue = make_queue();
  sessions_session *session = make_session(manager);
  struct call call = {0};
  char cookie[256];
  char both[512];
  put_counter(manager, cookie, sizeof cookie);
  /* The first of the two is unknown: the store is asked twice. */
  snprintf(both, sizeof both, "__Host-session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA; %s", cookie);
  CHECK_INT(
      AWAIT(queue, &call, sessions_session_load_async(session, both, strlen(both), queue, on_done, &call, &failure)),
      SESSIONS_OK);
  CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
  CHECK_STATUS(sessions_session_increment(session, "n", 1, 41, NULL), SESSIONS_OK);
  CHECK_INT(AWAIT(queue, &call, sessions_session_commit_async(session, queue, on_done, &call, &failure)), SESSIONS_OK);
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_SAVED);
  CHECK_INT(AWAIT(queue, &call, sessions_session_commit_async(session, queue, on_done, &call, &failure)), SESSIONS_OK);
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_UNCHANGED);
  CHECK_INT(AWAIT(queue, &call, sessions_session_regenerate_async(session, queue, on_done, &call, &failure)),
            SESSIONS_OK);
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_REGENERATED);
  CHECK_INT(sessions_session_cookie_count(session), 1);
  sessions_session_free(session);

  session = make_session(manager); /* the old id is dead */
  CHECK_INT(AWAIT(queue, &call,
                  sessions_session_load_async(session, cookie, strlen(cookie), queue, on_done, &call, &failure)),
            SESSIONS_OK);
  CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_REFUSED_UNKNOWN);
  CHECK_STATUS(sessions_session_set_bool(session, "b", 1, 1), SESSIONS_OK);
  CHECK_INT(AWAIT(queue, &call, sessions_session_commit_async(session, queue, on_done, &call, &failure)), SESSIONS_OK);
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_CREATED);
  CHECK_INT(AWAIT(queue, &call, sessions_session_destroy_async(session, queue, on_done, &call, &failure)), SESSIONS_OK);
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_DESTROYED);
  sessions_session_free(session);
  sessions_manager_free(manager);
  sessions_backend_free(backend);
  sessions_queue_free(queue);
  gate_end(&gate);
}

/* Nothing may be done with a session whose call is under way, but to free it. */
static void test_busy(int mode) {
  struct gate gate;
  sessions_backend *backend = gate_begin(&gate, mode);
  sessions_manager *manager = make_manager(backend);
  sessions_queue *queue = make_queue();
  sessions_session *session = make_session(manager);
  struct call call = {0};
  char cookie[256];
  const char *text = "untouched";
  size_t length = 9;
  int64_t number = 9;
  int32_t flag = 9;
  put_counter(manager, cookie, sizeof cookie);
  gate_shut(&gate);
  CHECK_INT(sessions_session_load_async(session, cookie, strlen(cookie), queue, on_done, &call, NULL),
            SESSIONS_PENDING);
  gate_await(&gate, 1);
  CHECK_FAILS(sessions_session_load(session, "", 0, &failure), SESSIONS_E_MISUSE, "under way");
  CHECK_FAILS(sessions_session_load_value(session, "", 0, &failure), SESSIONS_E_MISUSE, "under way");
  CHECK_FAILS(sessions_session_load_async(session, "", 0, queue, on_done, &call, &failure), SESSIONS_E_MISUSE,
              "under way");
  CHECK_FAILS(sessions_session_commit(session, &failure), SESSIONS_E_MISUSE, "under way");
  CHECK_FAILS(sessions_session_commit_async(session, queue, on_done, &call, &failure), SESSIONS_E_MISUSE, "under way");
  CHECK_FAILS(sessions_session_regenerate(session, &failure), SESSIONS_E_MISUSE, "under way");
  CHECK_FAILS(sessions_session_destroy(session, &failure), SESSIONS_E_MISUSE, "under way");
  CHECK_FAILS(sessions_session_set_timeout_ms(session, 1, &failure), SESSIONS_E_MISUSE, "under way");
  CHECK_FAILS(sessions_session_set_commit_mode(session, SESSIONS_COMMIT_STRICT, &failure), SESSIONS_E_MISUSE,
              "under way");
  CHECK_FAILS(sessions_session_set_json(session, "k", 1, "1", 1, &failure), SESSIONS_E_MISUSE, "under way");
  CHECK_FAILS(sessions_session_from_json(session, "{}", 2, &failure), SESSIONS_E_MISUSE, "under way");
  CHECK_STATUS(sessions_session_get_int64(session, "n", 1, &number), SESSIONS_E_MISUSE);
  CHECK_STATUS(sessions_session_set_int64(session, "n", 1, 1), SESSIONS_E_MISUSE);
  CHECK_STATUS(sessions_session_get_string(session, "n", 1, &text, &length), SESSIONS_E_MISUSE);
  CHECK_STATUS(sessions_session_contains(session, "n", 1, &flag), SESSIONS_E_MISUSE);
  CHECK_STATUS(sessions_session_key_at(session, 0, &text, &length), SESSIONS_E_MISUSE);
  CHECK_STATUS(sessions_session_to_json(session, &text, &length), SESSIONS_E_MISUSE);
  CHECK_STATUS(sessions_session_remove(session, "n", 1), SESSIONS_E_MISUSE);
  CHECK_STATUS(sessions_session_require_unchanged(session, "n", 1), SESSIONS_E_MISUSE);
  CHECK_STATUS(sessions_session_clear(session), SESSIONS_E_MISUSE);
  CHECK_STATUS(sessions_session_cookie_line(session, 0, &text, &length), SESSIONS_E_MISUSE);
  CHECK_STATUS(sessions_session_contested_key(session, 0, &text, &length), SESSIONS_E_MISUSE);
  CHECK_TEXT(text, length, "untouched");
  CHECK(number == 9 && flag == 9);
  CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_NEW);
  CHECK_INT(sessions_session_count(session), 0);
  CHECK_INT(sessions_session_cookie_count(session), 0);
  CHECK_INT(sessions_session_contested_count(session), 0);
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_UNCHANGED);
  CHECK_INT(sessions_session_degraded(session), 0);
  CHECK_INT(sessions_session_varies_by_cookie(session), 0);
  CHECK_INT(sessions_session_must_not_be_cached(session), 0);
  CHECK_INT(call.count, 0);
  gate_open(&gate);
  dispatch_until(queue, 1);
  CHECK_INT(call.status, SESSIONS_OK);
  CHECK_STATUS(sessions_session_get_int64(session, "n", 1, &number), SESSIONS_OK);
  CHECK_INT(number, 1);
  sessions_session_free(session);
  sessions_manager_free(manager);
  sessions_backend_free(backend);
  sessions_queue_free(queue);
  gate_end(&gate);
}

/* Many at once: the increments of all of them add up. */
static void test_many(int mode) {
  struct gate gate;
  sessions_backend *backend = gate_begin(&gate, mode);
  sessions_manager *manager = make_manager(backend);
  sessions_queue *queue = make_queue();
  sessions_session *sessions[SESSIONS];
  struct call calls[SESSIONS];
  char cookie[256];
  int64_t n = 0;
  size_t pending = 0;
  size_t i;
  memset(calls, 0, sizeof calls);
  put_counter(manager, cookie, sizeof cookie);
  for (i = 0; i < SESSIONS; i++) {
    sessions[i] = make_session(manager);
    pending += sessions_session_load_async(sessions[i], cookie, strlen(cookie), queue, on_done, &calls[i], NULL) ==
               SESSIONS_PENDING;
  }
  dispatch_until(queue, pending);
  pending = 0;
  for (i = 0; i < SESSIONS; i++) {
    CHECK_STATUS(sessions_session_increment(sessions[i], "n", 1, 1, NULL), SESSIONS_OK);
    pending += sessions_session_commit_async(sessions[i], queue, on_done, &calls[i], NULL) == SESSIONS_PENDING;
  }
  dispatch_until(queue, pending);
  for (i = 0; i < SESSIONS; i++) {
    CHECK_INT(calls[i].status, SESSIONS_OK);
    sessions_session_free(sessions[i]);
  }
  sessions[0] = NULL;
  CHECK_OK(sessions_manager_load(manager, cookie, strlen(cookie), &sessions[0], &failure));
  CHECK_STATUS(sessions_session_get_int64(sessions[0], "n", 1, &n), SESSIONS_OK);
  CHECK_INT(n, SESSIONS + 1);
  sessions_session_free(sessions[0]);
  sessions_queue_free(queue);
  sessions_manager_free(manager);
  sessions_backend_free(backend);
  gate_end(&gate);
}

/* A session that is freed while its call is under way, at once or after everything else. */
static void test_session_freed(int mode, int last) {
  struct gate gate;
  sessions_backend *backend = gate_begin(&gate, mode);
  sessions_manager *manager = make_manager(backend);
  sessions_queue *queue = make_queue();
  sessions_session *session = make_session(manager);
  struct call call = {0};
  gate_shut(&gate);
  CHECK_STATUS(sessions_session_set_int64(session, "n", 1, 1), SESSIONS_OK);
  CHECK_INT(sessions_session_commit_async(session, queue, on_done, &call, NULL), SESSIONS_PENDING);
  gate_await(&gate, 1);
  sessions_manager_free(manager);
  sessions_backend_free(backend);
  if (last) {
    gate_open(&gate);
    dispatch_until(queue, 1);
    CHECK_INT(call.status, SESSIONS_OK);
    sessions_queue_free(queue);
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_CREATED);
    sessions_session_free(session);
  } else {
    sessions_session_free(session);
    CHECK_INT(call.count, 0);
    gate_open(&gate);
    dispatch_until(queue, 1);
    CHECK_INT(call.status, SESSIONS_E_CANCELED);
    sessions_queue_free(queue);
  }
  CHECK_INT(call.count, 1);
  gate_await_destroyed(&gate);
  CHECK_INT(gate.blobs->count, 1); /* it was written all the same */
  gate_end(&gate);
}

/* A queue that is freed while calls are under way, or lie in it. */
static void test_queue_freed(int mode) {
  struct gate gate;
  sessions_backend *backend = gate_begin(&gate, mode);
  sessions_manager *manager = make_manager(backend);
  sessions_queue *queue = make_queue();
  sessions_session *sessions[3];
  struct call calls[3];
  char cookie[256];
  int64_t n = 0;
  size_t i;
  memset(calls, 0, sizeof calls);
  put_counter(manager, cookie, sizeof cookie);
  for (i = 0; i < 3; i++) {
    sessions[i] = make_session(manager);
  }
  CHECK_INT(sessions_session_load_async(sessions[0], cookie, strlen(cookie), queue, on_done, &calls[0], NULL),
            SESSIONS_PENDING);
  while (!is_readable(queue)) {
  }
  gate_shut(&gate);
  for (i = 1; i < 3; i++) {
    CHECK_INT(sessions_session_load_async(sessions[i], cookie, strlen(cookie), queue, on_done, &calls[i], NULL),
              SESSIONS_PENDING);
  }
  gate_await(&gate, 1);
  if (mode == BLOCKS) {
    gate_open(&gate); /* a callback that blocks is waited for */
  }
  sessions_session_free(sessions[2]);
  sessions_queue_free(queue);
  for (i = 0; i < 3; i++) {
    CHECK_INT(calls[i].count, 1);
  }
  CHECK_INT(calls[0].status, SESSIONS_OK);
  CHECK_INT(calls[1].status, mode == BLOCKS ? SESSIONS_OK : SESSIONS_E_CANCELED);
  CHECK_INT(calls[2].status, SESSIONS_E_CANCELED);
  gate_open(&gate);
  for (i = 0; i < 2; i++) { /* and may be used again */
    if (calls[i].status == SESSIONS_E_CANCELED) {
      CHECK_OK(sessions_session_load(sessions[i], cookie, strlen(cookie), &failure));
    }
    CHECK_STATUS(sessions_session_get_int64(sessions[i], "n", 1, &n), SESSIONS_OK);
    sessions_session_free(sessions[i]);
  }
  sessions_manager_free(manager);
  sessions_backend_free(backend);
  gate_end(&gate);
}

/* Callbacks may free what they are called from. */
static void test_freed_in_callback(void) {
  struct gate gate;
  sessions_backend *backend = gate_begin(&gate, ANSWERS);
  sessions_manager *manager = make_manager(backend);
  struct call calls[2];
  sessions_session *sessions[2];
  size_t i;
  memset(calls, 0, sizeof calls);
  calls[0].queue = make_queue();
  gate_shut(&gate);
  for (i = 0; i < 2; i++) {
    sessions[i] = make_session(manager);
    calls[i].session = sessions[i];
    CHECK_INT(sessions_session_load_async(sessions[i], "__Host-session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                          SESSIONS_NUL_TERMINATED, calls[0].queue, on_done, &calls[i], NULL),
              SESSIONS_PENDING);
  }
  gate_await(&gate, 2);
  gate_open(&gate);
  while (calls[0].count == 0) {
    CHECK_OK(sessions_queue_dispatch(calls[0].queue, NULL, &failure));
  }
  for (i = 0; i < 2; i++) {
    CHECK_INT(calls[i].count, 1);
  }
  sessions_manager_free(manager);
  sessions_backend_free(backend);
  gate_end(&gate);
}

/* A store that does not answer: the call ends by its deadline, and says what is known. */
static void test_late(void) {
  struct gate gate;
  sessions_backend *backend = gate_begin(&gate, HOLDS);
  sessions_manager *manager = make_manager(backend);
  sessions_queue *queue = make_queue();
  sessions_session *reader = make_session(manager);
  sessions_session *writer = make_session(manager);
  struct call calls[2];
  char cookie[256];
  memset(calls, 0, sizeof calls);
  put_counter(manager, cookie, sizeof cookie);
  gate_shut(&gate);
  CHECK_OK(sessions_session_set_timeout_ms(reader, 1, &failure));
  CHECK_OK(sessions_session_set_timeout_ms(writer, 1, &failure));
  CHECK_STATUS(sessions_session_set_null(writer, "k", 1), SESSIONS_OK);
  CHECK_INT(sessions_session_load_async(reader, cookie, strlen(cookie), queue, on_done, &calls[0], NULL),
            SESSIONS_PENDING);
  dispatch_until(queue, 1);
  CHECK_INT(calls[0].status, SESSIONS_E_TIMEOUT);
  gate_shut(&gate);
  do { /* under load its time can be over before it has begun, which then is known */
    CHECK_INT(sessions_session_commit_async(writer, queue, on_done, &calls[1], NULL), SESSIONS_PENDING);
    dispatch_until(queue, 1);
  } while (calls[1].status == SESSIONS_E_TIMEOUT);
  CHECK_INT(calls[1].status, SESSIONS_E_UNKNOWN);
  gate_open(&gate); /* its answers come too late for anybody */
  CHECK_OK(sessions_session_load(reader, cookie, strlen(cookie), &failure));
  CHECK_INT(sessions_session_origin(reader), SESSIONS_ORIGIN_RESTORED);
  sessions_session_free(reader);
  sessions_session_free(writer);
  sessions_queue_free(queue);
  sessions_manager_free(manager);
  sessions_backend_free(backend);
  gate_end(&gate);
}

int main(void) {
  int mode;
  test_bad_arguments();
  test_at_once();
  for (mode = ANSWERS; mode <= HOLDS; mode++) {
    test_nothing_to_ask(mode);
    test_life(mode);
    test_busy(mode);
    test_many(mode);
    test_session_freed(mode, 0);
    test_session_freed(mode, 1);
    test_queue_freed(mode);
  }
  test_freed_in_callback();
  test_late();
  return check_result();
}
