/* The formats of cookies: what others wrote is read, what is written they can read, and nothing else is taken. */
#include <support/table.h>
#include <support/world.h>

#define SECRET "c97736eba7c7add11698a28cda5c2ede7d8bbff581aff4d6ed24ca822775967c"

static struct world world;

static sessions_manager *make_manager(const char *url, const char *key) {
  sessions_config *config = world_config(&world);
  sessions_backend *backend = NULL;
  sessions_manager *manager = NULL;
  CHECK_OK(sessions_config_add_key(config, key, strlen(key), &failure));
  REQUIRE(sessions_backend_open(url, SESSIONS_NUL_TERMINATED, &backend, NULL) == SESSIONS_OK);
  REQUIRE(sessions_manager_new(backend, config, &manager, NULL) == SESSIONS_OK);
  sessions_backend_free(backend);
  sessions_config_free(config);
  return manager;
}

static int32_t origin_of(const sessions_manager *manager, const char *value, size_t length) {
  sessions_session *session = NULL;
  int32_t origin;
  CHECK_OK(sessions_manager_load_value(manager, value, length, &session, &failure));
  origin = sessions_session_origin(session);
  if (origin != SESSIONS_ORIGIN_RESTORED) {
    CHECK_INT(sessions_session_count(session), 0);
  }
  sessions_session_free(session);
  return origin;
}

static void check_written(const sessions_session *session, const char *value) {
  char *cookie = world_cookie(session);
  CHECK_TEXT(world_value(cookie), strlen(world_value(cookie)), value);
  free(cookie);
}

/* A session that is read has the content; written again, untouched or from the content, it is the same cookie. */
static void check_golden(const sessions_manager *manager, const char *written, const char *content, const char *value) {
  sessions_session *read = NULL;
  sessions_session *made = world_load(manager, NULL);
  const char *json = NULL;
  size_t length = 0;
  CHECK_OK(sessions_manager_load_value(manager, value, strlen(value), &read, &failure));
  CHECK_INT(sessions_session_origin(read), SESSIONS_ORIGIN_RESTORED);
  CHECK_OK(sessions_session_from_json(made, content, strlen(content), &failure));
  CHECK_OK(sessions_session_to_json(made, &json, &length));
  CHECK_JSON(read, json);
  if (written[0] != '-') {
    world.now = strtoll(written, NULL, 10);
    CHECK_OK(sessions_session_regenerate(read, &failure));
    check_written(read, value);
    if (sessions_session_count(made) > 0) {
      CHECK_OK(sessions_session_commit(made, &failure));
      check_written(made, value);
    }
  }
  sessions_session_free(read);
  sessions_session_free(made);
}

static void test_golden_cookies(void) {
  sessions_manager *signed_cookie = make_manager("signed-cookie:", SECRET);
  sessions_manager *plain_cookie = make_manager("cookie:", SECRET);
  struct table table;
  char *fields[6];
  int cases = 0;
  table_open(&table, "golden/starlette-sessions.txt");
  while (table_next(&table, fields, 6)) {
    int failures = check_failures;
    int is_signed = strcmp(fields[0], "signed-cookie:") == 0;
    CHECK(is_signed || strcmp(fields[0], "cookie:") == 0);
    world.now = strtoll(fields[2], NULL, 10);
    if (strcmp(fields[3], "refused") == 0) {
      CHECK(origin_of(is_signed ? signed_cookie : plain_cookie, fields[5], strlen(fields[5])) >
            SESSIONS_ORIGIN_RESTORED);
    } else {
      check_golden(is_signed ? signed_cookie : plain_cookie, fields[3], fields[4], fields[5]);
    }
    world.now = WORLD_NOW;
    if (failures != check_failures) {
      printf("    golden/starlette-sessions.txt:%d: %s %s\n", table.number, fields[0], fields[1]);
    }
    cases++;
  }
  CHECK(cases >= 60);
  sessions_manager_free(signed_cookie);
  sessions_manager_free(plain_cookie);
}

#define COOKIE "eyJ1c2VyX2lkIjogNDJ9LlpWUHhBQS41M294UUFYVEc1NUlreGNlZFZsQXBiUWE0SmM="

/* Every byte, replaced by every other. */
static void test_no_byte_can_be_changed(void) {
  sessions_manager *manager = make_manager("signed-cookie:", SECRET);
  char cookie[] = COOKIE;
  size_t i;
  CHECK_INT(origin_of(manager, cookie, strlen(cookie)), SESSIONS_ORIGIN_RESTORED);
  for (i = 0; cookie[i] != '\0'; i++) {
    char kept = cookie[i];
    int byte;
    for (byte = 0; byte < 256; byte++) {
      if ((char)byte != kept) {
        cookie[i] = (char)byte;
        if (origin_of(manager, cookie, sizeof cookie - 1) == SESSIONS_ORIGIN_RESTORED) {
          check_that(0, "a changed cookie is refused", __FILE__, __LINE__);
          printf("    byte %d is %d\n", (int)i, byte);
        }
      }
    }
    cookie[i] = kept;
  }
  sessions_manager_free(manager);
}

static void test_nothing_can_be_cut_off_or_added(void) {
  sessions_manager *manager = make_manager("signed-cookie:", SECRET);
  const size_t length = strlen(COOKIE);
  char longer[256];
  size_t i;
  for (i = 1; i < length; i++) {
    CHECK(origin_of(manager, COOKIE, i) != SESSIONS_ORIGIN_RESTORED);
    CHECK(origin_of(manager, &COOKIE[i], length - i) != SESSIONS_ORIGIN_RESTORED);
    snprintf(longer, sizeof longer, "%.*sA%s", (int)i, COOKIE, &COOKIE[i]);
    CHECK(origin_of(manager, longer, length + 1) != SESSIONS_ORIGIN_RESTORED);
    snprintf(longer, sizeof longer, "%.*sAAAA%s", (int)i, COOKIE, &COOKIE[i]);
    CHECK(origin_of(manager, longer, length + 4) != SESSIONS_ORIGIN_RESTORED);
    snprintf(longer, sizeof longer, "%.*s%s", (int)i, COOKIE, &COOKIE[i + 1]);
    CHECK(origin_of(manager, longer, length - 1) != SESSIONS_ORIGIN_RESTORED);
  }
  snprintf(longer, sizeof longer, "%s=", COOKIE);
  CHECK(origin_of(manager, longer, length + 1) != SESSIONS_ORIGIN_RESTORED);
  snprintf(longer, sizeof longer, "%s%s", COOKIE, COOKIE);
  CHECK(origin_of(manager, longer, 2 * length) != SESSIONS_ORIGIN_RESTORED);
  sessions_manager_free(manager);
}

static void test_another_key_refuses(void) {
  static const char *const keys[] = {"x", SECRET " ",
                                     "C97736eba7c7add11698a28cda5c2ede7d8bbff581aff4d6ed24ca822775967c"};
  size_t i;
  for (i = 0; i < sizeof keys / sizeof *keys; i++) {
    sessions_manager *manager = make_manager("signed-cookie:", keys[i]);
    CHECK_INT(origin_of(manager, COOKIE, strlen(COOKIE)), SESSIONS_ORIGIN_REFUSED_SIGNATURE);
    sessions_manager_free(manager);
  }
}

int main(void) {
  world_begin(&world);
  check_keep_secret(SECRET);
  test_golden_cookies();
  test_no_byte_can_be_changed();
  test_nothing_can_be_cut_off_or_added();
  test_another_key_refuses();
  return check_result();
}
