/* How many allocations things take: what must not grow with the number of keys, or of cookies in a header. */
#include <support/table.h>
#include <support/world.h>
#include <torture/allocator.h>

static struct world world;

/* The signed cookie of this name in the table of hostile input, to be freed. */
static char *cookie_called(const char *name) {
  struct table table;
  char *fields[4];
  char *cookie = NULL;
  table_open(&table, "hostile/cases.txt");
  while (table_next(&table, fields, 4)) {
    if (cookie == NULL && strcmp(fields[2], name) == 0) {
      cookie = malloc(strlen(fields[3]) + 1);
      REQUIRE(cookie != NULL);
      strcpy(cookie, fields[3]);
    }
  }
  REQUIRE(cookie != NULL);
  return cookie;
}

/* Load, read one key, commit. */
static long count_request(const sessions_manager *manager, const char *value, size_t keys) {
  sessions_session *session = NULL;
  sessions_status statuses[3];
  int64_t read = 0;
  size_t length = strlen(value);
  long count;
  allocator_watch(ALLOCATOR_NEVER, 0);
  statuses[0] = sessions_manager_load_value(manager, value, length, &session, NULL);
  statuses[1] = sessions_session_get_int64(session, "0", 1, &read);
  statuses[2] = sessions_session_commit(session, NULL);
  count = allocator_unwatch();
  CHECK_INT(statuses[0], SESSIONS_OK);
  CHECK_INT(statuses[1], SESSIONS_OK);
  CHECK_INT(statuses[2], SESSIONS_OK);
  CHECK_INT(sessions_session_count(session), keys);
  sessions_session_free(session);
  return count;
}

static void test_the_number_of_keys_does_not_matter(void) {
  sessions_manager *manager = world_manager(&world, "signed-cookie:");
  char *few = world_store(manager, "{\"0\":1,\"1\":1,\"2\":1,\"3\":1,\"4\":1}");
  char *many = cookie_called("signed, 1,024 keys");
  long of_few;
  count_request(manager, world_value(few), 5);
  of_few = count_request(manager, world_value(few), 5);
  CHECK_INT(count_request(manager, many, 1024), of_few + 3); /* what the stack has no room for: value, names, members */
  CHECK(of_few > 0 && of_few < 10);
  printf("load, read, commit of a signed cookie: %ld allocations, with 5 keys and with 1,024\n", of_few);
  free(many);
  free(few);
  sessions_manager_free(manager);
}

/* Load, change, commit: a change costs, the keys that do not change do not. */
static long count_change(const sessions_manager *manager, int keys) {
  sessions_session *session = NULL;
  char json[4096] = "{";
  char *cookie;
  sessions_status statuses[3];
  long count;
  int i;
  for (i = 0; i < keys; i++) {
    sprintf(json + strlen(json), "%s\"%d\":1", i == 0 ? "" : ",", i);
  }
  strcat(json, "}");
  cookie = world_store(manager, json);
  allocator_watch(ALLOCATOR_NEVER, 0);
  statuses[0] = sessions_manager_load(manager, cookie, strlen(cookie), &session, NULL);
  statuses[1] = sessions_session_set_int64(session, "0", 1, 2);
  statuses[2] = sessions_session_commit(session, NULL);
  count = allocator_unwatch();
  CHECK_INT(statuses[0], SESSIONS_OK);
  CHECK_INT(statuses[1], SESSIONS_OK);
  CHECK_INT(statuses[2], SESSIONS_OK);
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_SAVED);
  sessions_session_free(session);
  free(cookie);
  return count;
}

static void test_keys_that_do_not_change_cost_nothing(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    long few;
    count_change(manager, 5);
    few = count_change(manager, 5);
    CHECK_INT(count_change(manager, 200), few);
    printf("load, change, commit on %s %ld allocations, with 5 keys and with 200\n", world_urls[i], few);
    sessions_manager_free(manager);
  }
}

static long count_load(const sessions_manager *manager, const char *header, int32_t origin) {
  sessions_session *session = NULL;
  size_t length = strlen(header);
  sessions_status status;
  long count;
  allocator_watch(ALLOCATOR_NEVER, 0);
  status = sessions_manager_load(manager, header, length, &session, NULL);
  count = allocator_unwatch();
  CHECK_INT(status, SESSIONS_OK);
  CHECK_INT(sessions_session_origin(session), origin);
  sessions_session_free(session);
  return count;
}

static void test_the_number_of_cookies_does_not_matter(void) {
  enum { PAIRS = 10000 };
  char *header = malloc(PAIRS * 5 + 1024);
  size_t i;
  size_t j;
  REQUIRE(header != NULL);
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    char *cookie = world_store(manager, "{\"a\":1}");
    long alone;
    for (j = 0; j < PAIRS; j++) {
      memcpy(header + 5 * j, "a=b; ", 5);
    }
    strcpy(header + (size_t)5 * PAIRS, "c=d");
    count_load(manager, "a=b", SESSIONS_ORIGIN_NEW);
    CHECK_INT(count_load(manager, header, SESSIONS_ORIGIN_NEW), count_load(manager, "a=b", SESSIONS_ORIGIN_NEW));
    strcpy(header + (size_t)5 * PAIRS, cookie);
    alone = count_load(manager, cookie, SESSIONS_ORIGIN_RESTORED);
    CHECK_INT(count_load(manager, header, SESSIONS_ORIGIN_RESTORED), alone);
    printf("load on %s %ld allocations, with 1 cookie and with 10,001\n", world_urls[i], alone);
    free(cookie);
    sessions_manager_free(manager);
  }
  free(header);
}

int main(void) {
  world_begin(&world);
  test_the_number_of_keys_does_not_matter();
  test_keys_that_do_not_change_cost_nothing();
  test_the_number_of_cookies_does_not_matter();
  return check_result();
}
