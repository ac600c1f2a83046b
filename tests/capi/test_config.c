/* Configs: which settings are taken and refused, and that a refusal changes nothing. */
#include <support/world.h>

static sessions_config *config;

static void begin(void) { REQUIRE(sessions_config_new(&config) == SESSIONS_OK); }

static void end(void) {
  sessions_config_free(config);
  config = NULL;
}

/* The line that a manager with this config sends. */
static void check_line(const char *expected) {
  sessions_backend *backend = NULL;
  sessions_manager *manager = NULL;
  sessions_session *session;
  const char *line = NULL;
  size_t length = 0;
  REQUIRE(sessions_backend_open("cookie:", 7, &backend, NULL) == SESSIONS_OK);
  CHECK_OK(sessions_manager_new(backend, config, &manager, &failure));
  session = world_load(manager, NULL);
  CHECK_OK(sessions_session_set_bool(session, "a", 1, 1));
  CHECK_OK(sessions_session_commit(session, &failure));
  CHECK_OK(sessions_session_cookie_line(session, 0, &line, &length));
  CHECK_TEXT(line, length, expected);
  sessions_session_free(session);
  sessions_manager_free(manager);
  sessions_backend_free(backend);
}

#define VALUE "eyJhIjogdHJ1ZX0="
#define DEFAULT_LINE "__Host-session=" VALUE "; Max-Age=1209600; Path=/; Secure; HttpOnly; SameSite=Lax"

static void test_new_and_free(void) {
  CHECK_STATUS(sessions_config_new(NULL), SESSIONS_E_INVALID);
  sessions_config_free(NULL);
  begin();
  check_line(DEFAULT_LINE);
  end();
}

static void test_null_config(void) {
  CHECK_FAILS(sessions_config_add_key(NULL, "k", 1, &failure), SESSIONS_E_INVALID, "config");
  CHECK_FAILS(sessions_config_set_cookie_name(NULL, "n", 1, &failure), SESSIONS_E_INVALID, "config");
  CHECK_FAILS(sessions_config_set_cookie_path(NULL, "/", 1, &failure), SESSIONS_E_INVALID, "config");
  CHECK_FAILS(sessions_config_set_cookie_domain(NULL, "a.b", 3, &failure), SESSIONS_E_INVALID, "config");
  CHECK_FAILS(sessions_config_set_same_site(NULL, 1, &failure), SESSIONS_E_INVALID, "config");
  CHECK_FAILS(sessions_config_set_secure(NULL, 1, &failure), SESSIONS_E_INVALID, "config");
  CHECK_FAILS(sessions_config_set_http_only(NULL, 1, &failure), SESSIONS_E_INVALID, "config");
  CHECK_FAILS(sessions_config_set_partitioned(NULL, 1, &failure), SESSIONS_E_INVALID, "config");
  CHECK_FAILS(sessions_config_set_plain_http(NULL, &failure), SESSIONS_E_INVALID, "config");
  CHECK_FAILS(sessions_config_set_lifetime_seconds(NULL, 1, &failure), SESSIONS_E_INVALID, "config");
  CHECK_FAILS(sessions_config_set_renew_after_seconds(NULL, 1, &failure), SESSIONS_E_INVALID, "config");
  CHECK_FAILS(sessions_config_set_persistent(NULL, 1, &failure), SESSIONS_E_INVALID, "config");
  CHECK_FAILS(sessions_config_set_timeout_ms(NULL, 1, &failure), SESSIONS_E_INVALID, "config");
  CHECK_FAILS(sessions_config_set_max_content_bytes(NULL, 64, &failure), SESSIONS_E_INVALID, "config");
  CHECK_FAILS(sessions_config_set_clock(NULL, NULL, NULL, NULL, &failure), SESSIONS_E_INVALID, "config");
  CHECK_FAILS(sessions_config_set_random(NULL, NULL, NULL, NULL, &failure), SESSIONS_E_INVALID, "config");
  CHECK_FAILS(sessions_config_set_log(NULL, NULL, NULL, NULL, &failure), SESSIONS_E_INVALID, "config");
  CHECK_STATUS(sessions_config_set_secure(NULL, 1, NULL), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_config_set_cookie_name(NULL, "n", 1, NULL), SESSIONS_E_INVALID);
}

static void test_null_and_impossible_texts(void) {
  begin();
  CHECK_FAILS(sessions_config_add_key(config, NULL, 5, &failure), SESSIONS_E_INVALID, "key");
  CHECK_FAILS(sessions_config_set_cookie_name(config, NULL, 5, &failure), SESSIONS_E_INVALID, "name");
  CHECK_FAILS(sessions_config_set_cookie_path(config, NULL, 5, &failure), SESSIONS_E_INVALID, "path");
  CHECK_FAILS(sessions_config_set_cookie_domain(config, NULL, 5, &failure), SESSIONS_E_INVALID, "domain");
  CHECK_FAILS(sessions_config_set_cookie_name(config, NULL, SESSIONS_NUL_TERMINATED, &failure), SESSIONS_E_INVALID,
              "name");
  CHECK_FAILS(sessions_config_add_key(config, "k", SIZE_MAX - 1, &failure), SESSIONS_E_INVALID, "key");
  CHECK_FAILS(sessions_config_set_cookie_path(config, "/", SIZE_MAX - 1, &failure), SESSIONS_E_INVALID, "path");
  check_line(DEFAULT_LINE);
  end();
}

static void test_keys(void) {
  int i;
  char *huge = world_repeat('k', 1u << 20);
  begin();
  CHECK_FAILS(sessions_config_add_key(config, "", 0, &failure), SESSIONS_E_INVALID, "key");
  CHECK_FAILS(sessions_config_add_key(config, NULL, 0, &failure), SESSIONS_E_INVALID, "key");
  CHECK_FAILS(sessions_config_add_key(config, "", SESSIONS_NUL_TERMINATED, &failure), SESSIONS_E_INVALID, "key");
  CHECK_OK(sessions_config_add_key(config, huge, 1u << 20, &failure));
  CHECK_OK(sessions_config_add_key(config, "\0\xff", 2, &failure));
  for (i = 2; i < 16; i++) {
    CHECK_OK(sessions_config_add_key(config, "short", SESSIONS_NUL_TERMINATED, &failure));
  }
  CHECK_FAILS(sessions_config_add_key(config, "one too many", 12, &failure), SESSIONS_E_LIMIT, "16");
  check_line(DEFAULT_LINE);
  end();
  free(huge);
}

static void test_names(void) {
  static const char *const good[] = {"session",    "a",        "!#$%&'*+-.^_`|~", "SID.1",
                                     "__Secure-x", "__Http-x", "__Host-Http-x",   "__host-session"};
  static const struct {
    const char *name;
    size_t length;
  } bad[] = {{"", 0},   {"a b", 3},  {"a=b", 3},  {"a;b", 3},  {"a,b", 3},         {"a\r", 2}, {"a\nb", 3}, {"a\0b", 3},
             {"\"", 1}, {"a\tb", 3}, {"\x7f", 1}, {"\x80", 1}, {"caf\xc3\xa9", 5}, {"[a]", 3}, {"a/b", 3},  {"(", 1}};
  size_t i;
  char *name = world_repeat('n', 257);
  for (i = 0; i < sizeof good / sizeof *good; i++) {
    char line[256];
    begin();
    CHECK_OK(sessions_config_set_cookie_name(config, good[i], SESSIONS_NUL_TERMINATED, &failure));
    snprintf(line, sizeof line, "%s=" VALUE "; Max-Age=1209600; Path=/; Secure; HttpOnly; SameSite=Lax", good[i]);
    check_line(line);
    end();
  }
  begin();
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    CHECK_FAILS(sessions_config_set_cookie_name(config, bad[i].name, bad[i].length, &failure), SESSIONS_E_INVALID,
                "name");
  }
  CHECK_FAILS(sessions_config_set_cookie_name(config, name, 257, &failure), SESSIONS_E_INVALID, "name");
  check_line(DEFAULT_LINE);
  CHECK_OK(sessions_config_set_cookie_name(config, name, 256, &failure));
  end();
  free(name);
}

static void test_prefixes_bind_the_attributes(void) {
  static const char *const host[] = {"__Host-a", "__HOST-a", "__host-", "__Host-Http-a", "__hOsT-hTtP-a"};
  static const char *const secure[] = {"__Secure-a", "__SECURE-a", "__Http-a", "__http-a", "__Host-a"};
  static const char *const http[] = {"__Http-a", "__HTTP-a", "__Host-Http-a"};
  size_t i;
  for (i = 0; i < sizeof host / sizeof *host; i++) {
    begin();
    CHECK_OK(sessions_config_set_cookie_name(config, host[i], strlen(host[i]), &failure));
    CHECK_FAILS(sessions_config_set_cookie_domain(config, "example.com", 11, &failure), SESSIONS_E_INVALID, "Domain");
    CHECK_FAILS(sessions_config_set_cookie_path(config, "/app", 4, &failure), SESSIONS_E_INVALID, "Path");
    CHECK_FAILS(sessions_config_set_secure(config, 0, &failure), SESSIONS_E_INVALID, "Secure");
    end();
    begin();
    CHECK_OK(sessions_config_set_cookie_name(config, "a", 1, &failure));
    CHECK_OK(sessions_config_set_cookie_domain(config, "example.com", 11, &failure));
    CHECK_FAILS(sessions_config_set_cookie_name(config, host[i], strlen(host[i]), &failure), SESSIONS_E_INVALID,
                "Domain");
    CHECK_OK(sessions_config_set_cookie_domain(config, "", 0, &failure));
    CHECK_OK(sessions_config_set_cookie_path(config, "/app", 4, &failure));
    CHECK_FAILS(sessions_config_set_cookie_name(config, host[i], strlen(host[i]), &failure), SESSIONS_E_INVALID,
                "Path");
    CHECK_OK(sessions_config_set_cookie_path(config, "/", 1, &failure));
    CHECK_OK(sessions_config_set_cookie_name(config, host[i], strlen(host[i]), &failure));
    end();
  }
  for (i = 0; i < sizeof secure / sizeof *secure; i++) {
    begin();
    CHECK_OK(sessions_config_set_plain_http(config, &failure));
    CHECK_FAILS(sessions_config_set_cookie_name(config, secure[i], strlen(secure[i]), &failure), SESSIONS_E_INVALID,
                "Secure");
    end();
  }
  for (i = 0; i < sizeof http / sizeof *http; i++) {
    begin();
    CHECK_OK(sessions_config_set_cookie_name(config, http[i], strlen(http[i]), &failure));
    CHECK_FAILS(sessions_config_set_http_only(config, 0, &failure), SESSIONS_E_INVALID, "HttpOnly");
    CHECK_OK(sessions_config_set_cookie_name(config, "a", 1, &failure));
    CHECK_OK(sessions_config_set_http_only(config, 0, &failure));
    CHECK_FAILS(sessions_config_set_cookie_name(config, http[i], strlen(http[i]), &failure), SESSIONS_E_INVALID,
                "HttpOnly");
    end();
  }
}

static void test_paths(void) {
  static const struct {
    const char *path;
    size_t length;
  } bad[] = {{"", 0},      {NULL, 0},     {"app", 3},   {"/a;b", 4}, {"/a\r", 3}, {"/a\n", 3},
             {"/a\0b", 4}, {"/a\x7f", 3}, {"/\x80", 2}, {"/a\t", 3}, {" /", 2},   {"/caf\xc3\xa9", 6}};
  char *path = world_repeat('/', 1025);
  size_t i;
  begin();
  CHECK_OK(sessions_config_set_cookie_name(config, "a", 1, &failure));
  CHECK_OK(sessions_config_set_cookie_path(config, "/app, \"x\" = %20", SESSIONS_NUL_TERMINATED, &failure));
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    CHECK_FAILS(sessions_config_set_cookie_path(config, bad[i].path, bad[i].length, &failure), SESSIONS_E_INVALID,
                "path");
  }
  CHECK_FAILS(sessions_config_set_cookie_path(config, path, 1025, &failure), SESSIONS_E_INVALID, "path");
  check_line("a=" VALUE "; Max-Age=1209600; Path=/app, \"x\" = %20; Secure; HttpOnly; SameSite=Lax");
  CHECK_OK(sessions_config_set_cookie_path(config, path, 1024, &failure));
  end();
  free(path);
}

static void test_domains(void) {
  static const struct {
    const char *domain;
    size_t length;
  } bad[] = {{".", 1},    {"..", 2},      {"a..b", 4}, {"a b", 3}, {"a;b", 3},      {"a\r\nb", 4},
             {"a\0b", 3}, {"a_b\x80", 4}, {"a,b", 3},  {"a=b", 3}, {"http://a", 8}, {"a:80", 4}};
  char *domain = world_repeat('d', 254);
  size_t i;
  for (i = 60; i < 254; i += 60) {
    domain[i] = '.';
  }
  begin();
  CHECK_OK(sessions_config_set_cookie_name(config, "a", 1, &failure));
  CHECK_OK(sessions_config_set_cookie_domain(config, ".Sub-1.example.com", SESSIONS_NUL_TERMINATED, &failure));
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    CHECK_FAILS(sessions_config_set_cookie_domain(config, bad[i].domain, bad[i].length, &failure), SESSIONS_E_INVALID,
                "domain");
  }
  CHECK_FAILS(sessions_config_set_cookie_domain(config, domain, 254, &failure), SESSIONS_E_INVALID, "domain");
  check_line("a=" VALUE "; Max-Age=1209600; Domain=Sub-1.example.com; Path=/; Secure; HttpOnly; SameSite=Lax");
  CHECK_OK(sessions_config_set_cookie_domain(config, domain, 253, &failure));
  CHECK_OK(sessions_config_set_cookie_domain(config, NULL, 0, &failure));
  check_line("a=" VALUE "; Max-Age=1209600; Path=/; Secure; HttpOnly; SameSite=Lax");
  end();
  free(domain);
}

static void test_flags(void) {
  static const int32_t bad[] = {-1, 2, 255, 256, INT32_MIN, INT32_MAX};
  size_t i;
  begin();
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    CHECK_FAILS(sessions_config_set_secure(config, bad[i], &failure), SESSIONS_E_INVALID, "secure");
    CHECK_FAILS(sessions_config_set_http_only(config, bad[i], &failure), SESSIONS_E_INVALID, "http_only");
    CHECK_FAILS(sessions_config_set_partitioned(config, bad[i], &failure), SESSIONS_E_INVALID, "partitioned");
    CHECK_FAILS(sessions_config_set_persistent(config, bad[i], &failure), SESSIONS_E_INVALID, "persistent");
    if (bad[i] != 2) {
      CHECK_FAILS(sessions_config_set_same_site(config, bad[i], &failure), SESSIONS_E_INVALID, "same_site");
    }
  }
  CHECK_FAILS(sessions_config_set_same_site(config, 0, &failure), SESSIONS_E_INVALID, "same_site");
  CHECK_FAILS(sessions_config_set_same_site(config, 4, &failure), SESSIONS_E_INVALID, "same_site");
  check_line(DEFAULT_LINE);
  CHECK_OK(sessions_config_set_http_only(config, 0, &failure));
  CHECK_OK(sessions_config_set_partitioned(config, 1, &failure));
  CHECK_OK(sessions_config_set_persistent(config, 0, &failure));
  CHECK_OK(sessions_config_set_same_site(config, SESSIONS_SAME_SITE_STRICT, &failure));
  check_line("__Host-session=" VALUE "; Path=/; Secure; SameSite=Strict; Partitioned");
  CHECK_OK(sessions_config_set_same_site(config, SESSIONS_SAME_SITE_NONE, &failure));
  CHECK_OK(sessions_config_set_http_only(config, 1, &failure));
  CHECK_OK(sessions_config_set_persistent(config, 1, &failure));
  CHECK_OK(sessions_config_set_partitioned(config, 0, &failure));
  check_line("__Host-session=" VALUE "; Max-Age=1209600; Path=/; Secure; HttpOnly; SameSite=None");
  end();
}

static void test_what_needs_secure(void) {
  begin();
  CHECK_OK(sessions_config_set_cookie_name(config, "a", 1, &failure));
  CHECK_OK(sessions_config_set_same_site(config, SESSIONS_SAME_SITE_NONE, &failure));
  CHECK_FAILS(sessions_config_set_secure(config, 0, &failure), SESSIONS_E_INVALID, "SameSite=None");
  CHECK_FAILS(sessions_config_set_plain_http(config, &failure), SESSIONS_E_INVALID, "SameSite=None");
  CHECK_OK(sessions_config_set_same_site(config, SESSIONS_SAME_SITE_LAX, &failure));
  CHECK_OK(sessions_config_set_partitioned(config, 1, &failure));
  CHECK_FAILS(sessions_config_set_secure(config, 0, &failure), SESSIONS_E_INVALID, "Partitioned");
  CHECK_FAILS(sessions_config_set_plain_http(config, &failure), SESSIONS_E_INVALID, "Partitioned");
  check_line("a=" VALUE "; Max-Age=1209600; Path=/; Secure; HttpOnly; SameSite=Lax; Partitioned");
  CHECK_OK(sessions_config_set_partitioned(config, 0, &failure));
  CHECK_OK(sessions_config_set_secure(config, 0, &failure));
  CHECK_FAILS(sessions_config_set_same_site(config, SESSIONS_SAME_SITE_NONE, &failure), SESSIONS_E_INVALID, "Secure");
  CHECK_FAILS(sessions_config_set_partitioned(config, 1, &failure), SESSIONS_E_INVALID, "Secure");
  check_line("a=" VALUE "; Max-Age=1209600; Path=/; HttpOnly; SameSite=Lax");
  end();
}

static void test_plain_http(void) {
  begin();
  CHECK_OK(sessions_config_set_plain_http(config, &failure));
  check_line("session=" VALUE "; Max-Age=1209600; Path=/; HttpOnly; SameSite=Lax");
  CHECK_OK(sessions_config_set_plain_http(config, NULL));
  end();
}

static void test_numbers(void) {
  begin();
  CHECK_FAILS(sessions_config_set_lifetime_seconds(config, 0, &failure), SESSIONS_E_INVALID, "lifetime");
  CHECK_FAILS(sessions_config_set_lifetime_seconds(config, -1, &failure), SESSIONS_E_INVALID, "lifetime");
  CHECK_FAILS(sessions_config_set_lifetime_seconds(config, INT64_C(3155760001), &failure), SESSIONS_E_INVALID,
              "lifetime");
  CHECK_FAILS(sessions_config_set_lifetime_seconds(config, INT64_MAX, &failure), SESSIONS_E_INVALID, "lifetime");
  CHECK_FAILS(sessions_config_set_lifetime_seconds(config, INT64_MIN, &failure), SESSIONS_E_INVALID, "lifetime");
  CHECK_FAILS(sessions_config_set_renew_after_seconds(config, -2, &failure), SESSIONS_E_INVALID, "renewal");
  CHECK_FAILS(sessions_config_set_renew_after_seconds(config, INT64_C(3155760001), &failure), SESSIONS_E_INVALID,
              "renewal");
  CHECK_FAILS(sessions_config_set_renew_after_seconds(config, INT64_MIN, &failure), SESSIONS_E_INVALID, "renewal");
  CHECK_FAILS(sessions_config_set_timeout_ms(config, 0, &failure), SESSIONS_E_INVALID, "timeout");
  CHECK_FAILS(sessions_config_set_timeout_ms(config, -1, &failure), SESSIONS_E_INVALID, "timeout");
  CHECK_FAILS(sessions_config_set_timeout_ms(config, 3600001, &failure), SESSIONS_E_INVALID, "timeout");
  CHECK_FAILS(sessions_config_set_timeout_ms(config, INT64_MAX, &failure), SESSIONS_E_INVALID, "timeout");
  CHECK_FAILS(sessions_config_set_max_content_bytes(config, 63, &failure), SESSIONS_E_INVALID, "content");
  CHECK_FAILS(sessions_config_set_max_content_bytes(config, 268435457, &failure), SESSIONS_E_INVALID, "content");
  CHECK_FAILS(sessions_config_set_max_content_bytes(config, INT64_MIN, &failure), SESSIONS_E_INVALID, "content");
  check_line(DEFAULT_LINE);
  CHECK_OK(sessions_config_set_renew_after_seconds(config, -1, &failure));
  CHECK_OK(sessions_config_set_renew_after_seconds(config, 0, &failure));
  CHECK_OK(sessions_config_set_renew_after_seconds(config, INT64_C(3155760000), &failure));
  CHECK_OK(sessions_config_set_timeout_ms(config, 1, &failure));
  CHECK_OK(sessions_config_set_timeout_ms(config, 3600000, &failure));
  CHECK_OK(sessions_config_set_max_content_bytes(config, 64, &failure));
  CHECK_OK(sessions_config_set_max_content_bytes(config, 268435456, &failure));
  CHECK_OK(sessions_config_set_lifetime_seconds(config, INT64_C(3155760000), &failure));
  check_line("__Host-session=" VALUE "; Max-Age=34560000; Path=/; Secure; HttpOnly; SameSite=Lax");
  CHECK_OK(sessions_config_set_lifetime_seconds(config, 34560000, &failure));
  check_line("__Host-session=" VALUE "; Max-Age=34560000; Path=/; Secure; HttpOnly; SameSite=Lax");
  CHECK_OK(sessions_config_set_lifetime_seconds(config, 1, &failure));
  check_line("__Host-session=" VALUE "; Max-Age=1; Path=/; Secure; HttpOnly; SameSite=Lax");
  end();
}

int main(void) {
  test_new_and_free();
  test_null_config();
  test_null_and_impossible_texts();
  test_keys();
  test_names();
  test_prefixes_bind_the_attributes();
  test_paths();
  test_domains();
  test_flags();
  test_what_needs_secure();
  test_plain_http();
  test_numbers();
  return check_result();
}
