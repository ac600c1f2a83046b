/* Custom backends: what the table may be, who is freed when, and what becomes of every answer that a callback gives. */
#include <support/blob_store.h>
#include <support/queue.h>
#include <support/world.h>

static struct world world;

/* A store in memory that answers at once, unless it is told to do something else. */
enum answer { AS_ASKED, FAIL, FOUND, MISSING, DONE, CONFLICT, COUNTED, NEGATIVE, HOLD };
enum question { GET, PUT, REMOVE, SWEEP, PING, STATISTICS, QUESTIONS };

struct store {
  struct blob_store *blobs;
  enum answer answers[QUESTIONS];
  int calls[QUESTIONS];
  sessions_status status;
  const char *message;
  size_t message_len;
  const void *bytes; /* what FOUND finds */
  size_t size;
  uint64_t version;
  sessions_custom_call *held;
  struct blob_job asked; /* by the one that is held */
  void (*before_put)(struct store *store);
  int before_puts;   /* so many times */
  int64_t time_left; /* for the last question */
  int destroyed;
};

/* Whether the answer is given, or kept back. */
static int answer_otherwise(struct store *store, enum question question, sessions_custom_call *call) {
  store->calls[question]++;
  store->time_left = sessions_custom_time_left_ms(call);
  switch (store->answers[question]) {
    case AS_ASKED:
      return 0;
    case FAIL:
      sessions_custom_failed(call, store->status, store->message, store->message_len);
      return 1;
    case FOUND:
      sessions_custom_found(call, store->bytes, store->size, store->version);
      return 1;
    case MISSING:
      sessions_custom_missing(call);
      return 1;
    case DONE:
      sessions_custom_done(call);
      return 1;
    case CONFLICT:
      sessions_custom_conflict(call);
      return 1;
    case COUNTED:
      sessions_custom_counted(call, 3, 300);
      return 1;
    case NEGATIVE:
      sessions_custom_counted(call, -1, 0);
      return 1;
    default:
      store->held = call;
      return 1;
  }
}

static void on_get(void *user_data, const unsigned char *key, sessions_custom_call *call) {
  struct store *store = user_data;
  if (!answer_otherwise(store, GET, call)) {
    blob_on_get(store->blobs, key, call);
  }
}

static void on_put(void *user_data, const unsigned char *key, const void *bytes, size_t size, uint64_t expected,
                   uint64_t version, int64_t expires, int64_t now, int32_t ended, sessions_custom_call *call) {
  struct store *store = user_data;
  CHECK_INT(version, expected + 1);
  CHECK_INT(now, world.now);
  CHECK(expires > now);
  CHECK_INT(ended, ((const unsigned char *)bytes)[1] & 1);
  if (store->before_puts > 0) {
    store->before_puts--;
    store->before_put(store);
  }
  if (!answer_otherwise(store, PUT, call)) {
    blob_on_put(store->blobs, key, bytes, size, expected, version, expires, now, ended, call);
  }
}

static void on_remove(void *user_data, const unsigned char *key, uint64_t expected, sessions_custom_call *call) {
  struct store *store = user_data;
  if (!answer_otherwise(store, REMOVE, call)) {
    blob_on_remove(store->blobs, key, expected, call);
  }
}

static void on_sweep(void *user_data, int64_t most, int64_t now, sessions_custom_call *call) {
  struct store *store = user_data;
  CHECK_INT(now, world.now);
  if (!answer_otherwise(store, SWEEP, call)) {
    blob_on_sweep(store->blobs, most, now, call);
  }
}

static void on_ping(void *user_data, sessions_custom_call *call) {
  struct store *store = user_data;
  if (!answer_otherwise(store, PING, call)) {
    blob_on_ping(store->blobs, call);
  }
}

static void on_statistics(void *user_data, sessions_custom_call *call) {
  struct store *store = user_data;
  if (!answer_otherwise(store, STATISTICS, call)) {
    blob_on_statistics(store->blobs, call);
  }
}

static void on_destroy(void *user_data) {
  struct store *store = user_data;
  CHECK_INT(store->destroyed, 0);
  store->destroyed++;
  blob_store_destroy(store->blobs);
  store->blobs = NULL;
}

static sessions_custom_store table_of_all(void) {
  sessions_custom_store table;
  memset(&table, 0, sizeof table);
  table.size = sizeof table;
  table.get = on_get;
  table.put = on_put;
  table.remove = on_remove;
  table.sweep = on_sweep;
  table.ping = on_ping;
  table.statistics = on_statistics;
  return table;
}

static void begin(struct store *store) {
  memset(store, 0, sizeof *store);
  store->blobs = blob_store_new(0);
  REQUIRE(store->blobs != NULL);
}

static sessions_manager *open_table(struct store *store, const sessions_custom_store *table) {
  sessions_backend *backend = NULL;
  sessions_config *config = world_config(&world);
  sessions_manager *manager = NULL;
  begin(store);
  CHECK_OK(sessions_backend_new_custom(table, store, on_destroy, &backend, &failure));
  REQUIRE(sessions_manager_new(backend, config, &manager, NULL) == SESSIONS_OK);
  sessions_backend_free(backend);
  sessions_config_free(config);
  CHECK_INT(store->destroyed, 0);
  return manager;
}

static sessions_manager *open_store(struct store *store) {
  const sessions_custom_store table = table_of_all();
  return open_table(store, &table);
}

static void end(struct store *store, sessions_manager *manager) {
  sessions_manager_free(manager);
  CHECK_INT(store->destroyed, 1);
}

static void set(sessions_session *session, const char *key, int64_t value) {
  CHECK_OK(sessions_session_set_int64(session, key, strlen(key), value));
}

/* ---- the table ---- */

static void refuse(const sessions_custom_store *table, sessions_status status, const char *word) {
  struct store store;
  sessions_backend *backend = (sessions_backend *)(void *)&store;
  begin(&store);
  CHECK_FAILS(sessions_backend_new_custom(table, &store, on_destroy, &backend, &failure), status, word);
  CHECK(backend == NULL);
  CHECK_INT(store.destroyed, 1);
}

static void accept(const sessions_custom_store *table) {
  struct store store;
  sessions_manager *manager = open_table(&store, table);
  char *cookie = world_store(manager, "{\"a\":1}");
  sessions_session *session = world_load(manager, cookie);
  CHECK_JSON(session, "{\"a\":1}");
  sessions_session_free(session);
  free(cookie);
  end(&store, manager);
}

static void test_tables(void) {
  struct {
    sessions_custom_store table;
    void *later[4];
  } newer;
  sessions_custom_store table = table_of_all();
  sessions_backend *backend = NULL;
  struct store store;
  size_t size;
  accept(&table);
  refuse(NULL, SESSIONS_E_INVALID, "table");
  begin(&store);
  CHECK_FAILS(sessions_backend_new_custom(&table, &store, on_destroy, NULL, &failure), SESSIONS_E_INVALID, "backend");
  CHECK_INT(store.destroyed, 1);
  CHECK_STATUS(sessions_backend_new_custom(NULL, NULL, NULL, &backend, NULL), SESSIONS_E_INVALID);

  for (size = 0; size < sizeof table; size++) {
    table.size = size;
    if (size < offsetof(sessions_custom_store, sweep) || size % sizeof(void *) != 0) {
      refuse(&table, SESSIONS_E_INVALID, "size");
    } else {
      accept(&table);
    }
  }
  table.size = SIZE_MAX - 7;
  refuse(&table, SESSIONS_E_INVALID, "size");

  memset(&newer, 0, sizeof newer);
  newer.table = table_of_all();
  newer.table.size = sizeof newer;
  accept(&newer.table);
  newer.later[3] = &newer;
  refuse(&newer.table, SESSIONS_E_UNSUPPORTED, "does not know");

  table = table_of_all();
  table.get = NULL;
  refuse(&table, SESSIONS_E_INVALID, "get");
  table = table_of_all();
  table.put = NULL;
  refuse(&table, SESSIONS_E_INVALID, "put");
  table = table_of_all();
  table.remove = NULL;
  refuse(&table, SESSIONS_E_INVALID, "remove");
  table = table_of_all();
  table.capabilities = SESSIONS_CUSTOM_DROPS_EXPIRED | UINT64_C(1) << 40;
  refuse(&table, SESSIONS_E_UNSUPPORTED, "1099511627776");
}

static void test_what_may_be_missing(void) {
  sessions_custom_store table = table_of_all();
  struct store store;
  sessions_manager *manager;
  int64_t count = 7;
  table.sweep = NULL;
  table.ping = NULL;
  table.statistics = NULL;
  manager = open_table(&store, &table);
  CHECK_OK(sessions_manager_ping(manager, &failure));
  CHECK_FAILS(sessions_manager_sweep(manager, 1, &count, &failure), SESSIONS_E_UNSUPPORTED, "sweep");
  CHECK_FAILS(sessions_manager_statistics(manager, &count, NULL, &failure), SESSIONS_E_UNSUPPORTED, "statistics");
  CHECK_INT(count, 7);
  end(&store, manager);
  table.capabilities = SESSIONS_CUSTOM_DROPS_EXPIRED;
  manager = open_table(&store, &table);
  CHECK_OK(sessions_manager_sweep(manager, 1, &count, &failure));
  CHECK_INT(count, 0);
  end(&store, manager);
}

static void test_upkeep(void) {
  struct store store;
  sessions_manager *manager = open_store(&store);
  int64_t count = -1;
  int64_t bytes = -1;
  free(world_store(manager, "{\"a\":1}"));
  free(world_store(manager, "{\"a\":2}"));
  CHECK_OK(sessions_manager_ping(manager, &failure));
  CHECK(store.time_left > 0 && store.time_left <= 2000);
  CHECK_OK(sessions_manager_statistics(manager, &count, &bytes, &failure));
  CHECK_INT(count, 2);
  CHECK(bytes > 0);
  CHECK_OK(sessions_manager_sweep(manager, 100, &count, &failure));
  CHECK_INT(count, 0);
  world.now += 100 * 24 * 3600;
  CHECK_OK(sessions_manager_sweep(manager, 1, &count, &failure));
  CHECK_INT(count, 1);
  CHECK_OK(sessions_manager_sweep(manager, 100, &count, &failure));
  CHECK_INT(count, 1);
  CHECK_INT(store.blobs->count, 0);
  end(&store, manager);
}

/* ---- who is freed when ---- */

/* The time of a call that had nothing to ask is not that of the next one. */
static void test_time_after_nothing_was_asked(void) {
  struct store store;
  sessions_manager *manager = open_store(&store);
  sessions_queue *queue = make_queue();
  sessions_session *session = NULL;
  struct call call = {0};
  CHECK_OK(sessions_manager_load(manager, "", 0, &session, &failure));
  CHECK_OK(sessions_session_set_timeout_ms(session, 1, &failure));
  CHECK_OK(sessions_session_commit_async(session, queue, on_done, &call, &failure));
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_UNCHANGED);
  CHECK_OK(sessions_session_set_timeout_ms(session, 2000, &failure));
  CHECK_STATUS(sessions_session_set_bool(session, "a", 1, 1), SESSIONS_OK);
  CHECK_OK(sessions_session_commit(session, &failure));
  CHECK(store.time_left > 1);
  CHECK_INT(call.count, 0);
  sessions_session_free(session);
  sessions_queue_free(queue);
  end(&store, manager);
}

static void test_destroy_in_every_order(void) {
  static const char *const orders[] = {"bms", "bsm", "mbs", "msb", "sbm", "smb"};
  const sessions_custom_store table = table_of_all();
  size_t i;
  for (i = 0; i < sizeof orders / sizeof *orders; i++) {
    struct store store;
    sessions_backend *backend = NULL;
    sessions_manager *manager = NULL;
    sessions_session *session;
    const char *at;
    begin(&store);
    CHECK_OK(sessions_backend_new_custom(&table, &store, on_destroy, &backend, &failure));
    CHECK_OK(sessions_manager_new(backend, NULL, &manager, &failure));
    session = world_load(manager, NULL);
    for (at = orders[i]; *at != '\0'; at++) {
      CHECK_INT(store.destroyed, 0);
      if (*at == 'b') {
        sessions_backend_free(backend);
      } else if (*at == 'm') {
        sessions_manager_free(manager);
      } else {
        sessions_session_free(session);
      }
    }
    CHECK_INT(store.destroyed, 1);
  }
}

/* ---- a session's life, at once and from another thread ---- */

static void live(int ways) {
  sessions_backend *backend = NULL;
  sessions_manager *manager = NULL;
  sessions_config *config = world_config(&world);
  sessions_session *session;
  sessions_session *other;
  char *cookie;
  char *moved;
  CHECK_OK(blob_store_open(ways, &backend, &failure));
  CHECK_OK(sessions_manager_new(backend, config, &manager, &failure));
  sessions_config_free(config);
  sessions_backend_free(backend);

  cookie = world_store(manager, "{\"n\":1}");
  session = world_load(manager, cookie);
  other = world_load(manager, cookie);
  set(session, "a", 1);
  set(other, "b", 2);
  check_commit(session, SESSIONS_OUTCOME_SAVED, 1);
  check_commit(other, SESSIONS_OUTCOME_MERGED, 1);
  CHECK_JSON(other, "{\"n\":1,\"a\":1,\"b\":2}");
  CHECK_OK(sessions_session_regenerate(other, &failure));
  CHECK_INT(sessions_session_outcome(other), SESSIONS_OUTCOME_REGENERATED);
  moved = world_cookie(other);
  set(session, "c", 3);
  CHECK_OK(sessions_session_commit(session, &failure));
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_GONE);
  sessions_session_free(session);
  session = world_load(manager, cookie);
  CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_REFUSED_UNKNOWN);
  sessions_session_free(session);
  session = world_load(manager, moved);
  CHECK_JSON(session, "{\"n\":1,\"a\":1,\"b\":2}");
  CHECK_OK(sessions_session_destroy(session, &failure));
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_DESTROYED);
  set(other, "d", 4);
  CHECK_OK(sessions_session_commit(other, &failure));
  CHECK_INT(sessions_session_outcome(other), SESSIONS_OUTCOME_GONE);
  sessions_session_free(other);
  sessions_session_free(session);
  free(moved);
  free(cookie);
  sessions_manager_free(manager);
}

struct counting {
  const sessions_manager *manager;
  const char *cookie;
};

static void *count_up(void *user_data) {
  const struct counting *counting = user_data;
  int i;
  for (i = 0; i < 200; i++) {
    sessions_session *session = NULL;
    int64_t sum = 0;
    if (sessions_manager_load(counting->manager, counting->cookie, strlen(counting->cookie), &session, NULL) !=
            SESSIONS_OK ||
        sessions_session_increment(session, "n", 1, 1, &sum) != SESSIONS_OK ||
        sessions_session_commit(session, NULL) != SESSIONS_OK) {
      abort();
    }
    sessions_session_free(session);
  }
  return NULL;
}

static void count_in_threads(int ways) {
  sessions_backend *backend = NULL;
  sessions_manager *manager = NULL;
  sessions_config *config = NULL;
  sessions_session *session;
  struct counting counting;
  pthread_t threads[4];
  int64_t sum = 0;
  size_t i;
  REQUIRE(sessions_config_new(&config) == SESSIONS_OK);
  CHECK_OK(sessions_config_set_timeout_ms(config, 600000, &failure));
  CHECK_OK(blob_store_open(ways, &backend, &failure));
  CHECK_OK(sessions_manager_new(backend, config, &manager, &failure));
  sessions_config_free(config);
  sessions_backend_free(backend);
  counting.manager = manager;
  counting.cookie = world_store(manager, "{\"n\":0}");
  for (i = 0; i < 4; i++) {
    REQUIRE(pthread_create(&threads[i], NULL, count_up, &counting) == 0);
  }
  for (i = 0; i < 4; i++) {
    pthread_join(threads[i], NULL);
  }
  session = world_load(manager, counting.cookie);
  CHECK_OK(sessions_session_get_int64(session, "n", 1, &sum));
  CHECK_INT(sum, 800);
  sessions_session_free(session);
  free((void *)(uintptr_t)counting.cookie);
  sessions_manager_free(manager);
}

/* ---- failures ---- */

static void check_failure(struct store *store, const sessions_manager *manager, const char *cookie,
                          enum question question, sessions_status status, const char *word) {
  sessions_session *session;
  int64_t count = 7;
  store->answers[question] = AS_ASKED;
  session = world_load(manager, cookie);
  set(session, "a", 2);
  store->answers[question] = FAIL;
  switch (question) {
    case GET: {
      sessions_session *none = NULL;
      CHECK_FAILS(sessions_manager_load(manager, cookie, strlen(cookie), &none, &failure), status, word);
      CHECK(none == NULL);
      CHECK_FAILS(sessions_session_commit(session, &failure), status, word);
      CHECK_FAILS(sessions_session_regenerate(session, &failure), status, word);
      CHECK_FAILS(sessions_session_destroy(session, &failure), status, word);
      break;
    }
    case PUT: {
      sessions_session *fresh = world_load(manager, NULL);
      set(fresh, "a", 1);
      CHECK_FAILS(sessions_session_commit(fresh, &failure), status, word);
      sessions_session_free(fresh);
      CHECK_FAILS(sessions_session_commit(session, &failure), status, word);
      CHECK_FAILS(sessions_session_regenerate(session, &failure), status, word);
      CHECK_FAILS(sessions_session_destroy(session, &failure), status, word);
      break;
    }
    case SWEEP:
      CHECK_FAILS(sessions_manager_sweep(manager, 1, &count, &failure), status, word);
      break;
    case PING:
      CHECK_FAILS(sessions_manager_ping(manager, &failure), status, word);
      break;
    default:
      CHECK_FAILS(sessions_manager_statistics(manager, &count, NULL, &failure), status, word);
      break;
  }
  CHECK_INT(count, 7);
  sessions_session_free(session);
  store->answers[question] = AS_ASKED;
  session = world_load(manager, cookie);
  CHECK_JSON(session, "{\"a\":1}");
  sessions_session_free(session);
}

static void test_failures_come_through(void) {
  static const sessions_status theirs[] = {
      -201, -202, -205, -206, -207, -250, -299, -301, -399, -501, -502, -599, SESSIONS_E_NOMEM};
  static const sessions_status nobodys[] = {0, 1, -1, -101, -199, -200, -300, -400, -402, -500, -600, INT32_MIN};
  static const enum question questions[] = {GET, PUT, SWEEP, PING, STATISTICS};
  struct store store;
  sessions_manager *manager = open_store(&store);
  char *cookie = world_store(manager, "{\"a\":1}");
  size_t i;
  size_t q;
  for (q = 0; q < sizeof questions / sizeof *questions; q++) {
    store.message = "disk 7 is on fire";
    store.message_len = strlen(store.message);
    for (i = 0; i < sizeof theirs / sizeof *theirs; i++) {
      store.status = theirs[i];
      check_failure(&store, manager, cookie, questions[q], theirs[i], "disk 7 is on fire");
    }
    for (i = 0; i < sizeof nobodys / sizeof *nobodys; i++) {
      char number[32];
      store.status = nobodys[i];
      snprintf(number, sizeof number, "with %d,", nobodys[i]);
      check_failure(&store, manager, cookie, questions[q], SESSIONS_E_CALLBACK, number);
      check_failure(&store, manager, cookie, questions[q], SESSIONS_E_CALLBACK, "disk 7 is on fire");
    }
    store.message = NULL;
    store.message_len = 0;
    store.status = -250;
    check_failure(&store, manager, cookie, questions[q], -250, "category");
    store.status = SESSIONS_E_FULL;
    check_failure(&store, manager, cookie, questions[q], SESSIONS_E_FULL, sessions_status_message(SESSIONS_E_FULL));
  }
  free(cookie);
  end(&store, manager);
}

static void fail_with(struct store *store, const sessions_manager *manager, const char *message, size_t length,
                      const char *expected, size_t expected_len) {
  sessions_error *error = NULL;
  const char *text;
  store->message = message;
  store->message_len = length;
  CHECK_INT(sessions_manager_ping(manager, &error), store->status);
  text = sessions_error_message(error);
  check_message(text, __FILE__, __LINE__);
  CHECK_BYTES(text, strlen(text), expected, expected_len);
  sessions_error_free(error);
}

static void test_messages_are_made_one_line(void) {
  struct store store;
  sessions_manager *manager = open_store(&store);
  char *long_text = world_repeat('x', 1100);
  store.answers[PING] = FAIL;
  store.status = -555;
  fail_with(&store, manager, "a\nb\0c\x7f\td", 8, "a b c  d", 8);
  fail_with(&store, manager, "caf\xc3\xa9 \xff\xc3", 8, "caf\xc3\xa9 ??", 8);
  fail_with(&store, manager, "ended by NUL", SESSIONS_NUL_TERMINATED, "ended by NUL", 12);
  fail_with(&store, manager, long_text, 1100, long_text, 1000);
  long_text[999] = (char)0xc3;
  long_text[1000] = (char)0xa9;
  fail_with(&store, manager, long_text, 1100, long_text, 999);
  free(long_text);
  end(&store, manager);
}

/* ---- answers of the wrong kind ---- */

static void test_wrong_answers(void) {
  static const struct {
    enum question question;
    enum answer answer;
  } wrong[] = {{GET, DONE},      {GET, CONFLICT},  {GET, COUNTED},        {PUT, FOUND},          {PUT, COUNTED},
               {SWEEP, DONE},    {SWEEP, FOUND},   {SWEEP, NEGATIVE},     {SWEEP, CONFLICT},     {PING, MISSING},
               {PING, FOUND},    {PING, COUNTED},  {STATISTICS, MISSING}, {STATISTICS, DONE},    {STATISTICS, NEGATIVE},
               {PING, CONFLICT}, {SWEEP, MISSING}, {STATISTICS, FOUND},   {STATISTICS, CONFLICT}};
  struct store store;
  sessions_manager *manager = open_store(&store);
  char *cookie = world_store(manager, "{\"a\":1}");
  struct blob *blob = NULL;
  size_t i;
  for (i = 0; i < BLOB_BUCKETS && blob == NULL; i++) {
    blob = store.blobs->buckets[i];
  }
  REQUIRE(blob != NULL);
  store.bytes = blob->bytes;
  store.size = blob->size;
  store.version = blob->version;
  for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    sessions_session *session = world_load(manager, cookie);
    sessions_session *fresh = world_load(manager, NULL);
    sessions_session *none = NULL;
    int64_t count = 7;
    set(session, "b", 1);
    set(fresh, "b", 1);
    store.answers[wrong[i].question] = wrong[i].answer;
    switch (wrong[i].question) {
      case GET:
        CHECK_FAILS(sessions_manager_load(manager, cookie, strlen(cookie), &none, &failure), SESSIONS_E_CALLBACK,
                    "another kind");
        CHECK_STATUS(sessions_session_commit(session, &failure), SESSIONS_E_CALLBACK);
        break;
      case PUT:
        CHECK_STATUS(sessions_session_commit(fresh, &failure), SESSIONS_E_CALLBACK);
        CHECK_STATUS(sessions_session_commit(session, &failure), SESSIONS_E_CALLBACK);
        CHECK_STATUS(sessions_session_regenerate(session, &failure), SESSIONS_E_CALLBACK);
        CHECK_STATUS(sessions_session_destroy(session, &failure), SESSIONS_E_CALLBACK);
        break;
      case SWEEP:
        CHECK_STATUS(sessions_manager_sweep(manager, 1, &count, &failure), SESSIONS_E_CALLBACK);
        break;
      case PING:
        CHECK_STATUS(sessions_manager_ping(manager, &failure), SESSIONS_E_CALLBACK);
        break;
      default:
        CHECK_STATUS(sessions_manager_statistics(manager, &count, NULL, &failure), SESSIONS_E_CALLBACK);
        break;
    }
    store.answers[wrong[i].question] = AS_ASKED;
    sessions_session_free(fresh);
    sessions_session_free(session);
    session = world_load(manager, cookie);
    CHECK_JSON(session, "{\"a\":1}");
    sessions_session_free(session);
  }

  /* A create that finds its key taken, and puts that find it gone. */
  {
    sessions_session *session = world_load(manager, NULL);
    set(session, "a", 1);
    store.answers[PUT] = CONFLICT;
    CHECK_STATUS(sessions_session_commit(session, &failure), SESSIONS_E_INTERNAL);
    store.answers[PUT] = MISSING;
    CHECK_STATUS(sessions_session_commit(session, &failure), SESSIONS_E_CALLBACK);
    sessions_session_free(session);
    session = world_load(manager, cookie);
    set(session, "a", 1);
    CHECK_OK(sessions_session_set_timeout_ms(session, 5, &failure));
    CHECK_STATUS(sessions_session_commit(session, &failure), SESSIONS_E_BUSY);
    store.answers[PUT] = AS_ASKED;
    store.answers[GET] = MISSING;
    CHECK_OK(sessions_session_commit(session, &failure));
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_GONE);
    sessions_session_free(session);
  }
  free(cookie);
  end(&store, manager);
}

/* On NULL nothing happens. */
static void test_null_calls(void) {
  sessions_custom_found(NULL, "x", 1, 1);
  sessions_custom_found(NULL, NULL, 1, 1);
  sessions_custom_missing(NULL);
  sessions_custom_done(NULL);
  sessions_custom_conflict(NULL);
  sessions_custom_counted(NULL, 1, 1);
  sessions_custom_failed(NULL, SESSIONS_E_BUSY, "x", 1);
  CHECK_INT(sessions_custom_time_left_ms(NULL), 0);
  CHECK(sessions_custom_decide(NULL, NULL, 0, 0) == NULL);
  CHECK(sessions_custom_decide(NULL, "x", 1, 1) == NULL);
  CHECK(sessions_custom_decide(NULL, NULL, 1, 1) == NULL);
}

/* ---- blobs that are not what was put ---- */

static sessions_status load_blob(struct store *store, const sessions_manager *manager, const char *cookie,
                                 const void *bytes, size_t size, uint64_t version) {
  sessions_session *session = NULL;
  sessions_status status;
  store->answers[GET] = FOUND;
  store->bytes = bytes;
  store->size = size;
  store->version = version;
  status = sessions_manager_load(manager, cookie, strlen(cookie), &session, NULL);
  if (status == SESSIONS_OK) { /* then it can be worked with */
    const char *json = NULL;
    size_t length = 0;
    size_t i;
    CHECK_OK(sessions_session_to_json(session, &json, &length));
    for (i = 0; i < sessions_session_count(session); i++) {
      const char *key = NULL;
      int32_t type = 0;
      CHECK_OK(sessions_session_key_at(session, i, &key, &length));
      CHECK_OK(sessions_session_get_type(session, key, length, &type));
      (void)sessions_session_get_string(session, key, length, &json, &length);
    }
    set(session, "more", 1);
    store->answers[PUT] = DONE;
    CHECK_OK(sessions_session_commit(session, NULL));
    store->answers[PUT] = AS_ASKED;
  }
  sessions_session_free(session);
  store->answers[GET] = AS_ASKED;
  return status;
}

static void test_malformed_blobs(void) {
  struct store store;
  sessions_manager *manager = open_store(&store);
  char *cookie = world_store(manager, "{\"name\":\"text\",\"list\":[1,{\"x\":null}],\"n\":17}");
  unsigned char copy[512];
  const struct blob *blob = NULL;
  size_t size;
  size_t i;
  for (i = 0; i < BLOB_BUCKETS && blob == NULL; i++) {
    blob = store.blobs->buckets[i];
  }
  REQUIRE(blob != NULL && blob->size < sizeof copy);
  size = blob->size;
  memcpy(copy, blob->bytes, size);
  CHECK_INT(load_blob(&store, manager, cookie, copy, size, 1), SESSIONS_OK);
  CHECK_INT(load_blob(&store, manager, cookie, copy, size, 0), SESSIONS_E_CALLBACK);
  CHECK_INT(load_blob(&store, manager, cookie, copy, size, UINT64_MAX), SESSIONS_E_CALLBACK);
  CHECK_INT(load_blob(&store, manager, cookie, NULL, 0, 1), SESSIONS_E_CORRUPT);
  CHECK_INT(load_blob(&store, manager, cookie, NULL, 5, 1), SESSIONS_E_CALLBACK);
  CHECK_INT(load_blob(&store, manager, cookie, copy, SIZE_MAX, 1), SESSIONS_E_CALLBACK);
  CHECK_INT(load_blob(&store, manager, cookie, copy, SIZE_MAX - 1, 1), SESSIONS_E_CALLBACK);
  CHECK_INT(load_blob(&store, manager, cookie, "{\"a\":1}", 7, 1), SESSIONS_E_CORRUPT);
  CHECK_INT(load_blob(&store, manager, cookie, "\2{\"a\":1}", 8, 1), SESSIONS_E_NEWER);
  for (i = 0; i < size; i++) {
    unsigned char *exact = malloc(i + 1); /* so that a sanitizer sees what is read behind it */
    REQUIRE(exact != NULL);
    memcpy(exact, copy, i);
    CHECK_INT(load_blob(&store, manager, cookie, exact, i, 1), SESSIONS_E_CORRUPT);
    free(exact);
  }
  for (i = 0; i < size; i++) {
    static const unsigned char others[] = {0, 1, 0x22, 0x5c, 0x7f, 0x80, 0xc3, 0xff};
    size_t o;
    for (o = 0; o < sizeof others; o++) {
      const unsigned char was = copy[i];
      sessions_status status;
      copy[i] = others[o];
      status = load_blob(&store, manager, cookie, copy, size, 1);
      CHECK(status == SESSIONS_OK || status == SESSIONS_E_CORRUPT);
      copy[i] = was;
    }
  }
  free(cookie);
  end(&store, manager);
}

/* Loads what cannot be had, in a session that remains. */
static sessions_session *fail_to_load(struct store *store, const sessions_manager *manager, const char *cookie,
                                      sessions_status status) {
  sessions_session *session = NULL;
  store->answers[GET] = FAIL;
  store->status = status;
  CHECK_OK(sessions_session_new(manager, &session, &failure));
  CHECK_STATUS(sessions_session_load(session, cookie, strlen(cookie), &failure), status);
  CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_NEW);
  CHECK_INT(sessions_session_cookie_count(session), 0);
  return session;
}

static void destroy(sessions_session *session, int32_t outcome, size_t lines) {
  CHECK_OK(sessions_session_destroy(session, &failure));
  CHECK_INT(sessions_session_outcome(session), outcome);
  CHECK_INT(sessions_session_cookie_count(session), lines);
}

/* What cannot be read locks nobody out, and an outage logs nobody out. */
static void test_the_way_out_of_what_cannot_be_read(void) {
  static const char delete_line[] = "__Host-session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax";
  static const sessions_status unreadable[] = {SESSIONS_E_CORRUPT, SESSIONS_E_NEWER};
  static const sessions_status outages[] = {SESSIONS_E_UNAVAILABLE, SESSIONS_E_TIMEOUT, SESSIONS_E_BUSY};
  struct store store;
  sessions_manager *manager = open_store(&store);
  char *cookie = world_store(manager, "{\"a\":1}");
  sessions_session *session;
  size_t i;
  for (i = 0; i < sizeof unreadable / sizeof *unreadable; i++) {
    session = fail_to_load(&store, manager, cookie, unreadable[i]);
    destroy(session, SESSIONS_OUTCOME_DESTROYED, 1);
    CHECK(strcmp(world_line(session), delete_line) == 0);
    sessions_session_free(session);

    session = fail_to_load(&store, manager, cookie, unreadable[i]);
    CHECK_OK(sessions_session_clear(session));
    check_commit(session, SESSIONS_OUTCOME_DESTROYED, 1);
    sessions_session_free(session);

    session = fail_to_load(&store, manager, cookie, unreadable[i]);
    set(session, "b", 2);
    check_commit(session, SESSIONS_OUTCOME_CREATED, 1);
    CHECK(strncmp(world_line(session), cookie, strlen(cookie)) != 0);
    sessions_session_free(session);

    /* The last load counts. */
    session = fail_to_load(&store, manager, cookie, unreadable[i]);
    store.status = SESSIONS_E_UNAVAILABLE;
    CHECK_STATUS(sessions_session_load(session, cookie, strlen(cookie), &failure), SESSIONS_E_UNAVAILABLE);
    destroy(session, SESSIONS_OUTCOME_UNCHANGED, 0);
    sessions_session_free(session);
    session = fail_to_load(&store, manager, cookie, unreadable[i]);
    CHECK_OK(sessions_session_load(session, NULL, 0, &failure));
    destroy(session, SESSIONS_OUTCOME_UNCHANGED, 0);
    sessions_session_free(session);

    /* What becomes unreadable only after it was loaded is not said to be ended. */
    store.answers[GET] = AS_ASKED;
    session = world_load(manager, cookie);
    store.answers[GET] = FAIL;
    store.status = unreadable[i];
    CHECK_STATUS(sessions_session_destroy(session, &failure), unreadable[i]);
    CHECK_INT(sessions_session_cookie_count(session), 0);
    store.answers[GET] = AS_ASKED;
    destroy(session, SESSIONS_OUTCOME_DESTROYED, 1);
    CHECK(strcmp(world_line(session), delete_line) == 0);
    sessions_session_free(session);
  }
  for (i = 0; i < sizeof outages / sizeof *outages; i++) {
    session = fail_to_load(&store, manager, cookie, outages[i]);
    destroy(session, SESSIONS_OUTCOME_UNCHANGED, 0);
    sessions_session_free(session);
  }
  store.answers[GET] = AS_ASKED;
  session = world_load(manager, cookie);
  CHECK_JSON(session, "{\"a\":1}");
  sessions_session_free(session);

  store.answers[GET] = FOUND;
  store.bytes = NULL;
  store.size = 0;
  store.version = 1;
  CHECK_OK(sessions_session_new(manager, &session, &failure));
  CHECK_FAILS(sessions_session_load(session, cookie, strlen(cookie), &failure), SESSIONS_E_CORRUPT, "destroy it");
  destroy(session, SESSIONS_OUTCOME_DESTROYED, 1);
  sessions_session_free(session);
  free(cookie);
  end(&store, manager);
}

/* ---- others are faster ---- */

static sessions_manager *meddling_manager;
static const char *meddling_cookie;

static void meddle(struct store *store) {
  sessions_session *session = world_load(meddling_manager, meddling_cookie);
  int left = store->before_puts;
  store->before_puts = 0;
  CHECK_OK(sessions_session_increment(session, "n", 1, 1, &(int64_t){0}));
  CHECK_OK(sessions_session_commit(session, &failure));
  sessions_session_free(session);
  store->before_puts = left;
}

static void meddle_by_destroying(struct store *store) {
  sessions_session *session = world_load(meddling_manager, meddling_cookie);
  store->before_puts = 0;
  CHECK_OK(sessions_session_destroy(session, &failure));
  sessions_session_free(session);
}

static void test_conflicts(void) {
  struct store store;
  sessions_manager *manager = open_store(&store);
  char *cookie = world_store(manager, "{\"n\":0}");
  sessions_session *session = world_load(manager, cookie);
  int64_t n = 0;
  meddling_manager = manager;
  meddling_cookie = cookie;
  store.before_put = meddle;
  store.before_puts = 100;
  CHECK_OK(sessions_session_increment(session, "n", 1, 1, &n));
  CHECK_OK(sessions_session_commit(session, &failure));
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_MERGED);
  CHECK_JSON(session, "{\"n\":101}");

  /* Between creating the new record and ending the old one, too: every second put is of the new one. */
  set(session, "user", 7);
  store.before_puts = 10;
  CHECK_OK(sessions_session_regenerate(session, &failure));
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_REGENERATED);
  CHECK_JSON(session, "{\"n\":111,\"user\":7}");
  CHECK_INT(store.blobs->count, 1);
  sessions_session_free(session);
  free(cookie);

  /* The old one is gone when it is to be ended: the new one is taken back. */
  cookie = world_store(manager, "{\"n\":0}");
  meddling_cookie = cookie;
  session = world_load(manager, cookie);
  set(session, "user", 7);
  store.before_put = meddle_by_destroying;
  store.before_puts = 1;
  CHECK_INT(store.calls[REMOVE], 0);
  CHECK_OK(sessions_session_regenerate(session, &failure));
  CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_GONE);
  CHECK_INT(sessions_session_cookie_count(session), 0);
  CHECK_INT(store.calls[REMOVE], 1);
  CHECK_INT(store.blobs->count, 1);
  sessions_session_free(session);
  free(cookie);

  end(&store, manager);
}

/* A store where everybody else is always faster answers at once, millions of times: neither the stack nor the time that
 * the host waits grows with that. */
static void test_endless_conflicts(void) {
  struct store store;
  sessions_manager *manager = open_store(&store);
  char *cookie = world_store(manager, "{\"n\":0}");
  sessions_session *session = world_load(manager, cookie);
  int64_t blobs = store.blobs->count;
  CHECK_OK(sessions_session_set_timeout_ms(session, 50, &failure));
  store.answers[PUT] = CONFLICT;
  set(session, "a", 1);
  CHECK_FAILS(sessions_session_commit(session, &failure), SESSIONS_E_BUSY, "nothing was changed");
  CHECK_FAILS(sessions_session_destroy(session, &failure), SESSIONS_E_BUSY, "nothing was changed");
  CHECK(store.calls[PUT] > 10);
  store.answers[PUT] = AS_ASKED;
  sessions_session_free(session);
  session = world_load(manager, cookie);
  CHECK_JSON(session, "{\"n\":0}");
  CHECK_INT(store.blobs->count, blobs);
  sessions_session_free(session);
  free(cookie);
  end(&store, manager);
}

/* ---- answers that come too late, or never ---- */

static void test_late_answers(void) {
  struct store store;
  sessions_manager *manager = open_store(&store);
  char *cookie = world_store(manager, "{\"n\":0}");
  sessions_session *session = world_load(manager, cookie);
  sessions_session *fresh = NULL;
  CHECK_OK(sessions_session_new(manager, &fresh, &failure));
  CHECK_OK(sessions_session_set_timeout_ms(fresh, 2, &failure));
  CHECK_OK(sessions_session_set_timeout_ms(session, 2, &failure));

  store.answers[GET] = HOLD;
  CHECK_STATUS(sessions_session_load(fresh, cookie, strlen(cookie), &failure), SESSIONS_E_TIMEOUT);
  CHECK_INT(sessions_custom_time_left_ms(store.held), 0);
  sessions_custom_missing(store.held);

  /* What was read too late is not written any more. */
  set(session, "a", 1);
  CHECK_STATUS(sessions_session_commit(session, &failure), SESSIONS_E_UNKNOWN);
  store.answers[GET] = AS_ASKED;
  store.calls[PUT] = 0;
  {
    const struct blob *blob = NULL;
    size_t i;
    for (i = 0; i < BLOB_BUCKETS && blob == NULL; i++) {
      blob = store.blobs->buckets[i];
    }
    sessions_custom_found(store.held, blob->bytes, blob->size, blob->version);
  }
  CHECK_INT(store.calls[PUT], 0);

  store.answers[PUT] = HOLD;
  CHECK_STATUS(sessions_session_commit(session, &failure), SESSIONS_E_UNKNOWN);
  sessions_custom_conflict(store.held); /* and is not tried again */
  CHECK_INT(store.calls[PUT], 1);
  sessions_session_free(fresh);

  /* The store outlives its managers until its last call is answered. */
  CHECK_STATUS(sessions_session_commit(session, &failure), SESSIONS_E_UNKNOWN);
  sessions_session_free(session);
  sessions_manager_free(manager);
  CHECK_INT(store.destroyed, 0);
  sessions_custom_done(store.held);
  CHECK_INT(store.destroyed, 1);
  free(cookie);
}

int main(void) {
  world_begin(&world);
  test_tables();
  test_what_may_be_missing();
  test_upkeep();
  test_time_after_nothing_was_asked();
  test_destroy_in_every_order();
  live(0);
  live(BLOB_LATER);
  live(BLOB_CHANGES);
  live(BLOB_CHANGES | BLOB_LATER);
  count_in_threads(0);
  count_in_threads(BLOB_LATER);
  count_in_threads(BLOB_CHANGES);
  count_in_threads(BLOB_CHANGES | BLOB_LATER);
  test_failures_come_through();
  test_messages_are_made_one_line();
  test_wrong_answers();
  test_null_calls();
  test_malformed_blobs();
  test_the_way_out_of_what_cannot_be_read();
  test_conflicts();
  test_endless_conflicts();
  test_late_answers();
  return check_result();
}
