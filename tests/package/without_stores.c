/* A library that was built without SQLite and without Redis says so. */
#include <sessions.h>
#include <string.h>

static int is_missing(const char *url, const char *option) {
  sessions_backend *backend = NULL;
  sessions_error *error = NULL;
  sessions_status status = sessions_backend_open(url, SESSIONS_NUL_TERMINATED, &backend, &error);
  int is_good =
      status == SESSIONS_E_UNSUPPORTED && backend == NULL && strstr(sessions_error_message(error), option) != NULL;
  sessions_error_free(error);
  return is_good;
}

int main(void) {
  int is_good = is_missing("sqlite:/tmp/s.db", "SESSIONS_WITH_SQLITE") &&
                is_missing("redis://127.0.0.1", "SESSIONS_WITH_REDIS") &&
                is_missing("rediss://127.0.0.1", "SESSIONS_WITH_REDIS") &&
                is_missing("redis+unix:///tmp/s", "SESSIONS_WITH_REDIS");
  return is_good ? 0 : 1;
}
