/* Statuses, errors, the version. */
#include <support/check.h>

static const struct {
  sessions_status status;
  const char *name;
  int32_t category;
} known[] = {
    {0, "SESSIONS_OK", SESSIONS_CATEGORY_OK},
    {1, "SESSIONS_PENDING", SESSIONS_CATEGORY_OK},
    {-101, "SESSIONS_E_INVALID", SESSIONS_CATEGORY_CALLER},
    {-102, "SESSIONS_E_MISUSE", SESSIONS_CATEGORY_CALLER},
    {-103, "SESSIONS_E_TYPE", SESSIONS_CATEGORY_CALLER},
    {-104, "SESSIONS_E_RANGE", SESSIONS_CATEGORY_CALLER},
    {-105, "SESSIONS_E_NOT_FOUND", SESSIONS_CATEGORY_CALLER},
    {-106, "SESSIONS_E_LIMIT", SESSIONS_CATEGORY_CALLER},
    {-107, "SESSIONS_E_UNSUPPORTED", SESSIONS_CATEGORY_CALLER},
    {-108, "SESSIONS_E_CANCELED", SESSIONS_CATEGORY_CALLER},
    {-201, "SESSIONS_E_UNAVAILABLE", SESSIONS_CATEGORY_ENVIRONMENT},
    {-202, "SESSIONS_E_TIMEOUT", SESSIONS_CATEGORY_ENVIRONMENT},
    {-203, "SESSIONS_E_UNKNOWN", SESSIONS_CATEGORY_ENVIRONMENT},
    {-204, "SESSIONS_E_RANDOM", SESSIONS_CATEGORY_ENVIRONMENT},
    {-205, "SESSIONS_E_BUSY", SESSIONS_CATEGORY_ENVIRONMENT},
    {-206, "SESSIONS_E_FULL", SESSIONS_CATEGORY_ENVIRONMENT},
    {-207, "SESSIONS_E_READ_ONLY", SESSIONS_CATEGORY_ENVIRONMENT},
    {-301, "SESSIONS_E_CORRUPT", SESSIONS_CATEGORY_STORED_DATA},
    {-302, "SESSIONS_E_NEWER", SESSIONS_CATEGORY_STORED_DATA},
    {-401, "SESSIONS_E_NOMEM", SESSIONS_CATEGORY_INTERNAL},
    {-402, "SESSIONS_E_INTERNAL", SESSIONS_CATEGORY_INTERNAL},
    {-501, "SESSIONS_E_CALLBACK", SESSIONS_CATEGORY_CALLBACK},
};

static void test_numbers_are_frozen(void) {
  CHECK_INT(SESSIONS_E_INVALID, -101);
  CHECK_INT(SESSIONS_E_MISUSE, -102);
  CHECK_INT(SESSIONS_E_TYPE, -103);
  CHECK_INT(SESSIONS_E_RANGE, -104);
  CHECK_INT(SESSIONS_E_NOT_FOUND, -105);
  CHECK_INT(SESSIONS_E_LIMIT, -106);
  CHECK_INT(SESSIONS_E_UNSUPPORTED, -107);
  CHECK_INT(SESSIONS_E_CANCELED, -108);
  CHECK_INT(SESSIONS_E_UNAVAILABLE, -201);
  CHECK_INT(SESSIONS_E_TIMEOUT, -202);
  CHECK_INT(SESSIONS_E_UNKNOWN, -203);
  CHECK_INT(SESSIONS_E_RANDOM, -204);
  CHECK_INT(SESSIONS_E_BUSY, -205);
  CHECK_INT(SESSIONS_E_FULL, -206);
  CHECK_INT(SESSIONS_E_READ_ONLY, -207);
  CHECK_INT(SESSIONS_E_CORRUPT, -301);
  CHECK_INT(SESSIONS_E_NEWER, -302);
  CHECK_INT(SESSIONS_E_NOMEM, -401);
  CHECK_INT(SESSIONS_E_INTERNAL, -402);
  CHECK_INT(SESSIONS_E_CALLBACK, -501);
}

static void test_every_status_has_name_message_and_category(void) {
  size_t i;
  size_t j;
  for (i = 0; i < sizeof known / sizeof *known; i++) {
    const char *message = sessions_status_message(known[i].status);
    CHECK(strcmp(sessions_status_name(known[i].status), known[i].name) == 0);
    CHECK_INT(sessions_status_category(known[i].status), known[i].category);
    check_message(message, __FILE__, __LINE__);
    for (j = 0; j < i; j++) {
      CHECK(strcmp(message, sessions_status_message(known[j].status)) != 0);
    }
  }
}

static void test_numbers_that_are_no_status(void) {
  static const sessions_status others[] = {2, 7, 101, -1, -99, -100, -109, -199, -200, -600, INT32_MIN, INT32_MAX};
  size_t i;
  for (i = 0; i < sizeof others / sizeof *others; i++) {
    CHECK(strcmp(sessions_status_name(others[i]), "SESSIONS_E_?") == 0);
    check_message(sessions_status_message(others[i]), __FILE__, __LINE__);
  }
  CHECK_INT(sessions_status_category(-199), SESSIONS_CATEGORY_CALLER);
  CHECK_INT(sessions_status_category(-201), SESSIONS_CATEGORY_ENVIRONMENT);
  CHECK_INT(sessions_status_category(-299), SESSIONS_CATEGORY_ENVIRONMENT);
  CHECK_INT(sessions_status_category(-301), SESSIONS_CATEGORY_STORED_DATA);
  CHECK_INT(sessions_status_category(-399), SESSIONS_CATEGORY_STORED_DATA);
  CHECK_INT(sessions_status_category(-499), SESSIONS_CATEGORY_INTERNAL);
  CHECK_INT(sessions_status_category(-599), SESSIONS_CATEGORY_CALLBACK);
  CHECK_INT(sessions_status_category(-100), -1);
  CHECK_INT(sessions_status_category(-200), -1);
  CHECK_INT(sessions_status_category(-600), -1);
  CHECK_INT(sessions_status_category(2), -1);
  CHECK_INT(sessions_status_category(INT32_MIN), -1);
  CHECK_INT(sessions_status_category(INT32_MAX), -1);
}

static void test_no_error(void) {
  CHECK_INT(sessions_error_status(NULL), SESSIONS_OK);
  CHECK(strcmp(sessions_error_message(NULL), "") == 0);
  sessions_error_free(NULL);
}

static void test_errors_are_objects_of_their_own(void) {
  sessions_error *first = NULL;
  sessions_error *second = NULL;
  sessions_backend *backend = NULL;
  CHECK_STATUS(sessions_backend_open("one", 3, &backend, &first), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_backend_open("two:", 4, &backend, &second), SESSIONS_E_UNSUPPORTED);
  REQUIRE(first != NULL && second != NULL);
  CHECK_INT(sessions_error_status(first), SESSIONS_E_INVALID);
  CHECK(strstr(sessions_error_message(second), "two") != NULL);
  sessions_error_free(second);
  CHECK_INT(sessions_error_status(first), SESSIONS_E_INVALID);
  check_message(sessions_error_message(first), __FILE__, __LINE__);
  sessions_error_free(first);
}

static void test_an_error_is_always_written(void) {
  sessions_backend *backend = NULL;
  sessions_error *error = check_nobody();
  CHECK_STATUS(sessions_backend_open("memory:", 7, &backend, &error), SESSIONS_OK);
  CHECK(error == NULL);
  sessions_backend_free(backend);
  error = check_nobody();
  CHECK_STATUS(sessions_backend_open(NULL, 7, &backend, &error), SESSIONS_E_INVALID);
  CHECK(error != NULL && error != check_nobody());
  CHECK(backend == NULL);
  sessions_error_free(error);
  CHECK_STATUS(sessions_backend_open(NULL, 7, &backend, NULL), SESSIONS_E_INVALID);
}

static void test_version(void) {
  char expected[64];
  snprintf(expected, sizeof expected, "%d.%d.%d", SESSIONS_VERSION_MAJOR, SESSIONS_VERSION_MINOR,
           SESSIONS_VERSION_PATCH);
  CHECK(strcmp(sessions_version(), expected) == 0);
  CHECK(sessions_version() == sessions_version());
}

int main(void) {
  test_numbers_are_frozen();
  test_every_status_has_name_message_and_category();
  test_numbers_that_are_no_status();
  test_no_error();
  test_errors_are_objects_of_their_own();
  test_an_error_is_always_written();
  test_version();
  return check_result();
}
