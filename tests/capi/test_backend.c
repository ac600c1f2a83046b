/* Backends: which URLs open, which are refused, and what the refusal says. */
#include <support/world.h>

static sessions_backend *const nobody = (sessions_backend *)(void *)check_secrets;

static void check_opens(const char *url, size_t length) {
  sessions_backend *backend = NULL;
  CHECK_OK(sessions_backend_open(url, length, &backend, &failure));
  CHECK(backend != NULL);
  sessions_backend_free(backend);
}

static void check_refused(const char *url, size_t length, sessions_status status, const char *word) {
  sessions_backend *backend = nobody;
  CHECK_FAILS(sessions_backend_open(url, length, &backend, &failure), status, word);
  CHECK(backend == NULL);
  if (backend != NULL) {
    printf("    url: %s\n", url == NULL ? "(NULL)" : url);
  }
  CHECK_STATUS(sessions_backend_open(url, length, &backend, NULL), status);
}

static void test_urls_that_open(void) {
  static const char *const urls[] = {"memory:",
                                     "cookie:",
                                     "signed-cookie:",
                                     "memory:?max_sessions=1",
                                     "memory:?max_sessions=1000000000",
                                     "memory:?max_bytes=65536",
                                     "memory:?max_bytes=1125899906842624",
                                     "memory:?max_sessions=1000000&max_bytes=268435456",
                                     "memory:?max_bytes=268435456&max_sessions=1000000"};
  size_t i;
  for (i = 0; i < sizeof urls / sizeof *urls; i++) {
    check_opens(urls[i], strlen(urls[i]));
    check_opens(urls[i], SESSIONS_NUL_TERMINATED);
  }
  check_opens("memory:and what follows is not ours", 7);
}

static void test_urls_without_a_scheme(void) {
  static const char *const urls[] = {
      "", ":", "memory", "?", "//", "me mory:", "memory\n:", "\xff:", "?max_bytes=65536"};
  size_t i;
  for (i = 0; i < sizeof urls / sizeof *urls; i++) {
    check_refused(urls[i], strlen(urls[i]), SESSIONS_E_INVALID, "scheme");
  }
  check_refused(NULL, 0, SESSIONS_E_INVALID, NULL);
  check_refused("mem\0ory:", 8, SESSIONS_E_INVALID, "scheme");
}

static void test_schemes_of_no_backend(void) {
  check_refused("memcached://127.0.0.1", SESSIONS_NUL_TERMINATED, SESSIONS_E_UNSUPPORTED, "memcached");
  check_refused("memoryx:", SESSIONS_NUL_TERMINATED, SESSIONS_E_UNSUPPORTED, "memoryx");
  check_refused("http://host/", SESSIONS_NUL_TERMINATED, SESSIONS_E_UNSUPPORTED, "http");
}

/* Port 1 of this machine: nobody listens there. */
static void test_servers_that_are_not_there(void) {
  check_refused("redis://127.0.0.1:1", SESSIONS_NUL_TERMINATED, SESSIONS_E_UNAVAILABLE, "Redis");
  check_refused("redis://[::1]:1/3?connections=4", SESSIONS_NUL_TERMINATED, SESSIONS_E_UNAVAILABLE, "Redis");
  check_refused("rediss://127.0.0.1:1", SESSIONS_NUL_TERMINATED, SESSIONS_E_UNAVAILABLE, "Redis");
  check_refused("redis+unix:///no/such/socket", SESSIONS_NUL_TERMINATED, SESSIONS_E_UNAVAILABLE, "Redis");
  check_refused("rediss://127.0.0.1:1?ca_file=/no/such/file", SESSIONS_NUL_TERMINATED, SESSIONS_E_INVALID, "ca file");
}

static void test_parameters(void) {
  static const struct {
    const char *url;
    const char *word;
  } cases[] = {
      {"memory:?max_sessions=0", "max_sessions"},
      {"memory:?max_sessions=-1", "max_sessions"},
      {"memory:?max_sessions=1000000001", "max_sessions"},
      {"memory:?max_sessions=99999999999999999999999", "max_sessions"},
      {"memory:?max_sessions=", "max_sessions"},
      {"memory:?max_sessions", "max_sessions"},
      {"memory:?max_sessions=1x", "max_sessions"},
      {"memory:?max_sessions= 1", "max_sessions"},
      {"memory:?max_sessions=+1", "max_sessions"},
      {"memory:?max_sessions=0x10", "max_sessions"},
      {"memory:?max_sessions=1.0", "max_sessions"},
      {"memory:?max_bytes=65535", "max_bytes"},
      {"memory:?max_bytes=1125899906842625", "max_bytes"},
      {"memory:?max_sessions=1&max_sessions=1", "max_sessions"},
      {"memory:?max_bytes=65536&max_bytes=65536", "max_bytes"},
      {"memory:?colour=red", "colour"},
      {"memory:?max_sessions=10&colour=red", "colour"},
      {"memory:?MAX_SESSIONS=10", "MAX_SESSIONS"},
      {"memory:?", NULL},
      {"cookie:?", NULL},
      {"memory:?max_sessions=10&", NULL},
      {"memory:?=10", NULL},
      {"memory:?&", NULL},
      {"memory:?max_sessions=10&&", NULL},
      {"cookie:?colour=red", "colour"},
      {"signed-cookie:?max_sessions=10", "max_sessions"},
      {"signed-cookie:?key=abc", "key"},
      {"redis:", "//"},
      {"redis://", "host"},
      {"redis://127.0.0.1:", "port"},
      {"redis://127.0.0.1:65536", "port"},
      {"redis://127.0.0.1/x", "database"},
      {"redis://127.0.0.1?connections=0", "connections"},
      {"redis://127.0.0.1?ca_file=/x", "ca_file"},
      {"redis://127.0.0.1?password_file=/no/such/file", "password_file"},
      {"rediss://127.0.0.1?key_file=/x", "certificate_file"},
      {"redis+unix://x", "socket"},
  };
  size_t i;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    check_refused(cases[i].url, strlen(cases[i].url), SESSIONS_E_INVALID, cases[i].word);
  }
  check_refused("memory:?max_sessions=1\0000", 23, SESSIONS_E_INVALID, "max_sessions");
}

/* Also where a mistake moves them to a place in which they do not belong. */
static void test_credentials_stay_out_of_messages(void) {
  static const char *const urls[] = {"redis://user:hunter2@127.0.0.1:1/0",
                                     "rediss://:hunter2@127.0.0.1:1",
                                     "redis+unix://hunter2:hunter2@/no/such/socket",
                                     "redis://user:hunter2@127.0.0.1/0?colour=red",
                                     "memory://user:hunter2@host",
                                     "memory://user:hunter2@host?colour=red",
                                     "redis://user:p?hunter2&x=1@127.0.0.1/0",
                                     "redis://user:p?x=1&hunter2@127.0.0.1/0",
                                     "memory:hunter2",
                                     "cookie:hunter2",
                                     "signed-cookie://hunter2@?key",
                                     "signed-cookie:?key=hunter2",
                                     "signed-cookie:?hunter2@=1",
                                     "memory:?max_sessions=hunter2",
                                     "//user:hunter2@host",
                                     "//hunter2@memory:"};
  size_t i;
  check_keep_secret("hunter2");
  for (i = 0; i < sizeof urls / sizeof *urls; i++) {
    sessions_backend *backend = NULL;
    sessions_status status;
    check_arm();
    status = sessions_backend_open(urls[i], strlen(urls[i]), &backend, &failure);
    CHECK(status == SESSIONS_E_INVALID || status == SESSIONS_E_UNSUPPORTED || status == SESSIONS_E_UNAVAILABLE);
    REQUIRE(failure != NULL);
    check_message(sessions_error_message(failure), __FILE__, __LINE__);
    sessions_error_free(failure);
  }
}

/* What a server makes of them is tested with a server. */
static void test_credentials_of_a_config(void) {
  const char *url = "redis://127.0.0.1:1";
  char enormous[4098];
  sessions_backend *backend = nobody;
  sessions_config *config = NULL;
  memset(enormous, 'a', sizeof enormous);
  CHECK_OK(sessions_config_new(&config));
  CHECK_FAILS(sessions_config_set_store_credentials(NULL, "u", 1, "p", 1, &failure), SESSIONS_E_INVALID, "config");
  CHECK_FAILS(sessions_config_set_store_credentials(config, NULL, 1, "p", 1, &failure), SESSIONS_E_INVALID, "user");
  CHECK_FAILS(sessions_config_set_store_credentials(config, "u", 1, NULL, 1, &failure), SESSIONS_E_INVALID, "password");
  CHECK_FAILS(sessions_config_set_store_credentials(config, "u", 1, NULL, 0, &failure), SESSIONS_E_INVALID, "password");
  CHECK_FAILS(sessions_config_set_store_credentials(config, enormous, 4097, "p", 1, &failure), SESSIONS_E_INVALID,
              "4096");
  CHECK_FAILS(sessions_config_set_store_credentials(config, "u", 1, enormous, 4097, &failure), SESSIONS_E_INVALID,
              "4096");

  CHECK_OK(sessions_backend_open_configured("memory:", SESSIONS_NUL_TERMINATED, config, &backend, &failure));
  sessions_backend_free(backend);
  check_keep_secret("hunter2");
  CHECK_OK(sessions_config_set_store_credentials(config, "u\xff", 2, "hunter2\0hunter2", 15, &failure));
  CHECK_OK(sessions_config_set_store_credentials(config, NULL, 0, "hunter2", SESSIONS_NUL_TERMINATED, &failure));
  backend = nobody;
  CHECK_FAILS(sessions_backend_open_configured("memory:", SESSIONS_NUL_TERMINATED, config, &backend, &failure),
              SESSIONS_E_INVALID, "credentials");
  CHECK(backend == NULL);
  backend = nobody;
  CHECK_FAILS(sessions_backend_open_configured(url, SESSIONS_NUL_TERMINATED, config, &backend, &failure),
              SESSIONS_E_UNAVAILABLE, "Redis");
  CHECK(backend == NULL);
  backend = nobody;
  CHECK_FAILS(sessions_backend_open_configured(url, SESSIONS_NUL_TERMINATED, NULL, &backend, &failure),
              SESSIONS_E_INVALID, "config");
  CHECK(backend == NULL);
  CHECK_FAILS(sessions_backend_open_configured(NULL, 0, config, &backend, &failure), SESSIONS_E_INVALID, NULL);
  CHECK_FAILS(sessions_backend_open_configured(url, SESSIONS_NUL_TERMINATED, config, NULL, &failure),
              SESSIONS_E_INVALID, "backend");
  CHECK_STATUS(sessions_backend_open_configured(url, SESSIONS_NUL_TERMINATED, config, &backend, NULL),
               SESSIONS_E_UNAVAILABLE);
  CHECK_OK(sessions_config_set_store_credentials(config, NULL, 0, NULL, 0, &failure));
  CHECK_OK(sessions_backend_open_configured("memory:", SESSIONS_NUL_TERMINATED, config, &backend, &failure));
  sessions_backend_free(backend);
  sessions_config_free(config);
}

static void test_enormous_urls(void) {
  const size_t size = 1u << 20;
  char *scheme = world_repeat('a', size);
  char *parameter = world_repeat('b', size);
  memcpy(parameter, "memory:?", 8);
  check_refused(scheme, size, SESSIONS_E_INVALID, "scheme");
  scheme[size - 1] = ':';
  check_refused(scheme, size, SESSIONS_E_INVALID, "scheme");
  check_refused(parameter, size, SESSIONS_E_INVALID, "parameter");
  parameter[size - 2] = '=';
  check_refused(parameter, size, SESSIONS_E_INVALID, "parameter");
  check_refused("memory:", (size_t)PTRDIFF_MAX + 1, SESSIONS_E_INVALID, "url");
  check_refused("memory:", SIZE_MAX - 1, SESSIONS_E_INVALID, "url");
  free(parameter);
  free(scheme);
}

static void test_null(void) {
  check_refused(NULL, 7, SESSIONS_E_INVALID, "url");
  check_refused(NULL, SESSIONS_NUL_TERMINATED, SESSIONS_E_INVALID, "url");
  CHECK_FAILS(sessions_backend_open("memory:", 7, NULL, &failure), SESSIONS_E_INVALID, "backend");
  CHECK_STATUS(sessions_backend_open("memory:", 7, NULL, NULL), SESSIONS_E_INVALID);
  sessions_backend_free(NULL);
}

int main(void) {
  test_urls_that_open();
  test_urls_without_a_scheme();
  test_schemes_of_no_backend();
  test_servers_that_are_not_there();
  test_parameters();
  test_credentials_stay_out_of_messages();
  test_credentials_of_a_config();
  test_enormous_urls();
  test_null();
  return check_result();
}
