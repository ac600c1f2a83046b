/* Each allocation fails once, alone and with all that follow it, while a session on a Redis server is opened, changed,
 * moved and ended, and while nobody listens where one is opened. Whatever a call says is true: what it reports as not
 * done is not on the server, and the next attempt works. The URL is the argument. */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <netinet/in.h>
#include <support/world.h>
#include <sys/socket.h>
#include <torture/allocator.h>
#include <unistd.h>

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

/* Without memory a connection may be lost, and with it what is known of a change. */
static int is_honest(sessions_status status) {
  return status == SESSIONS_E_NOMEM || status == SESSIONS_E_UNAVAILABLE || status == SESSIONS_E_UNKNOWN;
}

static int fail_step(int which, long index, int on_and_on) {
  char *cookie = world_store(manager, "{\"n\":0}");
  sessions_session *session = world_load(manager, cookie);
  int64_t done = which == INCREMENT ? 1 : -1;
  int64_t n;
  sessions_status status;
  int has_failed;
  allocator_watch(index, on_and_on);
  status = step(session, which);
  allocator_unwatch();
  has_failed = allocator_has_failed();
  CHECK(status == SESSIONS_OK || (has_failed && is_honest(status)));
  n = stored_n(cookie);
  CHECK(n == (status == SESSIONS_OK ? done : 0) || (status == SESSIONS_E_UNKNOWN && n == done));
  if (which == END && status != SESSIONS_OK) {
    CHECK_STATUS(step(session, which), SESSIONS_OK);
    CHECK_INT(stored_n(cookie), -1);
  }
  sessions_session_free(session);
  free(cookie);
  points++;
  return has_failed;
}

/* After a reply of another size the connection's buffers are as that has left them. */
static int fail_load(const char *before, const char *cookie, long index, int on_and_on) {
  sessions_session *session = NULL;
  sessions_status status;
  int has_failed;
  sessions_session_free(world_load(manager, before));
  allocator_watch(index, on_and_on);
  status = sessions_manager_load(manager, cookie, strlen(cookie), &session, NULL);
  allocator_unwatch();
  has_failed = allocator_has_failed();
  CHECK(status == SESSIONS_OK || (has_failed && is_honest(status)));
  CHECK(status != SESSIONS_OK || sessions_session_origin(session) == SESSIONS_ORIGIN_RESTORED);
  sessions_session_free(session);
  points++;
  return has_failed;
}

static int fail_open(const char *url, sessions_status usual, long index, int on_and_on) {
  sessions_backend *backend = NULL;
  sessions_status status;
  int has_failed;
  allocator_watch(index, on_and_on);
  status = sessions_backend_open(url, SESSIONS_NUL_TERMINATED, &backend, NULL);
  allocator_unwatch();
  has_failed = allocator_has_failed();
  /* OpenSSL that offers no digest does not say that it is for lack of memory. */
  CHECK(status == usual || (has_failed && (is_honest(status) || status == SESSIONS_E_INTERNAL)));
  CHECK((backend != NULL) == (status == SESSIONS_OK));
  sessions_backend_free(backend);
  points++;
  return has_failed;
}

static char *store_large(void) {
  enum { SIZE = 50000 };
  char *json = malloc(SIZE + sizeof "{\"s\":\"\"}");
  char *cookie;
  char *end;
  REQUIRE(json != NULL);
  end = json + sprintf(json, "{\"s\":\"");
  memset(end, 'x', SIZE);
  strcpy(end + SIZE, "\"}");
  cookie = world_store(manager, json);
  free(json);
  return cookie;
}

/* A codec that needs memory. */
static sessions_status invert(void *user_data, const void *data, size_t len, sessions_bytes *out) {
  const char *bytes = data;
  char *inverted = malloc(len);
  sessions_status status = inverted == NULL ? SESSIONS_E_NOMEM : SESSIONS_OK;
  size_t i;
  (void)user_data;
  for (i = 0; inverted != NULL && i < len; i++) {
    inverted[i] = (char)~bytes[i];
  }
  if (status == SESSIONS_OK) {
    status = sessions_bytes_append(out, inverted, len);
  }
  free(inverted);
  return status;
}

static void fail_sessions(int on_and_on) {
  char *cookie = world_store(manager, "{\"n\":0}");
  char *large = store_large();
  int which;
  long index;
  for (index = 0; fail_load(cookie, cookie, index, on_and_on); index++) {
  }
  for (index = 0; fail_load(large, cookie, index, on_and_on); index++) {
  }
  for (index = 0; fail_load(cookie, large, index, on_and_on); index++) {
  }
  for (which = 0; which < STEPS; which++) {
    for (index = 0; fail_step(which, index, on_and_on); index++) {
    }
  }
  free(large);
  free(cookie);
}

/* Takes a port, and does not listen there. */
static int desert_port(char *deserted, size_t size) {
  int taken = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(bind(taken, (struct sockaddr *)&address, sizeof address) == 0);
  REQUIRE(getsockname(taken, (struct sockaddr *)&address, &length) == 0);
  snprintf(deserted, size, "redis://127.0.0.1:%d", (int)ntohs(address.sin_port));
  return taken;
}

static sessions_manager *open_manager(const char *url, int is_coded) {
  static const sessions_codec codec = {sizeof codec, invert, invert};
  sessions_config *config = NULL;
  REQUIRE(sessions_config_new(&config) == SESSIONS_OK);
  if (is_coded) {
    CHECK_OK(sessions_config_set_codec(config, &codec, NULL, NULL, &failure));
  }
  return world_manager_from(url, config);
}

int main(int argc, char **argv) {
  char deserted[64];
  int taken = desert_port(deserted, sizeof deserted);
  int on_and_on;
  int is_coded;
  long index;
  REQUIRE(argc == 2);
  /* What OpenSSL sets up once and has no memory for is missing for ever. */
  sessions_manager_free(open_manager(argv[1], 0));
  for (on_and_on = 0; on_and_on <= 1; on_and_on++) {
    for (index = 0; fail_open(argv[1], SESSIONS_OK, index, on_and_on); index++) {
    }
    for (index = 0; fail_open(deserted, SESSIONS_E_UNAVAILABLE, index, on_and_on); index++) {
    }
    for (is_coded = 0; is_coded <= 1; is_coded++) {
      manager = open_manager(argv[1], is_coded);
      fail_sessions(on_and_on);
      sessions_manager_free(manager);
    }
  }
  close(taken);
  printf("%ld points\n", points);
  return check_result();
}
