/* Values: what every getter and setter says to every type, key and mistake. */
#include <support/world.h>

static struct world world;

static int32_t type_of(const sessions_session *session, const char *key) {
  int32_t type = 0;
  CHECK_OK(sessions_session_get_type(session, key, SESSIONS_NUL_TERMINATED, &type));
  return type;
}

/* What each getter says to a value of each type; on anything but OK the output keeps its value. */
static void test_every_getter_on_every_type(void) {
  enum { O = SESSIONS_OK, T = SESSIONS_E_TYPE, R = SESSIONS_E_RANGE };
  static const struct {
    const char *json;
    int32_t type;
    sessions_status null, boolean, int64, uint64, real, string;
  } cases[] = {
      {"null", SESSIONS_TYPE_NULL, O, T, T, T, T, T},
      {"true", SESSIONS_TYPE_BOOL, T, O, T, T, T, T},
      {"false", SESSIONS_TYPE_BOOL, T, O, T, T, T, T},
      {"0", SESSIONS_TYPE_INT64, T, T, O, O, O, T},
      {"1", SESSIONS_TYPE_INT64, T, T, O, O, O, T},
      {"-1", SESSIONS_TYPE_INT64, T, T, O, R, O, T},
      {"-0", SESSIONS_TYPE_INT64, T, T, O, O, O, T},
      {"9007199254740993", SESSIONS_TYPE_INT64, T, T, O, O, R, T},
      {"9223372036854775807", SESSIONS_TYPE_INT64, T, T, O, O, R, T},
      {"9223372036854775808", SESSIONS_TYPE_UINT64, T, T, R, O, O, T},
      {"18446744073709551615", SESSIONS_TYPE_UINT64, T, T, R, O, R, T},
      {"18446744073709551616", SESSIONS_TYPE_NUMBER, T, T, R, R, R, T},
      {"-9223372036854775808", SESSIONS_TYPE_INT64, T, T, O, R, O, T},
      {"-9223372036854775809", SESSIONS_TYPE_NUMBER, T, T, R, R, R, T},
      {"1.0", SESSIONS_TYPE_DOUBLE, T, T, R, R, O, T},
      {"1e2", SESSIONS_TYPE_DOUBLE, T, T, R, R, O, T},
      {"-0.0", SESSIONS_TYPE_DOUBLE, T, T, R, R, O, T},
      {"1e999", SESSIONS_TYPE_NUMBER, T, T, R, R, R, T},
      {"-1E+999", SESSIONS_TYPE_NUMBER, T, T, R, R, R, T},
      {"\"\"", SESSIONS_TYPE_STRING, T, T, T, T, T, O},
      {"\"1\"", SESSIONS_TYPE_STRING, T, T, T, T, T, O},
      {"\"true\"", SESSIONS_TYPE_STRING, T, T, T, T, T, O},
      {"[]", SESSIONS_TYPE_ARRAY, T, T, T, T, T, T},
      {"[1]", SESSIONS_TYPE_ARRAY, T, T, T, T, T, T},
      {"{}", SESSIONS_TYPE_OBJECT, T, T, T, T, T, T},
      {"{\"a\":null}", SESSIONS_TYPE_OBJECT, T, T, T, T, T, T},
  };
  sessions_manager *manager = world_manager(&world, "memory:");
  sessions_session *session = world_load(manager, NULL);
  size_t i;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    int32_t boolean = 77;
    int64_t int64 = 77;
    uint64_t uint64 = 77;
    double real = 77.5;
    const char *text = "kept";
    size_t length = 77;
    CHECK_OK(sessions_session_set_json(session, "k", 1, cases[i].json, strlen(cases[i].json), &failure));
    CHECK_INT(type_of(session, "k"), cases[i].type);
    CHECK_INT(sessions_session_get_null(session, "k", 1), cases[i].null);
    CHECK_INT(sessions_session_get_bool(session, "k", 1, &boolean), cases[i].boolean);
    CHECK((cases[i].boolean == O) == (boolean != 77));
    CHECK_INT(sessions_session_get_int64(session, "k", 1, &int64), cases[i].int64);
    CHECK((cases[i].int64 == O) == (int64 != 77));
    CHECK_INT(sessions_session_get_uint64(session, "k", 1, &uint64), cases[i].uint64);
    CHECK((cases[i].uint64 == O) == (uint64 != 77));
    CHECK_INT(sessions_session_get_double(session, "k", 1, &real), cases[i].real);
    CHECK((cases[i].real == O) == (real != 77.5));
    CHECK_INT(sessions_session_get_string(session, "k", 1, &text, &length), cases[i].string);
    CHECK((cases[i].string == O) == (length != 77) && (cases[i].string == O || strcmp(text, "kept") == 0));
    length = 77;
    CHECK_INT(sessions_session_pop_string(session, "none", 4, &text, &length), SESSIONS_E_NOT_FOUND);
    if (cases[i].string != O) {
      CHECK_INT(sessions_session_pop_string(session, "k", 1, &text, &length), SESSIONS_E_TYPE);
      CHECK_INT(sessions_session_count(session), 1);
    }
    CHECK(length == 77);
    CHECK_OK(sessions_session_pop_json(session, "k", 1, &text, &length));
    CHECK_TEXT(text, length, cases[i].json);
    CHECK_INT(sessions_session_count(session), 0);
  }
  sessions_session_free(session);
  sessions_manager_free(manager);
}

static void test_bools_and_null(void) {
  static const int32_t bad[] = {2, -1, 256, INT32_MIN, INT32_MAX};
  sessions_manager *manager = world_manager(&world, "memory:");
  sessions_session *session = world_load(manager, NULL);
  int32_t value = 7;
  size_t i;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    CHECK_STATUS(sessions_session_set_bool(session, "b", 1, bad[i]), SESSIONS_E_INVALID);
  }
  CHECK_STATUS(sessions_session_get_bool(session, "b", 1, &value), SESSIONS_E_NOT_FOUND);
  CHECK_INT(value, 7);
  CHECK_OK(sessions_session_set_bool(session, "b", 1, 1));
  CHECK_OK(sessions_session_get_bool(session, "b", 1, &value));
  CHECK_INT(value, 1);
  CHECK_OK(sessions_session_set_bool(session, "b", 1, 0));
  CHECK_OK(sessions_session_get_bool(session, "b", 1, &value));
  CHECK_INT(value, 0);
  CHECK_OK(sessions_session_set_null(session, "b", 1));
  CHECK_OK(sessions_session_get_null(session, "b", 1));
  CHECK_JSON(session, "{\"b\":null}");
  sessions_session_free(session);
  sessions_manager_free(manager);
}

/* Every function that takes a key, with one that is not UTF-8 or not there. */
static void check_key_refused(sessions_session *session, const char *key, size_t key_len) {
  int32_t int32 = 7;
  int64_t int64 = 7;
  uint64_t uint64 = 7;
  double real = 7;
  const char *text = "kept";
  size_t length = 7;
  struct cJSON *tree = NULL;
  CHECK_STATUS(sessions_session_get_bool(session, key, key_len, &int32), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_get_int64(session, key, key_len, &int64), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_get_uint64(session, key, key_len, &uint64), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_get_double(session, key, key_len, &real), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_get_string(session, key, key_len, &text, &length), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_get_json(session, key, key_len, &text, &length), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_get_null(session, key, key_len), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_get_type(session, key, key_len, &int32), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_contains(session, key, key_len, &int32), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_set_null(session, key, key_len), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_set_bool(session, key, key_len, 1), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_set_int64(session, key, key_len, 1), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_set_uint64(session, key, key_len, 1), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_set_double(session, key, key_len, 1), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_set_string(session, key, key_len, "v", 1), SESSIONS_E_INVALID);
  CHECK_FAILS(sessions_session_set_json(session, key, key_len, "1", 1, &failure), SESSIONS_E_INVALID,
              session == NULL ? "session" : "key");
  CHECK_STATUS(sessions_session_increment(session, key, key_len, 1, &int64), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_remove(session, key, key_len), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_require_unchanged(session, key, key_len), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_pop_string(session, key, key_len, &text, &length), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_pop_json(session, key, key_len, &text, &length), SESSIONS_E_INVALID);
  CHECK_FAILS(sessions_session_get_cjson(session, key, key_len, &tree, &failure), SESSIONS_E_INVALID,
              session == NULL ? "session" : "key");
  CHECK(int32 == 7 && int64 == 7 && uint64 == 7 && real == 7 && strcmp(text, "kept") == 0 && length == 7);
  CHECK(tree == NULL);
}

static void test_bad_keys(void) {
  static const char *const invalid[] = {
      "\x80",  "\xc0\x80",     "\xc3",        "\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
      "a\xff", "\xc3\xa9\xc3", "\xe0\x9f\xbf"};
  sessions_manager *manager = world_manager(&world, "memory:");
  sessions_session *session = world_load(manager, NULL);
  size_t i;
  CHECK_OK(sessions_session_set_int64(session, "a", 1, 1));
  for (i = 0; i < sizeof invalid / sizeof *invalid; i++) {
    check_key_refused(session, invalid[i], strlen(invalid[i]));
    CHECK_STATUS(sessions_session_set_string(session, "s", 1, invalid[i], strlen(invalid[i])), SESSIONS_E_INVALID);
  }
  check_key_refused(session, NULL, 1);
  check_key_refused(session, NULL, SESSIONS_NUL_TERMINATED);
  check_key_refused(session, "a", SIZE_MAX - 1);
  check_key_refused(session, "a", (size_t)PTRDIFF_MAX + 1);
  check_key_refused(NULL, "a", 1);
  CHECK_STATUS(sessions_session_set_string(session, "s", 1, NULL, 1), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_set_string(session, "s", 1, NULL, SESSIONS_NUL_TERMINATED), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_set_string(session, "s", 1, "v", SIZE_MAX - 1), SESSIONS_E_INVALID);
  CHECK_JSON(session, "{\"a\":1}");
  sessions_session_free(session);
  sessions_manager_free(manager);
}

static void test_null_outputs(void) {
  sessions_manager *manager = world_manager(&world, "memory:");
  sessions_session *session = world_load(manager, NULL);
  const char *text = "kept";
  size_t length = 7;
  CHECK_OK(sessions_session_set_string(session, "s", 1, "v", 1));
  CHECK_STATUS(sessions_session_get_bool(session, "s", 1, NULL), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_get_int64(session, "s", 1, NULL), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_get_uint64(session, "s", 1, NULL), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_get_double(session, "s", 1, NULL), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_get_type(session, "s", 1, NULL), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_contains(session, "s", 1, NULL), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_get_string(session, "s", 1, NULL, &length), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_get_string(session, "s", 1, &text, NULL), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_get_json(session, "s", 1, NULL, &length), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_get_json(session, "s", 1, &text, NULL), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_pop_string(session, "s", 1, NULL, &length), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_pop_string(session, "s", 1, &text, NULL), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_pop_json(session, "s", 1, NULL, &length), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_pop_json(session, "s", 1, &text, NULL), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_key_at(session, 0, NULL, &length), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_key_at(session, 0, &text, NULL), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_key_at(NULL, 0, &text, &length), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_to_json(session, NULL, &length), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_to_json(session, &text, NULL), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_to_json(NULL, &text, &length), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_clear(NULL), SESSIONS_E_INVALID);
  CHECK_INT(sessions_session_count(NULL), 0);
  CHECK(strcmp(text, "kept") == 0 && length == 7);
  CHECK_JSON(session, "{\"s\":\"v\"}");
  sessions_session_free(session);
  sessions_manager_free(manager);
}

static void test_nothing_there(void) {
  sessions_manager *manager = world_manager(&world, "memory:");
  sessions_session *session = world_load(manager, NULL);
  int32_t int32 = 7;
  int64_t int64 = 7;
  uint64_t uint64 = 7;
  double real = 7;
  const char *text = "kept";
  size_t length = 7;
  CHECK_STATUS(sessions_session_get_bool(session, "x", 1, &int32), SESSIONS_E_NOT_FOUND);
  CHECK_STATUS(sessions_session_get_int64(session, "x", 1, &int64), SESSIONS_E_NOT_FOUND);
  CHECK_STATUS(sessions_session_get_uint64(session, "x", 1, &uint64), SESSIONS_E_NOT_FOUND);
  CHECK_STATUS(sessions_session_get_double(session, "x", 1, &real), SESSIONS_E_NOT_FOUND);
  CHECK_STATUS(sessions_session_get_string(session, "x", 1, &text, &length), SESSIONS_E_NOT_FOUND);
  CHECK_STATUS(sessions_session_get_json(session, "x", 1, &text, &length), SESSIONS_E_NOT_FOUND);
  CHECK_STATUS(sessions_session_get_null(session, "x", 1), SESSIONS_E_NOT_FOUND);
  CHECK_STATUS(sessions_session_get_type(session, "x", 1, &int32), SESSIONS_E_NOT_FOUND);
  CHECK_STATUS(sessions_session_remove(session, "x", 1), SESSIONS_E_NOT_FOUND);
  CHECK_STATUS(sessions_session_pop_string(session, "x", 1, &text, &length), SESSIONS_E_NOT_FOUND);
  CHECK_STATUS(sessions_session_pop_json(session, "x", 1, &text, &length), SESSIONS_E_NOT_FOUND);
  CHECK_STATUS(sessions_session_key_at(session, 0, &text, &length), SESSIONS_E_NOT_FOUND);
  CHECK_STATUS(sessions_session_key_at(session, SIZE_MAX, &text, &length), SESSIONS_E_NOT_FOUND);
  CHECK(int32 == 7 && int64 == 7 && uint64 == 7 && real == 7 && strcmp(text, "kept") == 0 && length == 7);
  CHECK_OK(sessions_session_contains(session, "x", 1, &int32));
  CHECK_INT(int32, 0);
  sessions_session_free(session);
  sessions_manager_free(manager);
}

static void check_keys(const sessions_session *session, const char *expected) {
  char keys[64] = "";
  size_t i;
  for (i = 0; i < sessions_session_count(session); i++) {
    const char *key = NULL;
    size_t length = 0;
    CHECK_OK(sessions_session_key_at(session, i, &key, &length));
    strcat(strcat(keys, key), " ");
  }
  CHECK_TEXT(keys, strlen(keys), expected);
}

static void test_order(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    sessions_session *session = world_load(manager, NULL);
    CHECK_OK(sessions_session_set_int64(session, "c", 1, 1));
    CHECK_OK(sessions_session_set_int64(session, "a", 1, 1));
    CHECK_OK(sessions_session_set_int64(session, "b", 1, 1));
    CHECK_OK(sessions_session_set_int64(session, "c", 1, 2));
    check_keys(session, "c a b ");
    session = world_reload(manager, session);
    check_keys(session, "c a b ");
    CHECK_OK(sessions_session_increment(session, "a", 1, 1, NULL));
    CHECK_OK(sessions_session_increment(session, "d", 1, 1, NULL));
    check_keys(session, "c a b d ");
    CHECK_OK(sessions_session_remove(session, "c", 1));
    check_keys(session, "a b d ");
    CHECK_OK(sessions_session_set_int64(session, "c", 1, 3));
    check_keys(session, "a b d c ");
    session = world_reload(manager, session);
    check_keys(session, "a b d c ");
    CHECK_JSON(session, "{\"a\":2,\"b\":1,\"d\":1,\"c\":3}");
    sessions_session_free(session);
    sessions_manager_free(manager);
  }
}

static void test_pop(void) {
  sessions_manager *manager = world_manager(&world, "memory:");
  sessions_session *session = world_load(manager, NULL);
  const char *text = NULL;
  size_t length = 0;
  CHECK_OK(sessions_session_set_string(session, "flash", 5, "sa\0ved", 6));
  CHECK_OK(sessions_session_set_json(session, "list", 4, "[1,2]", 5, &failure));
  session = world_reload(manager, session);
  CHECK_OK(sessions_session_pop_string(session, "flash", 5, &text, &length));
  CHECK_BYTES(text, length, "sa\0ved", 6);
  CHECK_STATUS(sessions_session_pop_string(session, "flash", 5, &text, &length), SESSIONS_E_NOT_FOUND);
  CHECK_OK(sessions_session_pop_json(session, "list", 4, &text, &length));
  CHECK_TEXT(text, length, "[1,2]");
  CHECK_JSON(session, "{}");
  session = world_reload(manager, session);
  CHECK_JSON(session, "{}");
  sessions_session_free(session);
  sessions_manager_free(manager);
}

static void test_clear(void) {
  sessions_manager *manager = world_manager(&world, "memory:");
  sessions_session *session = world_load(manager, NULL);
  CHECK_OK(sessions_session_clear(session));
  CHECK_OK(sessions_session_set_int64(session, "a", 1, 1));
  CHECK_OK(sessions_session_clear(session));
  CHECK_OK(sessions_session_clear(session));
  CHECK_INT(sessions_session_count(session), 0);
  CHECK_JSON(session, "{}");
  CHECK_OK(sessions_session_set_int64(session, "b", 1, 2));
  session = world_reload(manager, session);
  CHECK_JSON(session, "{\"b\":2}");
  sessions_session_free(session);
  sessions_manager_free(manager);
}

int main(void) {
  world_begin(&world);
  test_every_getter_on_every_type();
  test_bools_and_null();
  test_bad_keys();
  test_null_outputs();
  test_nothing_there();
  test_order();
  test_pop();
  test_clear();
  return check_result();
}
