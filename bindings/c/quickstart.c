/* A web server that counts visits: the quick start of libsessions, on libmicrohttpd. The argument is a backend's URL,
 * memory: by default. $PORT is the port on 127.0.0.1, 8080 by default; 0 picks a free one. $SESSIONS_SECRET signs. */
#define _GNU_SOURCE /* asprintf, strcasecmp */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <sessions.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { max_header_bytes = 32 * 1024 };

/* Makes an answer of JSON text between two pieces of text; NULL when out of memory. */
static struct MHD_Response *make_answer(const char *before, const char *json, const char *after) {
  char *text;
  int size = asprintf(&text, "%s%s%s", before, json, after);
  return size < 0 ? NULL : MHD_create_response_from_buffer((size_t)size, text, MHD_RESPMEM_MUST_FREE);
}

/* The counter as the session has it now. */
static sessions_status answer_counter(const sessions_session *session, struct MHD_Response **answer) {
  const char *json = "null";
  size_t length;
  sessions_status status = sessions_session_get_json(session, "counter", SESSIONS_NUL_TERMINATED, &json, &length);
  if (status != SESSIONS_OK && status != SESSIONS_E_NOT_FOUND) return status;
  *answer = make_answer("{\"counter\":", json, "}");
  return *answer ? SESSIONS_OK : SESSIONS_E_NOMEM;
}

/* The seed's five routes, /login, and /hit, answered after its commit: then the session shows parallel hits too. */
static sessions_status run_route(const char *url, sessions_session *session, struct MHD_Response **answer) {
  int set = strcmp(url, "/set") == 0, hit = strcmp(url, "/hit") == 0, clear = strcmp(url, "/clear") == 0;
  const char *json = "{\"hello\":\"world\"}";
  size_t length;
  sessions_status status = strcmp(url, "/") == 0 || hit ? SESSIONS_OK : SESSIONS_E_NOT_FOUND;
  if (strcmp(url, "/read") == 0) status = sessions_session_to_json(session, &json, &length);
  if (status == SESSIONS_OK && !hit && !(*answer = make_answer("", json, ""))) return SESSIONS_E_NOMEM;
  if (set || clear || strcmp(url, "/unsafe") == 0 || strcmp(url, "/login") == 0)
    status = answer_counter(session, answer);
  if (status == SESSIONS_OK && clear) status = sessions_session_clear(session);
  if (status == SESSIONS_OK && (set || hit))
    status = sessions_session_increment(session, "counter", SESSIONS_NUL_TERMINATED, 1, NULL);
  return status;
}

/* A request may have several Cookie headers; the library takes them joined. */
static enum MHD_Result join_cookies(void *cookies, enum MHD_ValueKind kind, const char *name, const char *value) {
  size_t length = strlen(cookies);
  (void)kind;
  if (strcasecmp(name, "Cookie") == 0)
    snprintf((char *)cookies + length, max_header_bytes - length, "%s%s", length > 0 ? "; " : "", value);
  return MHD_YES;
}

/* Sends the answer with all its headers, or nothing. */
static enum MHD_Result send_answer(struct MHD_Connection *connection, unsigned int code, struct MHD_Response *answer,
                                   const sessions_session *session) {
  const char *line;
  size_t length;
  int bad = !MHD_add_response_header(answer, "Content-Type", "application/json");
  if (sessions_session_varies_by_cookie(session)) bad |= !MHD_add_response_header(answer, "Vary", "Cookie");
  if (sessions_session_must_not_be_cached(session))
    bad |= !MHD_add_response_header(answer, "Cache-Control", "private, no-store");
  for (size_t i = 0; i < sessions_session_cookie_count(session); i++)
    bad |= sessions_session_cookie_line(session, i, &line, &length) != SESSIONS_OK ||
           !MHD_add_response_header(answer, "Set-Cookie", line);
  return bad ? MHD_NO : MHD_queue_response(connection, code, answer);
}

/* Called for every request, by several threads at once. */
static enum MHD_Result handle(void *manager, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **request) {
  char cookies[max_header_bytes] = "";
  sessions_session *session = NULL;
  sessions_error *error = NULL;
  struct MHD_Response *answer = NULL;
  (void)method, (void)version, (void)upload;
  if (!*request || *upload_size > 0) { /* the first call, or a piece of a body: more calls follow */
    *request = manager, *upload_size = 0;
    return MHD_YES;
  }
  MHD_get_connection_values(connection, MHD_HEADER_KIND, join_cookies, cookies);
  sessions_status status = sessions_manager_load(manager, cookies, SESSIONS_NUL_TERMINATED, &session, &error);
  if (status == SESSIONS_OK) status = run_route(url, session, &answer);
  if (status == SESSIONS_OK) /* who logs in gets a new id: nobody else can know it */
    status = (strcmp(url, "/login") == 0 ? sessions_session_regenerate : sessions_session_commit)(session, &error);
  if (status == SESSIONS_OK && !answer) status = answer_counter(session, &answer);
  unsigned int code = status == SESSIONS_OK ? 200 : status == SESSIONS_E_NOT_FOUND ? 404 : 500;
  /* A store that could not be asked is no logout: 503 tells that the same request may succeed later. */
  if (sessions_status_category(status) == SESSIONS_CATEGORY_ENVIRONMENT) code = 503;
  if (code >= 500) fprintf(stderr, "%s\n", error ? sessions_error_message(error) : sessions_status_message(status));
  if (code != 200) {
    MHD_destroy_response(answer);
    answer = make_answer("{\"error\":\"", sessions_status_name(status), "\"}");
  }
  enum MHD_Result result = answer ? send_answer(connection, code, answer, session) : MHD_NO;
  MHD_destroy_response(answer);
  sessions_session_free(session), sessions_error_free(error);
  return result;
}

static void check(sessions_status status, sessions_error **error) {
  if (status == SESSIONS_OK) return;
  fprintf(stderr, "quickstart: %s\n", error ? sessions_error_message(*error) : sessions_status_message(status));
  exit(1);
}

int main(int argc, char **argv) {
  const char *url = argc > 1 ? argv[1] : "memory:", *port = getenv("PORT"), *secret = getenv("SESSIONS_SECRET");
  sessions_backend *backend;
  sessions_config *config;
  sessions_manager *manager;
  sessions_error *error = NULL;
  sigset_t stop_signals;
  char random_secret[32], *end;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  unsigned long port_number = strtoul(port && *port ? port : "8080", &end, 10);
  if (*end || port_number > 65535) return fputs("quickstart: PORT is a number from 0 to 65535\n", stderr), 1;
  address.sin_port = htons((uint16_t)port_number);

  check(sessions_backend_open(url, SESSIONS_NUL_TERMINATED, &backend, &error), &error);
  check(sessions_config_new(&config), NULL);
  check(sessions_config_set_plain_http(config, &error), &error); /* leave this out where you serve HTTPS */
  if (!secret || !*secret) {
    if (getentropy(random_secret, sizeof random_secret) != 0) return perror("quickstart: getentropy"), 1;
    check(sessions_config_add_key(config, random_secret, sizeof random_secret, &error), &error);
    puts("SESSIONS_SECRET is not set: signing with a random secret, which ends with this process");
  } else {
    check(sessions_config_add_key(config, secret, SESSIONS_NUL_TERMINATED, &error), &error);
  }
  check(sessions_manager_new(backend, config, &manager, &error), &error);

  /* Blocked before the server's threads start, which inherit it: the signals wait for sigwait(). */
  sigemptyset(&stop_signals), sigaddset(&stop_signals, SIGINT), sigaddset(&stop_signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop_signals, NULL);
  struct MHD_Daemon *daemon = MHD_start_daemon(
      MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL, handle, manager, MHD_OPTION_SOCK_ADDR, &address,
      MHD_OPTION_THREAD_POOL_SIZE, 4U, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)max_header_bytes, MHD_OPTION_END);
  if (!daemon) return fputs("quickstart: the server did not start\n", stderr), 1;
  printf("serving on http://127.0.0.1:%d\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
  fflush(stdout);
  sigwait(&stop_signals, &(int){0});

  MHD_stop_daemon(daemon);
  sessions_manager_free(manager), sessions_config_free(config), sessions_backend_free(backend);
  return 0;
}
