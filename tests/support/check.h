/* Checks for programs in C. A failed check says where and what, and the program goes on; main() returns check_result().
 *
 * Calls that take an error are written with `&failure`: the checks see to it that it is always written, fits the status
 * and never gives away a secret. */
#ifndef CHECK_H
#define CHECK_H

#include <inttypes.h>
#include <sessions.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_count;
static int check_failures;
static sessions_error *failure;
static const char *check_secrets[16];

/* What no message may hold, from now on. */
static inline void check_keep_secret(const char *secret) {
  size_t i = 0;
  while (check_secrets[i] != NULL) {
    i++;
  }
  check_secrets[i] = secret;
}

static inline void check_that(int holds, const char *what, const char *file, int line) {
  check_count++;
  if (!holds) {
    check_failures++;
    printf("%s:%d: failed: %s\n", file, line, what);
  }
}

static inline void check_require(int holds, const char *what, const char *file, int line) {
  check_that(holds, what, file, line);
  if (!holds) {
    printf("cannot go on\n");
    exit(EXIT_FAILURE);
  }
}

static inline void check_int(int64_t actual, int64_t expected, const char *what, const char *file, int line) {
  check_that(actual == expected, what, file, line);
  if (actual != expected) {
    printf("    is %" PRId64 ", should be %" PRId64 "\n", actual, expected);
  }
}

static inline void check_bytes(const char *actual, size_t actual_len, const char *expected, size_t expected_len,
                               const char *what, const char *file, int line) {
  int same = actual != NULL && actual_len == expected_len && memcmp(actual, expected, expected_len) == 0;
  check_that(same, what, file, line);
  check_that(actual == NULL || actual[actual_len] == '\0', "results are NUL-terminated", file, line);
  if (!same && actual_len < 1000 && expected_len < 1000) {
    printf("    is \"%s\", should be \"%s\"\n", actual == NULL ? "(NULL)" : actual, expected);
  }
}

/* A message is one line of UTF-8 for people, and holds no secret. */
static inline void check_message(const char *message, const char *file, int line) {
  size_t i;
  check_that(message[0] != '\0', "the message is not empty", file, line);
  for (i = 0; message[i] != '\0'; i++) {
    if ((unsigned char)message[i] < 0x20 || message[i] == 0x7f) {
      check_that(0, "the message has no control characters", file, line);
      break;
    }
  }
  for (i = 0; check_secrets[i] != NULL; i++) {
    check_that(strstr(message, check_secrets[i]) == NULL, "the message gives nothing away", file, line);
  }
}

static inline sessions_error *check_nobody(void) {
  static char nobody;
  return (sessions_error *)(void *)&nobody;
}

static inline void check_arm(void) { failure = check_nobody(); }

static inline void check_status(sessions_status status, sessions_status expected, const char *word, const char *what,
                                const char *file, int line) {
  int has_error = strstr(what, "&failure") != NULL;
  check_that(status == expected, what, file, line);
  if (status != expected) {
    printf("    is %s, should be %s\n", sessions_status_name(status), sessions_status_name(expected));
  }
  if (!has_error) {
    return;
  }
  check_that(failure != check_nobody(), "the error is written", file, line);
  if (failure == check_nobody()) {
    return;
  }
  check_that((failure == NULL) == (status == SESSIONS_OK), "there is an error exactly on failure", file, line);
  if (failure != NULL) {
    const char *message = sessions_error_message(failure);
    check_that(sessions_error_status(failure) == status, "the error has the status that was returned", file, line);
    check_message(message, file, line);
    int is_named = word == NULL || strstr(message, word) != NULL;
    check_that(is_named, "the message has the word", file, line);
    if (status != expected || !is_named) {
      printf("    %s: \"%s\"%s%s\n", what, message, word == NULL ? "" : ", word: ", word == NULL ? "" : word);
    }
  }
  sessions_error_free(failure);
  failure = NULL;
}

#define CHECK(condition) check_that((condition) ? 1 : 0, #condition, __FILE__, __LINE__)
#define CHECK_INT(actual, expected) check_int((int64_t)(actual), (int64_t)(expected), #actual, __FILE__, __LINE__)
#define CHECK_TEXT(actual, actual_len, expected) \
  check_bytes(actual, actual_len, expected, strlen(expected), #actual, __FILE__, __LINE__)
#define CHECK_BYTES(actual, actual_len, expected, expected_len) \
  check_bytes(actual, actual_len, expected, expected_len, #actual, __FILE__, __LINE__)

#define CHECK_OK(call) (check_arm(), check_status((call), SESSIONS_OK, NULL, #call, __FILE__, __LINE__))
#define CHECK_STATUS(call, expected) (check_arm(), check_status((call), expected, NULL, #call, __FILE__, __LINE__))

/* The message of the error must have the word in it. */
#define CHECK_FAILS(call, expected, word) (check_arm(), check_status((call), expected, word, #call, __FILE__, __LINE__))

/* For what a test cannot go on without. */
#define REQUIRE(condition) check_require((condition) ? 1 : 0, #condition, __FILE__, __LINE__)

static inline int check_result(void) {
  printf("%d checks, %d failed\n", check_count, check_failures);
  return check_failures == 0 && check_count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
