/* Numbers: at every magnitude, exact or refused, over every backend. */
#include <float.h>
#include <math.h>
#include <support/world.h>

static struct world world;

static int32_t type_of(const sessions_session *session, const char *key) {
  int32_t type = 0;
  CHECK_OK(sessions_session_get_type(session, key, SESSIONS_NUL_TERMINATED, &type));
  return type;
}

static void check_int64_at(const sessions_session *session, const char *key, int64_t value) {
  char digits[32];
  int64_t read = ~value;
  uint64_t unsigned_read = 7;
  const char *json = NULL;
  size_t length = 0;
  CHECK_OK(sessions_session_get_int64(session, key, strlen(key), &read));
  CHECK(read == value);
  CHECK_INT(type_of(session, key), SESSIONS_TYPE_INT64);
  snprintf(digits, sizeof digits, "%" PRId64, value);
  CHECK_OK(sessions_session_get_json(session, key, strlen(key), &json, &length));
  CHECK_TEXT(json, length, digits);
  CHECK_STATUS(sessions_session_get_uint64(session, key, strlen(key), &unsigned_read),
               value < 0 ? SESSIONS_E_RANGE : SESSIONS_OK);
  CHECK(value < 0 ? unsigned_read == 7 : unsigned_read == (uint64_t)value);
}

static void check_uint64_at(const sessions_session *session, const char *key, uint64_t value) {
  uint64_t read = ~value;
  int64_t signed_read = 7;
  CHECK_OK(sessions_session_get_uint64(session, key, strlen(key), &read));
  CHECK(read == value);
  CHECK_STATUS(sessions_session_get_int64(session, key, strlen(key), &signed_read),
               value > INT64_MAX ? SESSIONS_E_RANGE : SESSIONS_OK);
  CHECK(value > INT64_MAX ? signed_read == 7 : signed_read == (int64_t)value);
  CHECK_INT(type_of(session, key), value > INT64_MAX ? SESSIONS_TYPE_UINT64 : SESSIONS_TYPE_INT64);
}

/* A double is read from an integer exactly if it holds it. */
static void check_double_of_integer(const sessions_session *session, const char *key, uint64_t magnitude, int minus) {
  double read = 0.5;
  sessions_status status = sessions_session_get_double(session, key, strlen(key), &read);
  while (magnitude != 0 && magnitude % 2 == 0) {
    magnitude /= 2;
  }
  if (magnitude <= (UINT64_C(1) << 53)) {
    CHECK_INT(status, SESSIONS_OK);
    CHECK(minus ? read < 0 : read >= 0);
  } else {
    CHECK_INT(status, SESSIONS_E_RANGE);
    CHECK(read == 0.5);
  }
}

static uint64_t near_power(int power, int64_t offset) { return (UINT64_C(1) << power) + (uint64_t)offset; }

/* 2^0 to 2^63 and their neighbours, above and below zero, at once and after a round trip. */
static void test_integers_at_every_magnitude(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    int64_t offset;
    int power;
    for (power = 0; power < 64; power++) {
      sessions_session *session = world_load(manager, NULL);
      int round;
      for (offset = -1; offset <= 1; offset++) {
        char key[8];
        uint64_t value = near_power(power, offset);
        snprintf(key, sizeof key, "u%d", (int)offset);
        CHECK_OK(sessions_session_set_uint64(session, key, strlen(key), value));
        key[0] = 'i';
        CHECK_OK(sessions_session_set_int64(session, key, strlen(key), (int64_t)(value & INT64_MAX)));
        key[0] = 'm';
        CHECK_OK(sessions_session_set_int64(session, key, strlen(key), -(int64_t)(value & INT64_MAX)));
      }
      for (round = 0; round < 2; round++) {
        for (offset = -1; offset <= 1; offset++) {
          char key[8];
          uint64_t value = near_power(power, offset);
          snprintf(key, sizeof key, "u%d", (int)offset);
          check_uint64_at(session, key, value);
          check_double_of_integer(session, key, value, 0);
          key[0] = 'i';
          check_int64_at(session, key, (int64_t)(value & INT64_MAX));
          key[0] = 'm';
          check_int64_at(session, key, -(int64_t)(value & INT64_MAX));
          check_double_of_integer(session, key, value & INT64_MAX, (value & INT64_MAX) != 0);
        }
        if (round == 0) {
          session = world_reload(manager, session);
        }
      }
      sessions_session_free(session);
    }
    sessions_manager_free(manager);
  }
}

static void test_the_ends_of_the_integers(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    sessions_session *session = world_load(manager, NULL);
    int round;
    CHECK_OK(sessions_session_set_int64(session, "min", 3, INT64_MIN));
    CHECK_OK(sessions_session_set_int64(session, "max", 3, INT64_MAX));
    CHECK_OK(sessions_session_set_uint64(session, "umax", 4, UINT64_MAX));
    CHECK_OK(sessions_session_set_int64(session, "zero", 4, 0));
    CHECK_OK(sessions_session_set_json(session, "deep", 4, "[[{\"a\":-9223372036854775808}]]", SESSIONS_NUL_TERMINATED,
                                       &failure));
    for (round = 0; round < 2; round++) {
      const char *json = NULL;
      size_t length = 0;
      check_int64_at(session, "min", INT64_MIN);
      check_int64_at(session, "max", INT64_MAX);
      check_uint64_at(session, "umax", UINT64_MAX);
      check_int64_at(session, "zero", 0);
      CHECK_OK(sessions_session_get_json(session, "deep", 4, &json, &length));
      CHECK(strstr(json, "-9223372036854775808") != NULL);
      if (round == 0) {
        session = world_reload(manager, session);
      }
    }
    sessions_session_free(session);
    sessions_manager_free(manager);
  }
}

static void test_doubles(void) {
  static const double values[] = {
      0.0,  0.1,    -0.1, 1.0,   1.5,    -1.0,    3.141592653589793, 1e-4,    1e-5,        1e15,   1e16,
      1e17, 1e21,   1e22, 1e100, 1e-100, DBL_MAX, -DBL_MAX,          DBL_MIN, DBL_EPSILON, 5e-324, 9007199254740993.0,
      0.3,  1.0 / 3};
  size_t i;
  size_t j;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    sessions_session *session = world_load(manager, NULL);
    int round;
    char key[8];
    for (j = 0; j < sizeof values / sizeof *values; j++) {
      snprintf(key, sizeof key, "%d", (int)j);
      CHECK_OK(sessions_session_set_double(session, key, strlen(key), values[j]));
    }
    CHECK_OK(sessions_session_set_double(session, "-0", 2, -0.0));
    for (round = 0; round < 2; round++) {
      double read = 7;
      int64_t integer = 7;
      for (j = 0; j < sizeof values / sizeof *values; j++) {
        snprintf(key, sizeof key, "%d", (int)j);
        CHECK_OK(sessions_session_get_double(session, key, strlen(key), &read));
        CHECK(memcmp(&read, &values[j], sizeof read) == 0);
        CHECK_INT(type_of(session, key), SESSIONS_TYPE_DOUBLE);
        CHECK_STATUS(sessions_session_get_int64(session, key, strlen(key), &integer), SESSIONS_E_RANGE);
      }
      CHECK_OK(sessions_session_get_double(session, "-0", 2, &read));
      CHECK(read == 0 && signbit(read));
      if (round == 0) {
        session = world_reload(manager, session);
      }
    }
    CHECK_STATUS(sessions_session_set_double(session, "bad", 3, HUGE_VAL), SESSIONS_E_INVALID);
    CHECK_STATUS(sessions_session_set_double(session, "bad", 3, -HUGE_VAL), SESSIONS_E_INVALID);
    CHECK_STATUS(sessions_session_set_double(session, "bad", 3, (double)NAN), SESSIONS_E_INVALID);
    CHECK_STATUS(sessions_session_get_null(session, "bad", 3), SESSIONS_E_NOT_FOUND);
    sessions_session_free(session);
    sessions_manager_free(manager);
  }
}

static void test_increment(void) {
  sessions_manager *manager = world_manager(&world, "memory:");
  sessions_session *session = world_load(manager, NULL);
  int64_t sum = 0;
  CHECK_OK(sessions_session_increment(session, "n", 1, 5, &sum));
  CHECK_INT(sum, 5);
  CHECK_OK(sessions_session_increment(session, "n", 1, -7, &sum));
  CHECK_INT(sum, -2);
  CHECK_OK(sessions_session_increment(session, "n", 1, 0, NULL));
  check_int64_at(session, "n", -2);
  CHECK_OK(sessions_session_increment(session, "zero", 4, 0, &sum));
  check_int64_at(session, "zero", 0);
  CHECK_OK(sessions_session_increment(session, "max", 3, INT64_MAX, &sum));
  sum = 77;
  CHECK_STATUS(sessions_session_increment(session, "max", 3, 1, &sum), SESSIONS_E_RANGE);
  CHECK_OK(sessions_session_increment(session, "min", 3, INT64_MIN, NULL));
  CHECK_STATUS(sessions_session_increment(session, "min", 3, -1, &sum), SESSIONS_E_RANGE);
  CHECK_STATUS(sessions_session_increment(session, "min", 3, INT64_MIN, &sum), SESSIONS_E_RANGE);
  CHECK_INT(sum, 77);
  check_int64_at(session, "max", INT64_MAX);
  check_int64_at(session, "min", INT64_MIN);
  CHECK_OK(sessions_session_increment(session, "min", 3, INT64_MAX, &sum));
  CHECK_INT(sum, -1);
  sum = 77;
  CHECK_OK(sessions_session_set_string(session, "s", 1, "1", 1));
  CHECK_STATUS(sessions_session_increment(session, "s", 1, 1, &sum), SESSIONS_E_TYPE);
  CHECK_OK(sessions_session_set_null(session, "s", 1));
  CHECK_STATUS(sessions_session_increment(session, "s", 1, 1, &sum), SESSIONS_E_TYPE);
  CHECK_OK(sessions_session_set_bool(session, "s", 1, 1));
  CHECK_STATUS(sessions_session_increment(session, "s", 1, 1, &sum), SESSIONS_E_TYPE);
  CHECK_OK(sessions_session_set_json(session, "s", 1, "[1]", 3, &failure));
  CHECK_STATUS(sessions_session_increment(session, "s", 1, 1, &sum), SESSIONS_E_TYPE);
  CHECK_OK(sessions_session_set_double(session, "d", 1, 1.0));
  CHECK_STATUS(sessions_session_increment(session, "d", 1, 1, &sum), SESSIONS_E_RANGE);
  CHECK_OK(sessions_session_set_uint64(session, "u", 1, UINT64_C(9223372036854775808)));
  CHECK_STATUS(sessions_session_increment(session, "u", 1, -1, &sum), SESSIONS_E_RANGE);
  CHECK_INT(sum, 77);
  session = world_reload(manager, session);
  check_int64_at(session, "n", -2);
  CHECK_OK(sessions_session_increment(session, "n", 1, 100, &sum));
  CHECK_INT(sum, 98);
  CHECK_OK(sessions_session_remove(session, "n", 1));
  CHECK_OK(sessions_session_increment(session, "n", 1, 3, &sum));
  CHECK_INT(sum, 3);
  CHECK_OK(sessions_session_set_int64(session, "n", 1, 10));
  CHECK_OK(sessions_session_increment(session, "n", 1, 1, &sum));
  CHECK_INT(sum, 11);
  session = world_reload(manager, session);
  check_int64_at(session, "n", 11);
  sessions_session_free(session);
  sessions_manager_free(manager);
}

/* Deltas that together are no int64, though the sum is one: refused or done, but never stored as something else. */
static void test_increments_that_are_large_together(void) {
  sessions_manager *manager = world_manager(&world, "memory:");
  char *cookie = world_store(manager, "{\"n\":-1}");
  sessions_session *session = world_load(manager, cookie);
  sessions_status status;
  int64_t sum = 0;
  int64_t expected;
  CHECK_OK(sessions_session_increment(session, "n", 1, INT64_MAX, &sum));
  CHECK_INT(sum, INT64_MAX - 1);
  status = sessions_session_increment(session, "n", 1, 1, &sum);
  CHECK(status == SESSIONS_OK || status == SESSIONS_E_RANGE);
  expected = status == SESSIONS_OK ? INT64_MAX : INT64_MAX - 1;
  CHECK_INT(sum, expected);
  check_int64_at(session, "n", expected);
  session = world_reload(manager, session);
  check_int64_at(session, "n", expected);
  sessions_session_free(session);
  free(cookie);
  sessions_manager_free(manager);
}

int main(void) {
  world_begin(&world);
  test_integers_at_every_magnitude();
  test_the_ends_of_the_integers();
  test_doubles();
  test_increment();
  test_increments_that_are_large_together();
  return check_result();
}
