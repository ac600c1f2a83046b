/* Custom backends that make each change in one step of their own: what they are told, and what becomes of the answers.
 */
#include <support/blob_store.h>
#include <support/world.h>

static struct world world;

/* How a change is answered: as it should be; without asking what to store; with that not stored; or late. */
enum way { SOUND, FAIL, DONE, CONFLICT, MISSING, FOUND, COUNTED, DECIDE, DECIDE_TWICE, LOSE, STORE_AND_LOSE, HOLD };

struct store {
  struct blob_store *blobs;
  enum way way;
  sessions_status status;
  const void *bytes; /* what is given to decide; NULL: what there is */
  size_t size;
  uint64_t version;
  int gets;
  int puts;
  int changes;
  size_t writes; /* of the last change */
  sessions_custom_call *held;
  int destroyed;
};

static void on_get(void *user_data, const unsigned char *key, sessions_custom_call *call) {
  struct store *store = user_data;
  store->gets++;
  CHECK(sessions_custom_decide(call, NULL, 0, 0) == NULL); /* nothing is to be decided here */
  blob_on_get(store->blobs, key, call);
}

static void on_put(void *user_data, const unsigned char *key, const void *bytes, size_t size, uint64_t expected,
                   uint64_t version, int64_t expires, int64_t now, int32_t ended, sessions_custom_call *call) {
  struct store *store = user_data;
  store->puts++;
  blob_on_put(store->blobs, key, bytes, size, expected, version, expires, now, ended, call);
}

static void on_remove(void *user_data, const unsigned char *key, uint64_t expected, sessions_custom_call *call) {
  blob_on_remove(((struct store *)user_data)->blobs, key, expected, call);
}

static const struct blob *only_blob(const struct store *store) {
  const struct blob *blob = NULL;
  size_t i;
  for (i = 0; i < BLOB_BUCKETS; i++) {
    CHECK(blob == NULL || store->blobs->buckets[i] == NULL);
    blob = store->blobs->buckets[i] != NULL ? store->blobs->buckets[i] : blob;
  }
  REQUIRE(blob != NULL);
  return blob;
}

static const sessions_custom_write *decide(struct store *store, const unsigned char *key, sessions_custom_call *call) {
  const struct blob *there = *blob_place(store->blobs, key);
  const sessions_custom_write *writes;
  const sessions_custom_write *write;
  if (store->bytes != NULL || store->size != 0) {
    writes = sessions_custom_decide(call, store->bytes, store->size, store->version);
  } else {
    writes = there == NULL ? sessions_custom_decide(call, NULL, 0, 0)
                           : sessions_custom_decide(call, there->bytes, there->size, there->version);
  }
  store->writes = 0;
  for (write = writes; write != NULL; write = write->next) {
    const int is_this_key = memcmp(write->key, key, SESSIONS_CUSTOM_KEY_BYTES) == 0;
    CHECK(is_this_key == (write->next == NULL)); /* the key that nobody knows yet comes first */
    CHECK_INT(write->expected, is_this_key && there != NULL ? there->version : 0);
    CHECK_INT(write->version, write->expected + 1);
    CHECK_INT(write->now, world.now);
    CHECK(write->expires > world.now);
    CHECK_INT(write->ended, ((const unsigned char *)write->blob)[1] & 1);
    CHECK(write->ended == 0 || is_this_key);
    store->writes++;
  }
  return writes;
}

static void on_change(void *user_data, const unsigned char *key, sessions_custom_call *call) {
  struct store *store = user_data;
  const sessions_custom_write *write;
  store->changes++;
  store->writes = 0;
  if (store->way == DECIDE_TWICE) {
    CHECK(sessions_custom_decide(call, NULL, 0, 0) == NULL);
  }
  write = store->way == DONE || store->way == HOLD ? NULL : decide(store, key, call);
  if (store->way == SOUND || store->way == DECIDE_TWICE || store->way == STORE_AND_LOSE) {
    for (; write != NULL; write = write->next) {
      struct blob *made =
          blob_new(write->key, write->blob, write->blob_len, write->version, write->expires, write->ended);
      REQUIRE(made != NULL);
      blob_replace(store->blobs, made);
    }
  }
  switch (store->way) {
    case FAIL:
      sessions_custom_failed(call, store->status, "disk 7 is on fire", SESSIONS_NUL_TERMINATED);
      break;
    case LOSE:
    case STORE_AND_LOSE:
      sessions_custom_failed(call, SESSIONS_E_UNKNOWN, "the line was cut", SESSIONS_NUL_TERMINATED);
      break;
    case CONFLICT:
      sessions_custom_conflict(call);
      break;
    case MISSING:
      sessions_custom_missing(call);
      break;
    case FOUND:
      sessions_custom_found(call, only_blob(store)->bytes, only_blob(store)->size, 1);
      break;
    case COUNTED:
      sessions_custom_counted(call, 1, 1);
      break;
    case HOLD:
      store->held = call;
      break;
    default:
      sessions_custom_done(call);
      break;
  }
}

static void on_destroy(void *user_data) {
  struct store *store = user_data;
  store->destroyed++;
  blob_store_destroy(store->blobs);
}

static sessions_manager *open_with(struct store *store, sessions_config *config) {
  sessions_custom_store table = blob_store_table(0);
  sessions_backend *backend = NULL;
  sessions_manager *manager = NULL;
  memset(store, 0, sizeof *store);
  store->blobs = blob_store_new(0);
  REQUIRE(store->blobs != NULL);
  table.get = on_get;
  table.put = on_put;
  table.remove = on_remove;
  table.sweep = NULL;
  table.ping = NULL;
  table.statistics = NULL;
  table.change = on_change;
  CHECK_OK(sessions_backend_new_custom(&table, store, on_destroy, &backend, &failure));
  REQUIRE(sessions_manager_new(backend, config, &manager, NULL) == SESSIONS_OK);
  sessions_backend_free(backend);
  sessions_config_free(config);
  return manager;
}

static sessions_manager *open_store(struct store *store) { return open_with(store, world_config(&world)); }

static void end(struct store *store, sessions_manager *manager) {
  sessions_manager_free(manager);
  CHECK_INT(store->destroyed, 1);
}

static void set(sessions_session *session, const char *key, int64_t value) {
  CHECK_OK(sessions_session_set_int64(session, key, strlen(key), value));
}

static void test_each_change_is_one_step(void) {
  struct store store;
  sessions_manager *manager = open_store(&store);
  char *cookie = world_store(manager, "{\"a\":1}");
  sessions_session *session = world_load(manager, cookie);
  sessions_session *other = world_load(manager, cookie);
  CHECK_INT(store.puts, 1);
  CHECK_INT(store.gets, 2);
  set(session, "b", 2);
  set(other, "c", 3);
  check_commit(session, SESSIONS_OUTCOME_SAVED, 1);
  CHECK_INT(store.writes, 1);
  check_commit(other, SESSIONS_OUTCOME_MERGED, 1);
  CHECK_INT(store.changes, 2);
  world.now += 2 * 24 * 3600;
  sessions_session_free(session);
  session = world_load(manager, cookie);
  check_commit(session, SESSIONS_OUTCOME_UNCHANGED, 0);
  CHECK_JSON(session, "{\"a\":1,\"b\":2,\"c\":3}");
  check_commit(session, SESSIONS_OUTCOME_TOUCHED, 1);
  CHECK_INT(store.changes, 3);
  CHECK_OK(sessions_session_regenerate(session, &failure));
  CHECK_INT(store.changes, 4);
  CHECK_INT(store.writes, 2);
  set(other, "d", 4);
  CHECK_OK(sessions_session_commit(other, &failure));
  CHECK_INT(sessions_session_outcome(other), SESSIONS_OUTCOME_GONE);
  CHECK_INT(store.writes, 0);
  CHECK_OK(sessions_session_destroy(session, &failure));
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_DESTROYED);
  CHECK_INT(store.changes, 6);
  CHECK_INT(store.puts, 1);
  CHECK_INT(store.gets, 3);
  CHECK_INT(store.blobs->count, 0);
  sessions_session_free(session);
  sessions_session_free(other);
  free(cookie);
  end(&store, manager);
}

static sessions_status no_codec(void *user_data, const void *data, size_t len, sessions_bytes *out) {
  (void)user_data;
  return sessions_bytes_append(out, data, len);
}

static void test_nothing_is_coded_in_a_step(void) {
  static const sessions_codec codec = {sizeof codec, no_codec, no_codec};
  struct store store;
  sessions_config *config = world_config(&world);
  sessions_manager *manager;
  sessions_session *session;
  char *cookie;
  CHECK_OK(sessions_config_set_codec(config, &codec, NULL, NULL, &failure));
  manager = open_with(&store, config);
  cookie = world_store(manager, "{\"a\":1}");
  session = world_load(manager, cookie);
  set(session, "b", 2);
  check_commit(session, SESSIONS_OUTCOME_SAVED, 1);
  CHECK_OK(sessions_session_regenerate(session, &failure));
  CHECK_OK(sessions_session_destroy(session, &failure));
  CHECK_INT(store.changes, 0);
  sessions_session_free(session);
  free(cookie);
  end(&store, manager);
}

/* All three ways to change a session fail with this, and it stays as it was. */
static void check_failure(struct store *store, const sessions_manager *manager, const char *cookie,
                          sessions_status status, const char *word) {
  const enum way way = store->way;
  sessions_session *session = world_load(manager, cookie);
  set(session, "b", 2);
  CHECK_FAILS(sessions_session_commit(session, &failure), status, word);
  CHECK_FAILS(sessions_session_regenerate(session, &failure), status, word);
  CHECK_FAILS(sessions_session_destroy(session, &failure), status, word);
  sessions_session_free(session);
  store->way = SOUND;
  session = world_load(manager, cookie);
  CHECK_JSON(session, "{\"a\":1}");
  sessions_session_free(session);
  store->way = way;
}

static void test_answers(void) {
  static const sessions_status theirs[] = {-201, SESSIONS_E_UNAVAILABLE, -299, -301, -599, SESSIONS_E_NOMEM};
  static const enum way wrong[] = {MISSING, FOUND, COUNTED};
  struct store store;
  sessions_manager *manager = open_store(&store);
  char *cookie = world_store(manager, "{\"a\":1}");
  const int puts = store.puts;
  size_t i;
  store.way = FAIL;
  for (i = 0; i < sizeof theirs / sizeof *theirs; i++) {
    store.status = theirs[i];
    check_failure(&store, manager, cookie, theirs[i], "disk 7 is on fire");
  }
  store.status = 7;
  check_failure(&store, manager, cookie, SESSIONS_E_CALLBACK, "with 7,");
  for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    store.way = wrong[i];
    check_failure(&store, manager, cookie, SESSIONS_E_CALLBACK, "another kind");
  }
  store.way = DONE;
  check_failure(&store, manager, cookie, SESSIONS_E_CALLBACK, "sessions_custom_decide()");
  store.way = LOSE;
  check_failure(&store, manager, cookie, SESSIONS_E_UNKNOWN, "the line was cut");
  CHECK_INT(store.puts, puts);
  free(cookie);
  end(&store, manager);
}

/* Bytes that are not what was stored. */
static void test_decisions_about_bad_blobs(void) {
  struct store store;
  sessions_manager *manager = open_store(&store);
  char *cookie = world_store(manager, "{\"a\":1}");
  const struct blob *blob = only_blob(&store);
  sessions_session *session;
  store.bytes = blob->bytes;
  store.way = DECIDE;
  store.size = blob->size;
  check_failure(&store, manager, cookie, SESSIONS_E_CALLBACK, "version");
  store.version = UINT64_MAX;
  check_failure(&store, manager, cookie, SESSIONS_E_CALLBACK, "version");
  store.version = blob->version;
  store.size = blob->size - 1;
  check_failure(&store, manager, cookie, SESSIONS_E_CORRUPT, "");
  store.size = 0;
  check_failure(&store, manager, cookie, SESSIONS_E_CORRUPT, "");
  store.size = SIZE_MAX;
  check_failure(&store, manager, cookie, SESSIONS_E_CALLBACK, "length");
  store.bytes = NULL;
  store.size = 5;
  check_failure(&store, manager, cookie, SESSIONS_E_CALLBACK, "length");
  store.bytes = "{\"a\":1}";
  store.size = 7;
  check_failure(&store, manager, cookie, SESSIONS_E_CORRUPT, "");
  store.bytes = "\2{\"a\":1}";
  store.size = 8;
  check_failure(&store, manager, cookie, SESSIONS_E_NEWER, "");

  /* A session that the store has lost is gone, whatever it does about it. */
  store.bytes = NULL;
  store.size = 0;
  session = world_load(manager, cookie);
  set(session, "b", 2);
  blob_free(blob_take(store.blobs, blob_place(store.blobs, blob->key)));
  CHECK_OK(sessions_session_commit(session, &failure));
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_GONE);
  CHECK_INT(store.blobs->count, 0);
  sessions_session_free(session);
  free(cookie);
  end(&store, manager);
}

static void test_conflicts_and_lost_answers(void) {
  static const enum way ways[] = {CONFLICT, DECIDE_TWICE, STORE_AND_LOSE};
  size_t i;
  for (i = 0; i < sizeof ways / sizeof *ways; i++) {
    struct store store;
    sessions_manager *manager = open_with(&store, world_config(&world));
    char *cookie = world_store(manager, "{\"n\":1}");
    sessions_session *session = world_load(manager, cookie);
    char *moved;
    int64_t sum = 0;
    store.way = ways[i];
    CHECK_OK(sessions_session_increment(session, "n", 1, 1, &sum));
    check_commit(session, SESSIONS_OUTCOME_SAVED, 1);
    CHECK_INT(store.puts, ways[i] == CONFLICT ? 2 : 1);
    CHECK_OK(sessions_session_regenerate(session, &failure));
    CHECK_INT(store.puts, ways[i] == CONFLICT ? 4 : 1);
    moved = world_cookie(session);
    sessions_session_free(session);
    session = world_load(manager, cookie);
    CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_REFUSED_UNKNOWN);
    sessions_session_free(session);
    session = world_load(manager, moved);
    CHECK_JSON(session, "{\"n\":2}");
    CHECK_OK(sessions_session_destroy(session, &failure));
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_DESTROYED);
    CHECK_INT(store.blobs->count, 0);
    CHECK_INT(store.changes, 3);
    sessions_session_free(session);
    free(moved);
    free(cookie);
    end(&store, manager);
  }
}

static void test_late_decisions(void) {
  struct store store;
  sessions_manager *manager = open_store(&store);
  char *cookie = world_store(manager, "{\"n\":1}");
  const struct blob *blob = only_blob(&store);
  sessions_session *session = world_load(manager, cookie);
  CHECK_OK(sessions_session_set_timeout_ms(session, 2, &failure));
  set(session, "a", 1);
  store.way = HOLD;
  CHECK_STATUS(sessions_session_commit(session, &failure), SESSIONS_E_UNKNOWN);
  CHECK_INT(sessions_custom_time_left_ms(store.held), 0);
  CHECK(sessions_custom_decide(store.held, blob->bytes, blob->size, blob->version) == NULL);
  sessions_session_free(session);
  sessions_manager_free(manager);
  CHECK_INT(store.destroyed, 0);
  sessions_custom_done(store.held);
  CHECK_INT(store.destroyed, 1);
  free(cookie);
}

int main(void) {
  world_begin(&world);
  test_each_change_is_one_step();
  test_nothing_is_coded_in_a_step();
  test_answers();
  test_decisions_about_bad_blobs();
  test_conflicts_and_lost_answers();
  test_late_decisions();
  return check_result();
}
