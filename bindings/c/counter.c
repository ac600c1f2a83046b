/* Counts visits: prints the response headers and body for the Cookie header in $HTTP_COOKIE, as a CGI program does. */
#include <sessions.h>
#include <stdio.h>
#include <stdlib.h>

static void check(sessions_status status, sessions_error **error) {
  if (status != SESSIONS_OK) {
    fprintf(stderr, "%s\n", error ? sessions_error_message(*error) : sessions_status_message(status));
    exit(1);
  }
}

int main(void) {
  const char *secret = getenv("SESSIONS_SECRET"), *cookie = getenv("HTTP_COOKIE"), *line;
  sessions_backend *backend;
  sessions_config *config;
  sessions_manager *manager;
  sessions_session *session;
  sessions_error *error = NULL;
  int64_t visits = 0;
  size_t length;

  check(sessions_backend_open("signed-cookie:", SESSIONS_NUL_TERMINATED, &backend, &error), &error);
  check(sessions_config_new(&config), NULL);
  check(sessions_config_add_key(config, secret, SESSIONS_NUL_TERMINATED, &error), &error);
  check(sessions_manager_new(backend, config, &manager, &error), &error);

  /* For each request: */
  check(sessions_manager_load(manager, cookie, cookie ? SESSIONS_NUL_TERMINATED : 0, &session, &error), &error);
  check(sessions_session_increment(session, "visits", SESSIONS_NUL_TERMINATED, 1, &visits), NULL);
  check(sessions_session_commit(session, &error), &error);
  for (size_t i = 0; i < sessions_session_cookie_count(session); i++) {
    check(sessions_session_cookie_line(session, i, &line, &length), NULL);
    printf("Set-Cookie: %s\n", line);
  }
  printf("Cache-Control: private, no-store\n\nvisit %lld\n", (long long)visits);
  sessions_session_free(session);

  sessions_manager_free(manager);
  sessions_config_free(config);
  sessions_backend_free(backend);
  return 0;
}
