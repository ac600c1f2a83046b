/* Loading: what a Cookie header or a value leads to, and when a session may be loaded. */
#include <support/world.h>

static struct world world;

/* Of {"a": 1}, signed with WORLD_KEY at WORLD_NOW; likewise below. */
#define SIGNED_GOOD "eyJhIjogMX0uWlZQeEFBLjVObDBGOFYtbUNBM2psZDEySXNCeVZmam82RQ=="
#define PLAIN_GOOD "eyJhIjogMX0="

static sessions_session *const nobody = (sessions_session *)(void *)&world;

static void check_origin(const sessions_manager *manager, const char *header, int32_t origin, const char *json) {
  sessions_session *session = world_load(manager, header);
  CHECK_INT(sessions_session_origin(session), origin);
  if (sessions_session_origin(session) != origin) {
    printf("    header: %s\n", header);
  }
  CHECK_JSON(session, json);
  CHECK_INT(sessions_session_origin(session), origin);
  sessions_session_free(session);
}

static void check_value_origin(const sessions_manager *manager, const char *value, int32_t origin) {
  sessions_session *session = NULL;
  CHECK_OK(sessions_manager_load_value(manager, value, strlen(value), &session, &failure));
  CHECK_INT(sessions_session_origin(session), origin);
  if (sessions_session_origin(session) != origin) {
    printf("    value: %s\n", value);
  }
  sessions_session_free(session);
}

static void test_null(void) {
  sessions_manager *manager = world_manager(&world, "memory:");
  sessions_session *session = nobody;
  CHECK_FAILS(sessions_manager_load(NULL, "a=b", 3, &session, &failure), SESSIONS_E_INVALID, "manager");
  CHECK(session == NULL);
  session = nobody;
  CHECK_FAILS(sessions_manager_load(manager, NULL, 3, &session, &failure), SESSIONS_E_INVALID, "cookie_header");
  CHECK(session == NULL);
  session = nobody;
  CHECK_FAILS(sessions_manager_load(manager, NULL, SESSIONS_NUL_TERMINATED, &session, &failure), SESSIONS_E_INVALID,
              "cookie_header");
  CHECK(session == NULL);
  CHECK_FAILS(sessions_manager_load(manager, "a=b", SIZE_MAX - 1, &session, &failure), SESSIONS_E_INVALID,
              "cookie_header");
  CHECK_FAILS(sessions_manager_load(manager, "a=b", 3, NULL, &failure), SESSIONS_E_INVALID, "session");
  session = nobody;
  CHECK_FAILS(sessions_manager_load_value(NULL, "b", 1, &session, &failure), SESSIONS_E_INVALID, "manager");
  CHECK(session == NULL);
  session = nobody;
  CHECK_FAILS(sessions_manager_load_value(manager, NULL, 1, &session, &failure), SESSIONS_E_INVALID, "cookie_value");
  CHECK(session == NULL);
  CHECK_FAILS(sessions_manager_load_value(manager, "b", 1, NULL, &failure), SESSIONS_E_INVALID, "session");
  session = nobody;
  CHECK_FAILS(sessions_session_new(NULL, &session, &failure), SESSIONS_E_INVALID, "manager");
  CHECK(session == NULL);
  CHECK_FAILS(sessions_session_new(manager, NULL, &failure), SESSIONS_E_INVALID, "session");
  CHECK_FAILS(sessions_session_load(NULL, "a=b", 3, &failure), SESSIONS_E_INVALID, "session");
  CHECK_FAILS(sessions_session_load_value(NULL, "b", 1, &failure), SESSIONS_E_INVALID, "session");
  CHECK_FAILS(sessions_session_set_timeout_ms(NULL, 1, &failure), SESSIONS_E_INVALID, "session");
  CHECK_STATUS(sessions_session_load(NULL, "a=b", 3, NULL), SESSIONS_E_INVALID);
  CHECK_OK(sessions_session_new(manager, &session, &failure));
  CHECK_FAILS(sessions_session_load(session, NULL, 3, &failure), SESSIONS_E_INVALID, "cookie_header");
  CHECK_FAILS(sessions_session_load_value(session, NULL, 3, &failure), SESSIONS_E_INVALID, "cookie_value");
  CHECK_OK(sessions_session_load(session, NULL, 0, &failure));
  sessions_session_free(session);
  CHECK_INT(sessions_session_origin(NULL), SESSIONS_ORIGIN_NEW);
  sessions_session_free(NULL);
  sessions_manager_free(manager);
}

static void test_no_cookie(void) {
  static const char *const headers[] = {"",
                                        ";",
                                        "; ;;",
                                        "other=1",
                                        "Session=1",
                                        "session",
                                        "xsession=1",
                                        "=session",
                                        "session2=1; a=session=1",
                                        "\"session\"=1"};
  size_t i;
  size_t j;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_config *config = world_config(&world);
    sessions_manager *manager;
    sessions_session *session = NULL;
    CHECK_OK(sessions_config_set_plain_http(config, &failure));
    manager = world_manager_from(world_urls[i], config);
    for (j = 0; j < sizeof headers / sizeof *headers; j++) {
      check_origin(manager, headers[j], SESSIONS_ORIGIN_NEW, "{}");
    }
    CHECK_OK(sessions_manager_load(manager, NULL, 0, &session, &failure));
    CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_NEW);
    sessions_session_free(session);
    CHECK_OK(sessions_manager_load_value(manager, NULL, 0, &session, &failure));
    CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_NEW);
    sessions_session_free(session);
    check_value_origin(manager, "", SESSIONS_ORIGIN_NEW);
    sessions_manager_free(manager);
  }
}

static void test_what_a_header_may_look_like(void) {
  static const char *const headers[] = {
      "__Host-session=" SIGNED_GOOD,
      "  __Host-session=" SIGNED_GOOD "  ",
      "a=b; __Host-session=" SIGNED_GOOD "; c=d",
      "a=b;__Host-session=" SIGNED_GOOD ";c=d",
      ";;; __Host-session \t=\t " SIGNED_GOOD " ;",
      "\x80\xff=\x01; __Host-session=" SIGNED_GOOD,
      "a=__Host-session=1; __Host-session=" SIGNED_GOOD,
  };
  sessions_manager *manager = world_manager(&world, "signed-cookie:");
  sessions_session *session = NULL;
  size_t i;
  for (i = 0; i < sizeof headers / sizeof *headers; i++) {
    check_origin(manager, headers[i], SESSIONS_ORIGIN_RESTORED, "{\"a\":1}");
    CHECK_OK(sessions_manager_load(manager, headers[i], SESSIONS_NUL_TERMINATED, &session, &failure));
    CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
    sessions_session_free(session);
  }
  check_origin(manager, "__Host-session=\"" SIGNED_GOOD "\"", SESSIONS_ORIGIN_REFUSED_MALFORMED, "{}");
  check_origin(manager, "__host-session=" SIGNED_GOOD, SESSIONS_ORIGIN_NEW, "{}");
  check_value_origin(manager, SIGNED_GOOD, SESSIONS_ORIGIN_RESTORED);
  CHECK_OK(sessions_manager_load(manager, "a=\0b; __Host-session=" SIGNED_GOOD, 21 + strlen(SIGNED_GOOD), &session,
                                 &failure));
  CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
  sessions_session_free(session);
  sessions_manager_free(manager);
}

static void test_refusals_of_signed_cookies(void) {
  static const struct {
    const char *value;
    int32_t origin;
  } cases[] = {
      {SIGNED_GOOD, SESSIONS_ORIGIN_RESTORED},
      {"no base64!", SESSIONS_ORIGIN_REFUSED_MALFORMED},
      {"e", SESSIONS_ORIGIN_REFUSED_MALFORMED},
      {PLAIN_GOOD, SESSIONS_ORIGIN_REFUSED_MALFORMED},
      {"eyJhIjogMX0uWlZQeEFBLjVObDBGOFYtbUNBM2psZDEySXNCeVZmam82RQ", SESSIONS_ORIGIN_REFUSED_MALFORMED},
      {"eyJhIjogMX0uWlZQeEFBLnk4VWNpb0lBZTJpMWxtWXpxX3FNOFhOV3M4Zw==", SESSIONS_ORIGIN_REFUSED_SIGNATURE},
      {"eyJhIjogMX0uWlZQeEFBPS5Ndm92UnJlNmlkdGFjWV94aTh4NVJBem9VTUU=", SESSIONS_ORIGIN_REFUSED_MALFORMED},
      {"eyJhIjogMX0uZlVpZXlrS2U2YmhUYVVsRUUxVkdjQlhCUkFz", SESSIONS_ORIGIN_REFUSED_MALFORMED},
      {"eyJhIjogMX0uQUFBQUFBQUFBQUFBQUFBLjVETHNwN1c2OFEtbWlyb0stRkJhQ25IMVZYUQ==", SESSIONS_ORIGIN_REFUSED_MALFORMED},
      {"eyJhIjogMX0uX19fX19fX19fXzgucWpMTVRQRW9selVHYjV2dlFJUnpNNFRtMHd3", SESSIONS_ORIGIN_REFUSED_MALFORMED},
      {"eyJhIjogMX0uZl9fX19fX19fXzgubXVoWk84STF6SEZpVzdCWE5vekJ0SUV2MjBF", SESSIONS_ORIGIN_REFUSED_FUTURE},
      {"eyJhIjogMX0uLkppOWkzSGI0bG1CSWlxRVNycVZQdWZaSndLOA==", SESSIONS_ORIGIN_REFUSED_EXPIRED},
      {"WzFdLlpWUHhBQS5qNENISDdYUGF2VmdLaFFpX1dvYkNxeVpSZ1k=", SESSIONS_ORIGIN_REFUSED_CONTENT},
      {"bm8ganNvbi5aVlB4QUEuYzQ4dzlYYW5jN2RWby1mbnBzQ1k1UlRfT2s0", SESSIONS_ORIGIN_REFUSED_CONTENT},
      {"LlpWUHhBQS5YcGtMTXBiQm5PMGtzaTJvRU9KN3FxVzRVX2c=", SESSIONS_ORIGIN_REFUSED_CONTENT},
      {"eyJhIjogMX0geC5aVlB4QUEuSmk2TkVONi1BWDVXMDNEaUVHR3puU3ltVVpj", SESSIONS_ORIGIN_REFUSED_CONTENT},
      {"eyJhIjogMSwgImEiOiAyfS5aVlB4QUEuWV9qc1BWdFk2bTBON2d0VXBEdzF2S0dENmpz", SESSIONS_ORIGIN_REFUSED_CONTENT},
  };
  sessions_manager *manager = world_manager(&world, "signed-cookie:");
  size_t i;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    check_value_origin(manager, cases[i].value, cases[i].origin);
  }
  check_origin(manager, "__Host-session=", SESSIONS_ORIGIN_REFUSED_MALFORMED, "{}");
  world.now = WORLD_NOW - 1;
  check_value_origin(manager, SIGNED_GOOD, SESSIONS_ORIGIN_REFUSED_FUTURE);
  world.now = WORLD_NOW + 1209600;
  check_value_origin(manager, SIGNED_GOOD, SESSIONS_ORIGIN_RESTORED);
  world.now = WORLD_NOW + 1209601;
  check_value_origin(manager, SIGNED_GOOD, SESSIONS_ORIGIN_REFUSED_EXPIRED);
  world.now = 0;
  check_value_origin(manager, "eyJhIjogMX0uLkppOWkzSGI0bG1CSWlxRVNycVZQdWZaSndLOA==", SESSIONS_ORIGIN_RESTORED);
  world.now = -1;
  check_value_origin(manager, "eyJhIjogMX0uLkppOWkzSGI0bG1CSWlxRVNycVZQdWZaSndLOA==", SESSIONS_ORIGIN_REFUSED_FUTURE);
  world.now = WORLD_NOW;
  sessions_manager_free(manager);
}

static void test_refusals_of_plain_cookies(void) {
  static const struct {
    const char *value;
    int32_t origin;
  } cases[] = {
      {PLAIN_GOOD, SESSIONS_ORIGIN_RESTORED},
      {"e30=", SESSIONS_ORIGIN_RESTORED},
      {"eyJhIjogMX0", SESSIONS_ORIGIN_REFUSED_MALFORMED},
      {"eyJhIjogMX1=", SESSIONS_ORIGIN_REFUSED_MALFORMED},
      {"!", SESSIONS_ORIGIN_REFUSED_MALFORMED},
      {"None", SESSIONS_ORIGIN_REFUSED_CONTENT},
      {"WzFd", SESSIONS_ORIGIN_REFUSED_CONTENT},
      {SIGNED_GOOD, SESSIONS_ORIGIN_REFUSED_CONTENT},
  };
  sessions_manager *manager = world_manager(&world, "cookie:");
  size_t i;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    check_value_origin(manager, cases[i].value, cases[i].origin);
  }
  check_origin(manager, "__Host-session=", SESSIONS_ORIGIN_REFUSED_MALFORMED, "{}");
  sessions_manager_free(manager);
}

static void test_refusals_of_ids(void) {
  static const char *const malformed[] = {
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+",  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\x80",
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "None",
  };
  sessions_manager *manager = world_manager(&world, "memory:");
  char *cookie = world_store(manager, "{\"a\":1}");
  size_t i;
  for (i = 0; i < sizeof malformed / sizeof *malformed; i++) {
    check_value_origin(manager, malformed[i], SESSIONS_ORIGIN_REFUSED_MALFORMED);
  }
  check_value_origin(manager, "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE", SESSIONS_ORIGIN_REFUSED_UNKNOWN);
  check_origin(manager, "__Host-session=", SESSIONS_ORIGIN_REFUSED_MALFORMED, "{}");
  check_origin(manager, cookie, SESSIONS_ORIGIN_RESTORED, "{\"a\":1}");
  world.now += 1209600;
  check_origin(manager, cookie, SESSIONS_ORIGIN_RESTORED, "{\"a\":1}");
  world.now += 1;
  check_origin(manager, cookie, SESSIONS_ORIGIN_REFUSED_EXPIRED, "{}");
  world.now = WORLD_NOW;
  free(cookie);
  sessions_manager_free(manager);
}

/* A client's unknown id never becomes a session. */
static void test_an_unknown_id_is_not_taken_over(void) {
  const char *const foreign = "__Host-session=_____________________________________________8";
  char header[64];
  sessions_manager *manager = world_manager(&world, "memory:");
  sessions_session *session;
  char *cookie;
  snprintf(header, sizeof header, "%.57s8", foreign);
  session = world_load(manager, header);
  CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_REFUSED_UNKNOWN);
  CHECK_OK(sessions_session_set_int64(session, "a", 1, 1));
  CHECK_OK(sessions_session_commit(session, &failure));
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_CREATED);
  cookie = world_cookie(session);
  CHECK(strcmp(cookie, header) != 0);
  check_origin(manager, header, SESSIONS_ORIGIN_REFUSED_UNKNOWN, "{}");
  check_origin(manager, cookie, SESSIONS_ORIGIN_RESTORED, "{\"a\":1}");
  free(cookie);
  sessions_session_free(session);
  sessions_manager_free(manager);
}

/* Candidates: `bad` of the session's name, then a good one. */
static void check_candidates(size_t i, int bad, int32_t origin) {
  sessions_manager *manager = world_manager(&world, world_urls[i]);
  char *cookie = world_store(manager, "{\"a\":1}");
  char header[1024] = "";
  int infos = world.infos;
  int n;
  for (n = 0; n < bad; n++) {
    strcat(header, "__Host-session=bad!; other=1; ");
  }
  strcat(header, cookie);
  check_origin(manager, header, origin, origin == SESSIONS_ORIGIN_RESTORED ? "{\"a\":1}" : "{}");
  CHECK_INT(world.infos - infos, bad == 0 ? 0 : 1);
  free(cookie);
  sessions_manager_free(manager);
}

static void test_of_several_candidates_the_first_good_one_wins(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    char *first = world_store(manager, "{\"n\":1}");
    char *second = world_store(manager, "{\"n\":2}");
    char header[1024];
    check_candidates(i, 0, SESSIONS_ORIGIN_RESTORED);
    check_candidates(i, 1, SESSIONS_ORIGIN_RESTORED);
    check_candidates(i, 7, SESSIONS_ORIGIN_RESTORED);
    check_candidates(i, 8, SESSIONS_ORIGIN_REFUSED_MALFORMED);
    check_candidates(i, 20, SESSIONS_ORIGIN_REFUSED_MALFORMED);
    snprintf(header, sizeof header, "__Host-session=bad!; %s; %s", second, first);
    check_origin(manager, header, SESSIONS_ORIGIN_RESTORED, "{\"n\":2}");
    free(second);
    free(first);
    sessions_manager_free(manager);
  }
}

static void test_several_keys_verify(void) {
  static const char *const keys[] = {"the new key, which signs from now on", WORLD_KEY};
  sessions_config *config = world_config(&world);
  sessions_manager *both;
  sessions_manager *only_old = world_manager(&world, "signed-cookie:");
  sessions_session *session;
  char *cookie;
  CHECK_OK(sessions_config_add_key(config, keys[0], SESSIONS_NUL_TERMINATED, &failure));
  both = world_manager_from("signed-cookie:", config);
  session = world_load(both, "__Host-session=" SIGNED_GOOD);
  CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
  CHECK_OK(sessions_session_set_int64(session, "a", 1, 2));
  CHECK_OK(sessions_session_commit(session, &failure));
  cookie = world_cookie(session);
  check_origin(only_old, cookie, SESSIONS_ORIGIN_REFUSED_SIGNATURE, "{}");
  check_origin(both, cookie, SESSIONS_ORIGIN_RESTORED, "{\"a\":2}");
  free(cookie);
  sessions_session_free(session);
  sessions_manager_free(only_old);
  sessions_manager_free(both);
}

static void test_a_session_is_loaded_once_and_before_use(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    char *cookie = world_store(manager, "{\"a\":1}");
    sessions_session *session = NULL;
    int32_t contains = 0;

    CHECK_OK(sessions_session_new(manager, &session, &failure));
    CHECK_OK(sessions_session_set_timeout_ms(session, 1000, &failure));
    CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_NEW);
    CHECK_OK(sessions_session_load(session, cookie, strlen(cookie), &failure));
    CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
    CHECK_FAILS(sessions_session_load(session, NULL, 0, &failure), SESSIONS_E_MISUSE, "loaded");
    CHECK_FAILS(sessions_session_load_value(session, "x", 1, &failure), SESSIONS_E_MISUSE, "loaded");
    CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
    CHECK_JSON(session, "{\"a\":1}");
    sessions_session_free(session);

    CHECK_OK(sessions_session_new(manager, &session, NULL));
    CHECK_OK(sessions_session_load_value(session, world_value(cookie), SESSIONS_NUL_TERMINATED, &failure));
    CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
    sessions_session_free(session);

    CHECK_OK(sessions_session_new(manager, &session, NULL));
    CHECK_OK(sessions_session_contains(session, "a", 1, &contains));
    CHECK_STATUS(sessions_session_load(session, cookie, strlen(cookie), NULL), SESSIONS_E_MISUSE);
    CHECK_JSON(session, "{}");
    sessions_session_free(session);

    CHECK_OK(sessions_session_new(manager, &session, NULL));
    CHECK_OK(sessions_session_set_int64(session, "b", 1, 2));
    CHECK_FAILS(sessions_session_load(session, cookie, strlen(cookie), &failure), SESSIONS_E_MISUSE, "used");
    CHECK_JSON(session, "{\"b\":2}");
    CHECK_OK(sessions_session_commit(session, &failure));
    CHECK_FAILS(sessions_session_load(session, cookie, strlen(cookie), &failure), SESSIONS_E_MISUSE, "used");
    sessions_session_free(session);

    session = world_load(manager, NULL);
    CHECK_FAILS(sessions_session_load(session, cookie, strlen(cookie), &failure), SESSIONS_E_MISUSE, "loaded");
    sessions_session_free(session);
    free(cookie);
    sessions_manager_free(manager);
  }
}

static void test_timeouts(void) {
  static const int64_t bad[] = {0, -1, 3600001, INT64_MIN, INT64_MAX};
  sessions_manager *manager = world_manager(&world, "memory:");
  sessions_session *session = NULL;
  size_t i;
  CHECK_OK(sessions_session_new(manager, &session, &failure));
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    CHECK_FAILS(sessions_session_set_timeout_ms(session, bad[i], &failure), SESSIONS_E_INVALID, "timeout");
  }
  CHECK_OK(sessions_session_set_timeout_ms(session, 1, &failure));
  CHECK_OK(sessions_session_set_timeout_ms(session, 3600000, &failure));
  sessions_session_free(session);
  sessions_manager_free(manager);
}

int main(void) {
  world_begin(&world);
  check_keep_secret(WORLD_KEY);
  check_keep_secret(SIGNED_GOOD);
  test_null();
  test_no_cookie();
  test_what_a_header_may_look_like();
  test_refusals_of_signed_cookies();
  test_refusals_of_plain_cookies();
  test_refusals_of_ids();
  test_an_unknown_id_is_not_taken_over();
  test_of_several_candidates_the_first_good_one_wins();
  test_several_keys_verify();
  test_a_session_is_loaded_once_and_before_use();
  test_timeouts();
  return check_result();
}
