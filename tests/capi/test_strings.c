/* Strings and keys: of every kind and size, and how long the pointers to them live. */
#include <support/world.h>

static struct world world;

static sessions_manager *roomy_manager(const char *url) {
  sessions_config *config = world_config(&world);
  CHECK_OK(sessions_config_set_max_content_bytes(config, 16 << 20, &failure));
  return world_manager_from(url, config);
}

/* Strings and keys of all kinds, at once and after a round trip. */
static void test_strings(void) {
  static const struct {
    const char *text;
    size_t length;
  } cases[] = {
      {"", 0},
      {"plain", 5},
      {"a\0b", 3},
      {"\0", 1},
      {"\0\0\0", 3},
      {"\xf0\x9f\xa6\x80\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb", 15},
      {"caf\xc3\xa9 \xe6\x9d\xb1\xe4\xba\xac", 12},
      {"\xef\xbf\xbf\xf4\x8f\xbf\xbf\xc2\x80", 9},
      {"\"quoted\" \\ back / slash", 23},
      {"\b\f\n\r\t\x01\x1f\x7f", 8},
      {"</script>\xe2\x80\xa8\xe2\x80\xa9", 15},
      {"\\u0041 \\ud83d", 13},
      {"\xed\x9f\xbf\xee\x80\x80", 6},
  };
  size_t i;
  size_t j;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    sessions_session *session = world_load(manager, NULL);
    int round;
    for (j = 0; j < sizeof cases / sizeof *cases; j++) {
      CHECK_OK(sessions_session_set_string(session, cases[j].text, cases[j].length, cases[j].text, cases[j].length));
    }
    for (round = 0; round < 2; round++) {
      CHECK_INT(sessions_session_count(session), sizeof cases / sizeof *cases);
      for (j = 0; j < sizeof cases / sizeof *cases; j++) {
        const char *text = NULL;
        size_t length = 0;
        int32_t contains = 0;
        CHECK_OK(sessions_session_get_string(session, cases[j].text, cases[j].length, &text, &length));
        CHECK_BYTES(text, length, cases[j].text, cases[j].length);
        CHECK_OK(sessions_session_key_at(session, j, &text, &length));
        CHECK_BYTES(text, length, cases[j].text, cases[j].length);
        CHECK_OK(sessions_session_contains(session, cases[j].text, cases[j].length, &contains));
        CHECK_INT(contains, 1);
      }
      if (round == 0) {
        session = world_reload(manager, session);
      }
    }
    sessions_session_free(session);
    sessions_manager_free(manager);
  }
}

static void test_nul_terminated(void) {
  sessions_manager *manager = world_manager(&world, "memory:");
  sessions_session *session = world_load(manager, NULL);
  const char *text = NULL;
  size_t length = 0;
  int64_t sum = 0;
  CHECK_OK(sessions_session_set_string(session, "key\0rest", SESSIONS_NUL_TERMINATED, "value\0rest",
                                       SESSIONS_NUL_TERMINATED));
  CHECK_OK(sessions_session_get_string(session, "key", 3, &text, &length));
  CHECK_TEXT(text, length, "value");
  CHECK_OK(sessions_session_set_string(session, "", SESSIONS_NUL_TERMINATED, "", SESSIONS_NUL_TERMINATED));
  CHECK_OK(sessions_session_get_string(session, NULL, 0, &text, &length));
  CHECK_TEXT(text, length, "");
  CHECK_OK(sessions_session_set_string(session, NULL, 0, NULL, 0));
  CHECK_OK(sessions_session_get_string(session, "", 0, &text, &length));
  CHECK_TEXT(text, length, "");
  CHECK_OK(sessions_session_increment(session, "n\0rest", SESSIONS_NUL_TERMINATED, 2, &sum));
  CHECK_OK(
      sessions_session_set_json(session, "j", SESSIONS_NUL_TERMINATED, "[1]\0rest", SESSIONS_NUL_TERMINATED, &failure));
  CHECK_JSON(session, "{\"key\":\"value\",\"\":\"\",\"n\":2,\"j\":[1]}");
  CHECK_OK(sessions_session_from_json(session, "{\"x\":1}\0rest", SESSIONS_NUL_TERMINATED, &failure));
  CHECK_JSON(session, "{\"x\":1}");
  sessions_session_free(session);
  sessions_manager_free(manager);
}

static void test_large_strings(void) {
  const size_t size = 1u << 20;
  char *large = world_repeat('x', size);
  sessions_manager *roomy = roomy_manager("memory:");
  sessions_manager *normal = world_manager(&world, "memory:");
  sessions_session *session = world_load(roomy, NULL);
  const char *text = NULL;
  size_t length = 0;
  memcpy(large + size - 4, "\xf0\x9f\xa6\x80", 4);
  memcpy(large + 1000, "\"\\\n\0", 4);
  CHECK_OK(sessions_session_set_string(session, large, size, large, size));
  session = world_reload(roomy, session);
  CHECK_OK(sessions_session_get_string(session, large, size, &text, &length));
  CHECK_BYTES(text, length, large, size);
  CHECK_OK(sessions_session_key_at(session, 0, &text, &length));
  CHECK_BYTES(text, length, large, size);
  sessions_session_free(session);

  session = world_load(normal, NULL);
  CHECK_OK(sessions_session_set_int64(session, "small", 5, 1));
  CHECK_STATUS(sessions_session_set_string(session, "k", 1, large, size), SESSIONS_E_LIMIT);
  CHECK_STATUS(sessions_session_set_int64(session, large, size, 1), SESSIONS_E_LIMIT);
  CHECK_STATUS(sessions_session_increment(session, large, size, 1, NULL), SESSIONS_E_LIMIT);
  CHECK_JSON(session, "{\"small\":1}");
  sessions_session_free(session);
  sessions_manager_free(normal);
  sessions_manager_free(roomy);
  free(large);
}

/* 65,536 bytes of keys and values, 1,024 keys. */
static void test_limits(void) {
  sessions_manager *manager = world_manager(&world, "memory:");
  sessions_session *session = world_load(manager, NULL);
  char *text = world_repeat('x', 65536);
  int i;
  CHECK_STATUS(sessions_session_set_string(session, "k", 1, text, 65534), SESSIONS_E_LIMIT);
  CHECK_OK(sessions_session_set_string(session, "k", 1, text, 65533));
  CHECK_STATUS(sessions_session_set_int64(session, "", 0, 1), SESSIONS_E_LIMIT);
  CHECK_OK(sessions_session_set_string(session, "k", 1, text, 65532));
  CHECK_OK(sessions_session_set_int64(session, "", 0, 1));
  CHECK_STATUS(sessions_session_increment(session, "", 0, 9, NULL), SESSIONS_E_LIMIT);
  CHECK_OK(sessions_session_increment(session, "", 0, 8, NULL));
  CHECK_OK(sessions_session_remove(session, "k", 1));
  CHECK_OK(sessions_session_set_string(session, "k", 1, text, 65532));
  CHECK_OK(sessions_session_clear(session));
  for (i = 0; i < 1024; i++) {
    char key[8];
    snprintf(key, sizeof key, "%d", i);
    CHECK_OK(sessions_session_set_int64(session, key, strlen(key), i));
  }
  CHECK_STATUS(sessions_session_set_int64(session, "more", 4, 1), SESSIONS_E_LIMIT);
  CHECK_STATUS(sessions_session_increment(session, "more", 4, 1, NULL), SESSIONS_E_LIMIT);
  CHECK_STATUS(sessions_session_set_json(session, "more", 4, "1", 1, &failure), SESSIONS_E_LIMIT);
  CHECK_OK(sessions_session_set_int64(session, "1023", 4, 7));
  CHECK_INT(sessions_session_count(session), 1024);
  session = world_reload(manager, session);
  CHECK_INT(sessions_session_count(session), 1024);
  CHECK_OK(sessions_session_remove(session, "0", 1));
  CHECK_OK(sessions_session_set_int64(session, "more", 4, 1));
  sessions_session_free(session);
  free(text);
  sessions_manager_free(manager);
}

/* Reading, in whatever number, moves nothing that was read before. */
static void test_pointers_survive_reads(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    sessions_session *session = world_load(manager, NULL);
    const char *strings[50];
    const char *jsons[50];
    const char *keys[50];
    const char *whole = NULL;
    size_t lengths[50];
    size_t length = 0;
    char text[16];
    int j;
    for (j = 0; j < 50; j++) {
      snprintf(text, sizeof text, "value\n%d", j);
      CHECK_OK(sessions_session_set_string(session, text, strlen(text), text, strlen(text)));
    }
    session = world_reload(manager, session);
    for (j = 0; j < 50; j++) {
      snprintf(text, sizeof text, "value\n%d", j);
      CHECK_OK(sessions_session_get_string(session, text, strlen(text), &strings[j], &lengths[j]));
      CHECK_OK(sessions_session_get_json(session, text, strlen(text), &jsons[j], &length));
      CHECK_OK(sessions_session_key_at(session, (size_t)j, &keys[j], &length));
      CHECK_OK(sessions_session_to_json(session, &whole, &length));
    }
    for (j = 0; j < 50; j++) {
      const char *again = NULL;
      snprintf(text, sizeof text, "value\n%d", j);
      CHECK_TEXT(strings[j], lengths[j], text);
      CHECK_TEXT(keys[j], strlen(keys[j]), text);
      CHECK_OK(sessions_session_get_string(session, text, strlen(text), &again, &length));
      CHECK(again == strings[j]);
      snprintf(text, sizeof text, "\"value\\n%d\"", j);
      CHECK_TEXT(jsons[j], strlen(jsons[j]), text);
    }
    CHECK_JSON(session, whole);
    sessions_session_free(session);
    sessions_manager_free(manager);
  }
}

/* What was read may be handed in again, for inputs are copied before anything moves. */
static void test_results_as_inputs(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    sessions_session *session = world_load(manager, NULL);
    const char *key = NULL;
    const char *text = NULL;
    size_t key_len = 0;
    size_t length = 0;
    CHECK_OK(sessions_session_set_string(session, "first", 5, "a value that is not short enough to hide", 40));
    CHECK_OK(sessions_session_set_string(session, "second", 6, "another one that is not short enough either", 43));
    session = world_reload(manager, session);
    CHECK_OK(sessions_session_key_at(session, 0, &key, &key_len));
    CHECK_OK(sessions_session_get_string(session, key, key_len, &text, &length));
    CHECK_OK(sessions_session_set_string(session, key, key_len, text, length));
    CHECK_OK(sessions_session_key_at(session, 0, &key, &key_len));
    CHECK_OK(sessions_session_get_json(session, key, key_len, &text, &length));
    CHECK_OK(sessions_session_set_json(session, key, key_len, text, length, &failure));
    CHECK_OK(sessions_session_key_at(session, 1, &key, &key_len));
    CHECK_OK(sessions_session_pop_string(session, key, key_len, &text, &length));
    CHECK_TEXT(text, length, "another one that is not short enough either");
    CHECK_OK(sessions_session_set_string(session, text, length, text, length));
    CHECK_OK(sessions_session_key_at(session, 1, &key, &key_len));
    CHECK_OK(sessions_session_remove(session, key, key_len));
    CHECK_OK(sessions_session_to_json(session, &text, &length));
    CHECK_OK(sessions_session_set_json(session, "copy", 4, text, length, &failure));
    CHECK_OK(sessions_session_to_json(session, &text, &length));
    CHECK_OK(sessions_session_from_json(session, text, length, &failure));
    CHECK_JSON(session,
               "{\"first\":\"a value that is not short enough to hide\","
               "\"copy\":{\"first\":\"a value that is not short enough to hide\"}}");
    CHECK_OK(sessions_session_key_at(session, 1, &key, &key_len));
    CHECK_OK(sessions_session_set_int64(session, key, key_len, 1));
    CHECK_OK(sessions_session_key_at(session, 1, &key, &key_len));
    CHECK_OK(sessions_session_increment(session, key, key_len, 1, NULL));
    CHECK_OK(sessions_session_key_at(session, 1, &key, &key_len));
    CHECK_OK(sessions_session_pop_json(session, key, key_len, &text, &length));
    CHECK_TEXT(text, length, "2");
    sessions_session_free(session);
    sessions_manager_free(manager);
  }
}

int main(void) {
  world_begin(&world);
  test_strings();
  test_nul_terminated();
  test_large_strings();
  test_limits();
  test_pointers_survive_reads();
  test_results_as_inputs();
  return check_result();
}
