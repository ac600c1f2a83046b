/* Reads one Cookie header, for test_linear_time.py to count instructions: read_header KIND PAIRS. */
#include <sessions.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
  static const char *const kinds[][2] = {
      {"semicolons", ";"}, {"tiny", "a=b; "}, {"candidates", "session=e30; "}, {"spaces", " "}, {"equals", "="}};
  sessions_backend *backend = NULL;
  sessions_config *config = NULL;
  sessions_manager *manager = NULL;
  sessions_session *session = NULL;
  const char *pair = NULL;
  size_t i, length, pairs = argc == 3 ? (size_t)atol(argv[2]) : 0;
  char *header;
  for (i = 0; argc == 3 && i < sizeof kinds / sizeof *kinds; i++)
    if (strcmp(kinds[i][0], argv[1]) == 0) pair = kinds[i][1];
  if (pair == NULL) return 2;
  length = pairs * strlen(pair);
  header = malloc(length + 1);
  if (header == NULL) return 3;
  for (i = 0; i < pairs; i++) strcpy(header + i * strlen(pair), pair);
  if (sessions_backend_open("signed-cookie:", SESSIONS_NUL_TERMINATED, &backend, NULL) != SESSIONS_OK ||
      sessions_config_new(&config) != SESSIONS_OK || sessions_config_set_plain_http(config, NULL) != SESSIONS_OK ||
      sessions_config_add_key(config, "a key of this test, long enough", SESSIONS_NUL_TERMINATED, NULL) !=
          SESSIONS_OK ||
      sessions_manager_new(backend, config, &manager, NULL) != SESSIONS_OK ||
      sessions_manager_load(manager, header, length, &session, NULL) != SESSIONS_OK)
    return 4;
  sessions_session_free(session);
  sessions_manager_free(manager);
  sessions_config_free(config);
  sessions_backend_free(backend);
  free(header);
  return 0;
}
