/* The cJSON bridge: what goes through a tree, and what a tree cannot hold. */
#define _POSIX_C_SOURCE 200809L
#include <cjson/cJSON.h>
#include <math.h>
#include <pthread.h>
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

static void set_json(const char *json) {
  CHECK_OK(sessions_session_set_json(session, "k", 1, json, strlen(json), &failure));
}

static void check_value(const char *expected) {
  const char *json = NULL;
  size_t length = 0;
  CHECK_OK(sessions_session_get_json(session, "k", 1, &json, &length));
  CHECK_TEXT(json, length, expected);
}

static void test_null(void) {
  cJSON *const nobody = (cJSON *)(void *)&world;
  cJSON *tree = NULL;
  cJSON *input = cJSON_CreateNull();
  begin();
  set_json("1");
  tree = nobody;
  CHECK_FAILS(sessions_session_get_cjson(NULL, "k", 1, &tree, &failure), SESSIONS_E_INVALID, "session");
  CHECK(tree == NULL);
  tree = nobody;
  CHECK_FAILS(sessions_session_get_cjson(session, NULL, 1, &tree, &failure), SESSIONS_E_INVALID, "key");
  CHECK_FAILS(sessions_session_get_cjson(session, "\xff", 1, &tree, &failure), SESSIONS_E_INVALID, "key");
  CHECK(tree == NULL);
  CHECK_FAILS(sessions_session_get_cjson(session, "k", 1, NULL, &failure), SESSIONS_E_INVALID, "tree");
  CHECK_STATUS(sessions_session_get_cjson(session, "k", 1, NULL, NULL), SESSIONS_E_INVALID);
  tree = nobody;
  CHECK_FAILS(sessions_session_get_cjson(session, "none", 4, &tree, &failure), SESSIONS_E_NOT_FOUND, NULL);
  CHECK(tree == NULL);
  CHECK_FAILS(sessions_session_set_cjson(NULL, "k", 1, input, &failure), SESSIONS_E_INVALID, "session");
  CHECK_FAILS(sessions_session_set_cjson(session, NULL, 1, input, &failure), SESSIONS_E_INVALID, "key");
  CHECK_FAILS(sessions_session_set_cjson(session, "\xff", 1, input, &failure), SESSIONS_E_INVALID, "key");
  CHECK_FAILS(sessions_session_set_cjson(session, "k", 1, NULL, &failure), SESSIONS_E_INVALID, "tree");
  CHECK_STATUS(sessions_session_set_cjson(session, "k", 1, NULL, NULL), SESSIONS_E_INVALID);
  check_value("1");
  cJSON_Delete(input);
  end();
}

static void test_there_and_back(void) {
  static const char *const texts[] = {"null",
                                      "true",
                                      "false",
                                      "0",
                                      "-1",
                                      "9007199254740991",
                                      "-9007199254740992",
                                      "0.1",
                                      "1.5",
                                      "1e+300",
                                      "5e-324",
                                      "\"\"",
                                      "\"a \\\"quoted\\\" \\\\ \\n\xc3\xa9\xf0\x9f\xa6\x80\"",
                                      "[]",
                                      "{}",
                                      "[1,[2,{\"a\":[null]}],\"x\"]",
                                      "{\"b\":1,\"a\":{\"B\":2,\"b\":3}}"};
  size_t i;
  begin();
  for (i = 0; i < sizeof texts / sizeof *texts; i++) {
    cJSON *tree = NULL;
    set_json(texts[i]);
    CHECK_OK(sessions_session_get_cjson(session, "k", 1, &tree, &failure));
    REQUIRE(tree != NULL);
    CHECK_OK(sessions_session_set_null(session, "k", 1));
    CHECK_OK(sessions_session_set_cjson(session, "k", 1, tree, &failure));
    check_value(texts[i]);
    cJSON_Delete(tree);
  }
  end();
}

static void test_a_tree_to_look_into(void) {
  cJSON *tree = NULL;
  begin();
  set_json(" {\"user\":{\"id\":42,\"roles\":[\"admin\",\"staff\"]}} ");
  CHECK_OK(sessions_session_get_cjson(session, "k", 1, &tree, &failure));
  REQUIRE(tree != NULL);
  CHECK(cJSON_GetObjectItem(cJSON_GetObjectItem(tree, "user"), "id")->valuedouble == 42);
  CHECK(strcmp(cJSON_GetArrayItem(cJSON_GetObjectItem(cJSON_GetObjectItem(tree, "user"), "roles"), 1)->valuestring,
               "staff") == 0);
  CHECK_OK(sessions_session_clear(session));
  CHECK(cJSON_GetObjectItem(tree, "user") != NULL);
  cJSON_Delete(tree);
  end();
}

static void test_what_a_tree_cannot_hold(void) {
  static const char *const texts[] = {"9007199254740993",
                                      "[-9223372036854775807]",
                                      "{\"a\":[18446744073709551615]}",
                                      "18446744073709551616",
                                      "1e999",
                                      "[[-1e999]]",
                                      "\"a\\u0000b\"",
                                      "{\"\\u0000\":1}",
                                      "[\"\\u0000\"]"};
  size_t i;
  begin();
  for (i = 0; i < sizeof texts / sizeof *texts; i++) {
    cJSON *tree = NULL;
    set_json(texts[i]);
    CHECK_FAILS(sessions_session_get_cjson(session, "k", 1, &tree, &failure), SESSIONS_E_RANGE, NULL);
    CHECK(tree == NULL);
    check_value(texts[i]);
  }
  end();
}

static void check_refused(cJSON *tree, sessions_status status) {
  CHECK_STATUS(sessions_session_set_cjson(session, "k", 1, tree, &failure), status);
  check_value("1");
  cJSON_Delete(tree);
}

static void test_trees_that_are_refused(void) {
  cJSON *tree;
  cJSON *deep;
  char *large = world_repeat('x', 70000);
  int i;
  begin();
  set_json("1");
  check_refused(cJSON_CreateNumber(HUGE_VAL), SESSIONS_E_INVALID);
  check_refused(cJSON_CreateNumber(-HUGE_VAL), SESSIONS_E_INVALID);
  check_refused(cJSON_CreateNumber((double)NAN), SESSIONS_E_INVALID);
  check_refused(cJSON_CreateString("\xff"), SESSIONS_E_INVALID);
  check_refused(cJSON_CreateString("\xed\xa0\x80"), SESSIONS_E_INVALID);
  check_refused(cJSON_CreateString(large), SESSIONS_E_LIMIT);
  check_refused(cJSON_CreateRaw("oops"), SESSIONS_E_INVALID);
  tree = cJSON_CreateNull();
  tree->type = cJSON_Invalid;
  check_refused(tree, SESSIONS_E_INVALID);
  tree = cJSON_CreateObject();
  cJSON_AddItemToObject(tree, "a", cJSON_CreateNull());
  cJSON_AddItemToObject(tree, "a", cJSON_CreateNull());
  check_refused(tree, SESSIONS_E_INVALID);
  tree = cJSON_CreateObject();
  cJSON_AddItemToObject(tree, "\xc3", cJSON_CreateNull());
  check_refused(tree, SESSIONS_E_INVALID);
  tree = cJSON_CreateObject();
  cJSON_AddItemToArray(tree, cJSON_CreateNull());
  check_refused(tree, SESSIONS_E_INVALID);
  tree = cJSON_CreateArray();
  for (i = 0, deep = tree; i < 64; i++) {
    cJSON *inner = cJSON_CreateArray();
    cJSON_AddItemToArray(deep, inner);
    deep = inner;
  }
  check_refused(tree, SESSIONS_E_LIMIT);
  free(large);
  end();
}

static void test_names_that_differ_in_case_only(void) {
  cJSON *tree = cJSON_CreateObject();
  begin();
  cJSON_AddNumberToObject(tree, "a", 1);
  cJSON_AddNumberToObject(tree, "A", 2);
  CHECK_OK(sessions_session_set_cjson(session, "k", 1, tree, &failure));
  check_value("{\"a\":1,\"A\":2}");
  cJSON_Delete(tree);
  end();
}

static void test_numbers(void) {
  static const struct {
    double number;
    const char *json;
  } cases[] = {{42, "42"},
               {-0.0, "-0.0"},
               {0.1, "0.1"},
               {1e15, "1000000000000000"},
               {1e100, "1e+100"},
               {9007199254740992.0, "9007199254740992"},
               {1.0 / 3, "0.3333333333333333"}};
  size_t i;
  begin();
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    cJSON *tree = cJSON_CreateNumber(cases[i].number);
    double read = 7;
    CHECK_OK(sessions_session_set_cjson(session, "k", 1, tree, &failure));
    check_value(cases[i].json);
    CHECK_OK(sessions_session_get_double(session, "k", 1, &read));
    CHECK(read <= cases[i].number && read >= cases[i].number);
    cJSON_Delete(tree);
  }
  end();
}

/* cJSON is not safe from several threads; going through the library it is. */
static void *build_trees(void *user_data) {
  const char *cookie = user_data;
  sessions_session *own = NULL;
  int64_t built = 0;
  int i;
  if (sessions_manager_load(manager, cookie, strlen(cookie), &own, NULL) != SESSIONS_OK) {
    return NULL;
  }
  for (i = 0; i < 200; i++) {
    cJSON *tree = NULL;
    if (sessions_session_get_cjson(own, "list", 4, &tree, NULL) == SESSIONS_OK && cJSON_GetArraySize(tree) == 3 &&
        sessions_session_set_cjson(own, "copy", 4, tree, NULL) == SESSIONS_OK) {
      built++;
    }
    cJSON_Delete(tree);
  }
  sessions_session_free(own);
  return built == 200 ? user_data : NULL;
}

static void test_threads(void) {
  enum { THREADS = 4 };
  pthread_t threads[THREADS];
  char *cookie;
  int i;
  begin();
  cookie = world_store(manager, "{\"list\":[1,\"two\",{\"three\":3}]}");
  for (i = 0; i < THREADS; i++) {
    REQUIRE(pthread_create(&threads[i], NULL, build_trees, cookie) == 0);
  }
  for (i = 0; i < THREADS; i++) {
    void *result = NULL;
    REQUIRE(pthread_join(threads[i], &result) == 0);
    CHECK(result == cookie);
  }
  free(cookie);
  end();
}

int main(void) {
  world_begin(&world);
  test_null();
  test_there_and_back();
  test_a_tree_to_look_into();
  test_what_a_tree_cannot_hold();
  test_trees_that_are_refused();
  test_names_that_differ_in_case_only();
  test_numbers();
  test_threads();
  return check_result();
}
