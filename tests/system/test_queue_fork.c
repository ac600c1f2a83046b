/* A queue, with a call under way in it, in the child of a fork. */
#define _POSIX_C_SOURCE 200809L
#include <support/gate.h>
#include <support/queue.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child of a fork has no part in its parent's queue, and makes one of its own. */
int main(void) {
  struct gate gate;
  sessions_backend *backend = gate_begin(&gate, HOLDS);
  sessions_manager *manager = make_manager(backend);
  sessions_queue *queue = make_queue();
  sessions_session *session = make_session(manager);
  sessions_session *idle = make_session(manager);
  struct call call = {0};
  char cookie[256];
  int status = 0;
  pid_t child;
  put_counter(manager, cookie, sizeof cookie);
  gate_shut(&gate);
  CHECK_INT(sessions_session_load_async(session, cookie, strlen(cookie), queue, on_done, &call, NULL),
            SESSIONS_PENDING);
  gate_await(&gate, 1);
  fflush(stdout);
  child = fork();
  REQUIRE(child != -1);
  if (child == 0) {
    struct call own = {0};
    gate.is_open = 1;
    CHECK_FAILS(sessions_queue_dispatch(queue, NULL, &failure), SESSIONS_E_MISUSE, "fork");
    CHECK_FAILS(sessions_session_load_async(idle, cookie, strlen(cookie), queue, on_done, &own, &failure),
                SESSIONS_E_MISUSE, "fork");
    sessions_session_free(session);
    sessions_queue_free(queue);
    queue = make_queue();
    CHECK_INT(
        AWAIT(queue, &own, sessions_session_load_async(idle, cookie, strlen(cookie), queue, on_done, &own, &failure)),
        SESSIONS_OK);
    CHECK_INT(sessions_session_origin(idle), SESSIONS_ORIGIN_RESTORED);
    sessions_queue_free(queue);
    CHECK_INT(call.count, 0);
    fflush(stdout);
    _exit(check_failures == 0 ? 0 : 1);
  }
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  gate_open(&gate);
  dispatch_until(queue, 1);
  CHECK_INT(call.status, SESSIONS_OK);
  sessions_session_free(session);
  sessions_session_free(idle);
  sessions_queue_free(queue);
  sessions_manager_free(manager);
  sessions_backend_free(backend);
  gate_end(&gate);
  return check_result();
}
