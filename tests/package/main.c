/* The main job in a few lines, as a program of somebody who uses the installed library. */
#include <sessions.h>
#include <stdio.h>

int main(void) {
  sessions_backend *backend = NULL;
  sessions_config *config = NULL;
  sessions_manager *manager = NULL;
  sessions_session *session = NULL;
  const char *line = "";
  size_t line_len = 0;

  if (sessions_backend_open("memory:", SESSIONS_NUL_TERMINATED, &backend, NULL) != SESSIONS_OK ||
      sessions_config_new(&config) != SESSIONS_OK || sessions_config_set_plain_http(config, NULL) != SESSIONS_OK ||
      sessions_manager_new(backend, config, &manager, NULL) != SESSIONS_OK ||
      sessions_manager_load(manager, NULL, 0, &session, NULL) != SESSIONS_OK ||
      sessions_session_set_int64(session, "counter", SESSIONS_NUL_TERMINATED, 1) != SESSIONS_OK ||
      sessions_session_commit(session, NULL) != SESSIONS_OK ||
      sessions_session_cookie_line(session, 0, &line, &line_len) != SESSIONS_OK) {
    return 1;
  }
  printf("Set-Cookie: %s\n", line);
  sessions_session_free(session);
  sessions_manager_free(manager);
  sessions_config_free(config);
  sessions_backend_free(backend);
  return 0;
}
