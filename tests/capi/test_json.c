/* JSON in and out: whole sessions and single values. tests/hostile has the table of texts that are refused. */
#include <support/world.h>

static struct world world;
static sessions_manager *manager;
static sessions_session *session;

static void begin(void) {
  manager = world_manager(&world, "memory:");
  session = world_load(manager, NULL);
}

static void end(void) {
  sessions_session_free(session);
  sessions_manager_free(manager);
}

static void check_value(const char *key, const char *expected) {
  const char *json = NULL;
  size_t length = 0;
  CHECK_OK(sessions_session_get_json(session, key, strlen(key), &json, &length));
  CHECK_TEXT(json, length, expected);
}

static void test_null(void) {
  begin();
  CHECK_FAILS(sessions_session_set_json(NULL, "k", 1, "1", 1, &failure), SESSIONS_E_INVALID, "session");
  CHECK_FAILS(sessions_session_set_json(session, NULL, 1, "1", 1, &failure), SESSIONS_E_INVALID, "key");
  CHECK_FAILS(sessions_session_set_json(session, "k", 1, NULL, 1, &failure), SESSIONS_E_INVALID, "json");
  CHECK_FAILS(sessions_session_set_json(session, "k", 1, "1", SIZE_MAX - 1, &failure), SESSIONS_E_INVALID, "json");
  CHECK_FAILS(sessions_session_set_json(session, "k", 1, NULL, 0, &failure), SESSIONS_E_INVALID, NULL);
  CHECK_STATUS(sessions_session_set_json(session, "k", 1, NULL, 1, NULL), SESSIONS_E_INVALID);
  CHECK_FAILS(sessions_session_from_json(NULL, "{}", 2, &failure), SESSIONS_E_INVALID, "session");
  CHECK_FAILS(sessions_session_from_json(session, NULL, 2, &failure), SESSIONS_E_INVALID, "json");
  CHECK_FAILS(sessions_session_from_json(session, NULL, SESSIONS_NUL_TERMINATED, &failure), SESSIONS_E_INVALID, "json");
  CHECK_FAILS(sessions_session_from_json(session, "{}", SIZE_MAX - 1, &failure), SESSIONS_E_INVALID, "json");
  CHECK_FAILS(sessions_session_from_json(session, NULL, 0, &failure), SESSIONS_E_INVALID, NULL);
  CHECK_STATUS(sessions_session_from_json(session, NULL, 0, NULL), SESSIONS_E_INVALID);
  CHECK_JSON(session, "{}");
  end();
}

/* Members that only open an object are the shortest there are. */
static void test_the_most_names_in_the_fewest_bytes(void) {
  char text[1280] = "";
  int i;
  begin();
  for (i = 0; i < 63; i++) {
    strcat(text, "{\"\":");
  }
  strcat(text, "{");
  for (i = 0; i < 16; i++) {
    sprintf(text + strlen(text), "\"%c\":1,", 'a' + i);
  }
  while (strlen(text) + 5 < sizeof text) {
    strcat(text, "\"\":1,");
  }
  CHECK_STATUS(sessions_session_from_json(session, text, strlen(text), &failure), SESSIONS_E_INVALID);
  CHECK_STATUS(sessions_session_set_json(session, "k", 1, text, strlen(text), &failure), SESSIONS_E_INVALID);
  end();
}

static void test_values_are_kept_as_text(void) {
  static const char *const texts[] = {"null",
                                      "true",
                                      "false",
                                      "0",
                                      "-0",
                                      "1.50",
                                      "1E+2",
                                      "123456789012345678901234567890",
                                      "1e999",
                                      "\"\"",
                                      "\"\\u0041\\/\\u00e9\\ud83e\\udd80\"",
                                      "[]",
                                      "[ 1 ,\t2 ]",
                                      "{}",
                                      "{ \"b\" : 1, \"a\" : [ ] }",
                                      "\"\xc3\xa9\xf0\x9f\xa6\x80\"",
                                      "\"\\u0000\"",
                                      "{\"\":{\"\":{\"\":null}}}"};
  size_t i;
  begin();
  for (i = 0; i < sizeof texts / sizeof *texts; i++) {
    char padded[128];
    CHECK_OK(sessions_session_set_json(session, "k", 1, texts[i], strlen(texts[i]), &failure));
    check_value("k", texts[i]);
    snprintf(padded, sizeof padded, " \t\r\n%s\n ", texts[i]);
    CHECK_OK(sessions_session_set_json(session, "p", 1, padded, strlen(padded), &failure));
    check_value("p", texts[i]);
  }
  end();
}

static void test_whole_sessions(void) {
  const char *text = NULL;
  size_t length = 0;
  begin();
  CHECK_OK(sessions_session_from_json(session, " { \"z\" : 1 , \"a\" : [ 1 ] , \"\" : \"x\" } ",
                                      SESSIONS_NUL_TERMINATED, &failure));
  CHECK_INT(sessions_session_count(session), 3);
  CHECK_JSON(session, "{\"z\":1,\"a\":[ 1 ],\"\":\"x\"}");
  CHECK_OK(
      sessions_session_from_json(session, "{\"\\u0061\\\"\\u0000\":\"\\u0041\"}", SESSIONS_NUL_TERMINATED, &failure));
  CHECK_JSON(session, "{\"a\\\"\\u0000\":\"\\u0041\"}");
  CHECK_OK(sessions_session_get_string(session, "a\"\0", 3, &text, &length));
  CHECK_TEXT(text, length, "A");
  CHECK_OK(sessions_session_from_json(session, "{}", 2, &failure));
  CHECK_JSON(session, "{}");
  CHECK_INT(sessions_session_count(session), 0);
  end();
}

static void test_from_json_replaces_everything(void) {
  char *cookie;
  begin();
  cookie = world_store(manager, "{\"old\":1,\"both\":1}");
  sessions_session_free(session);
  session = world_load(manager, cookie);
  CHECK_OK(sessions_session_set_int64(session, "unsaved", 7, 1));
  CHECK_OK(sessions_session_from_json(session, "{\"both\":2,\"new\":3}", SESSIONS_NUL_TERMINATED, &failure));
  CHECK_JSON(session, "{\"both\":2,\"new\":3}");
  CHECK_OK(sessions_session_commit(session, &failure));
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_SAVED);
  sessions_session_free(session);
  session = world_load(manager, cookie);
  CHECK_JSON(session, "{\"both\":2,\"new\":3}");
  free(cookie);
  end();
}

static void test_a_refusal_changes_nothing(void) {
  static const char *const bad[] = {"", "{", "[1]", "1", "{\"a\":1,\"a\":2}", "{\"a\":1} x", "{\"a\":\"\\ud800\"}"};
  const char *text = NULL;
  size_t length = 0;
  size_t i;
  begin();
  CHECK_OK(sessions_session_set_string(session, "kept", 4, "here", 4));
  CHECK_OK(sessions_session_get_string(session, "kept", 4, &text, &length));
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    CHECK_FAILS(sessions_session_from_json(session, bad[i], strlen(bad[i]), &failure), SESSIONS_E_INVALID, NULL);
    CHECK_JSON(session, "{\"kept\":\"here\"}");
  }
  CHECK_FAILS(sessions_session_set_json(session, "kept", 4, "[1", 2, &failure), SESSIONS_E_INVALID, NULL);
  check_value("kept", "\"here\"");
  end();
}

/* The message says where: by the offset of the byte. */
static void test_messages_name_the_place(void) {
  begin();
  CHECK_FAILS(sessions_session_set_json(session, "k", 1, "[1, x]", 6, &failure), SESSIONS_E_INVALID, "4");
  CHECK_FAILS(sessions_session_set_json(session, "k", 1, "[1, 2] 3", 8, &failure), SESSIONS_E_INVALID, "7");
  CHECK_FAILS(sessions_session_from_json(session, "{\"a\":1,\"b\":tru}", 15, &failure), SESSIONS_E_INVALID, "1");
  check_keep_secret("planted");
  CHECK_FAILS(sessions_session_from_json(session, "{\"planted\":planted}", 19, &failure), SESSIONS_E_INVALID, NULL);
  CHECK_FAILS(sessions_session_from_json(session, "{\"planted\":1,\"planted\":1}", 25, &failure), SESSIONS_E_INVALID,
              NULL);
  CHECK_FAILS(sessions_session_set_json(session, "planted", 7, "planted", 7, &failure), SESSIONS_E_INVALID, NULL);
  end();
}

/* 64 arrays or objects inside each other, counted from the value, alone or in a session. */
static void check_depth(size_t depth, int in_session) {
  char text[4096] = "";
  size_t i;
  sessions_status expected = depth > 64 ? SESSIONS_E_LIMIT : SESSIONS_OK;
  if (in_session) {
    strcat(text, "{\"d\":");
  }
  for (i = 0; i < depth; i++) {
    strcat(text, i % 2 == 0 ? "{\"d\":" : "[");
  }
  strcat(text, "1");
  for (i = depth; i > 0; i--) {
    strcat(text, (i - 1) % 2 == 0 ? "}" : "]");
  }
  if (in_session) {
    strcat(text, "}");
    CHECK_STATUS(sessions_session_from_json(session, text, strlen(text), &failure), expected);
  } else {
    CHECK_STATUS(sessions_session_set_json(session, "k", 1, text, strlen(text), &failure), expected);
  }
}

static void test_depth(void) {
  begin();
  check_depth(1, 0);
  check_depth(64, 0);
  check_depth(65, 0);
  check_depth(200, 0);
  check_depth(1, 1);
  check_depth(64, 1);
  check_depth(65, 1);
  check_depth(200, 1);
  end();
}

static void test_limits(void) {
  char *text = world_repeat('1', 70000);
  char *object = malloc(20000);
  size_t length = 0;
  int i;
  begin();
  CHECK_OK(sessions_session_set_json(session, "k", 1, text, 65535, &failure));
  CHECK_FAILS(sessions_session_set_json(session, "k", 1, text, 65536, &failure), SESSIONS_E_LIMIT,
              "sessions_config_set_max_content_bytes");
  CHECK_INT(sessions_session_count(session), 1);
  memcpy(text, "{\"k\":", 5);
  text[65540] = '}';
  CHECK_OK(sessions_session_from_json(session, text, 65541, &failure));
  text[65540] = '1';
  text[65541] = '}';
  CHECK_FAILS(sessions_session_from_json(session, text, 65542, &failure), SESSIONS_E_LIMIT,
              "sessions_config_set_max_content_bytes");
  CHECK_INT(sessions_session_count(session), 1);
  REQUIRE(object != NULL);
  object[length++] = '{';
  for (i = 0; i < 1025; i++) {
    length += (size_t)sprintf(object + length, "%s\"%d\":1", i == 0 ? "" : ",", i);
    if (i == 1023) {
      strcpy(object + length, "}");
      CHECK_OK(sessions_session_from_json(session, object, length + 1, &failure));
      CHECK_INT(sessions_session_count(session), 1024);
    }
  }
  object[length++] = '}';
  CHECK_FAILS(sessions_session_from_json(session, object, length, &failure), SESSIONS_E_LIMIT, "1,024");
  CHECK_INT(sessions_session_count(session), 1024);
  free(object);
  free(text);
  end();
}

int main(void) {
  world_begin(&world);
  test_null();
  test_the_most_names_in_the_fewest_bytes();
  test_values_are_kept_as_text();
  test_whole_sessions();
  test_from_json_replaces_everything();
  test_a_refusal_changes_nothing();
  test_messages_name_the_place();
  test_depth();
  test_limits();
  return check_result();
}
