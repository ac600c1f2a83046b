/* Calls that go through a queue, for programs in C. */
#ifndef QUEUE_H
#define QUEUE_H

#include <poll.h>
#include <support/check.h>

struct call {
  int count;
  sessions_status status;
  sessions_queue *queue;     /* to be freed by the callback */
  sessions_session *session; /* likewise */
};

static inline void on_done(void *user_data, sessions_status status, const sessions_error *error) {
  struct call *call = user_data;
  call->count++;
  call->status = status;
  CHECK((error == NULL) == (status == SESSIONS_OK));
  CHECK_INT(sessions_error_status(error), status);
  if (error != NULL) {
    check_message(sessions_error_message(error), __FILE__, __LINE__);
  }
  sessions_session_free(call->session);
  sessions_queue_free(call->queue);
}

/* Dispatches, as a loop does, until so many have called back. */
static inline void dispatch_until(sessions_queue *queue, size_t count) {
  size_t dispatched = 0;
  while (count > 0) {
    struct pollfd readable = {sessions_queue_descriptor(queue), POLLIN, 0};
    REQUIRE(poll(&readable, 1, 60000) == 1);
    CHECK_OK(sessions_queue_dispatch(queue, &dispatched, &failure));
    CHECK(dispatched <= count);
    count -= dispatched;
  }
}

static inline int is_readable(const sessions_queue *queue) {
  struct pollfd readable = {sessions_queue_descriptor(queue), POLLIN, 0};
  return poll(&readable, 1, 0);
}

static inline sessions_queue *make_queue(void) {
  sessions_queue *queue = NULL;
  CHECK_OK(sessions_queue_new(&queue, &failure));
  REQUIRE(queue != NULL);
  CHECK(sessions_queue_descriptor(queue) >= 0);
  CHECK(!is_readable(queue));
  return queue;
}

static inline sessions_manager *make_manager(sessions_backend *backend) {
  sessions_config *config = NULL;
  sessions_manager *manager = NULL;
  REQUIRE(sessions_config_new(&config) == SESSIONS_OK);
  CHECK_OK(sessions_config_set_timeout_ms(config, 60000, &failure));
  CHECK_OK(sessions_manager_new(backend, config, &manager, &failure));
  sessions_config_free(config);
  return manager;
}

static inline sessions_session *make_session(const sessions_manager *manager) {
  sessions_session *session = NULL;
  CHECK_OK(sessions_session_new(manager, &session, &failure));
  REQUIRE(session != NULL);
  return session;
}

/* The result of a call, which may have gone through the queue. */
static inline sessions_status finish(sessions_queue *queue, sessions_status begun, struct call *call) {
  if (begun != SESSIONS_PENDING) {
    CHECK_INT(call->count, 0);
    return begun;
  }
  dispatch_until(queue, 1);
  CHECK_INT(call->count, 1);
  call->count = 0;
  return call->status;
}

#define AWAIT(queue, call, begun) finish(queue, (check_arm(), begun), call)

/* A session with a counter in the store, and the Cookie header that names it. */
static inline void put_counter(sessions_manager *manager, char *cookie, size_t size) {
  sessions_session *session = make_session(manager);
  const char *line = NULL;
  size_t length = 0;
  CHECK_STATUS(sessions_session_set_int64(session, "n", 1, 1), SESSIONS_OK);
  CHECK_OK(sessions_session_commit(session, &failure));
  REQUIRE(sessions_session_cookie_line(session, 0, &line, &length) == SESSIONS_OK);
  snprintf(cookie, size, "%.*s", (int)strcspn(line, ";"), line);
  sessions_session_free(session);
}

#endif
