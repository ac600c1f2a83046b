/* A library that was built without SQLite says so. */
#include <sessions.h>
#include <string.h>

int main(void) {
  sessions_backend *backend = NULL;
  sessions_error *error = NULL;
  sessions_status status = sessions_backend_open("sqlite:/tmp/s.db", SESSIONS_NUL_TERMINATED, &backend, &error);
  int is_good = status == SESSIONS_E_UNSUPPORTED && backend == NULL &&
                strstr(sessions_error_message(error), "SESSIONS_WITH_SQLITE") != NULL;
  sessions_error_free(error);
  return is_good ? 0 : 1;
}
