/* Codecs: content goes through the host's own serializer on its way out of the process. Arguments are URLs of further
 * stores to test, which are empty. */
#include <support/blob_store.h>
#include <support/world.h>

static struct world world;

/* Counts its calls, and answers with a status of choice. */
struct codec {
  int encoded;
  int decoded;
  int destroyed;
  sessions_status encode_status;
  sessions_status decode_status;
  const char *decodes_to; /* instead of what encode was given */
};

/* Turns every bit round: what comes out is neither JSON nor UTF-8. */
static sessions_status turn_round(const void *data, size_t len, sessions_bytes *out) {
  const unsigned char *bytes = data;
  size_t i;
  for (i = 0; i < len; i++) {
    unsigned char turned = (unsigned char)~bytes[i];
    CHECK_INT(sessions_bytes_append(out, &turned, 1), SESSIONS_OK);
  }
  return SESSIONS_OK;
}

static sessions_status encode(void *user_data, const void *data, size_t len, sessions_bytes *out) {
  struct codec *codec = user_data;
  codec->encoded++;
  return codec->encode_status != SESSIONS_OK ? codec->encode_status : turn_round(data, len, out);
}

static sessions_status decode(void *user_data, const void *data, size_t len, sessions_bytes *out) {
  struct codec *codec = user_data;
  codec->decoded++;
  if (codec->decodes_to != NULL) {
    CHECK_INT(sessions_bytes_append(out, codec->decodes_to, SESSIONS_NUL_TERMINATED), SESSIONS_OK);
    return SESSIONS_OK;
  }
  return codec->decode_status != SESSIONS_OK ? codec->decode_status : turn_round(data, len, out);
}

static void destroy(void *user_data) { ((struct codec *)user_data)->destroyed++; }

static const sessions_codec functions = {sizeof(sessions_codec), encode, decode};

static sessions_manager *coded_manager(const char *url, struct codec *codec) {
  sessions_config *config = world_config(&world);
  CHECK_OK(sessions_config_set_codec(config, &functions, codec, destroy, &failure));
  return world_manager_from(url, config);
}

static const char *const cookie_urls[] = {"signed-cookie:", "cookie:"};

static void test_cookies_are_coded(void) {
  size_t i;
  for (i = 0; i < 2; i++) {
    struct codec codec = {0};
    sessions_manager *manager = coded_manager(cookie_urls[i], &codec);
    sessions_manager *plain = world_manager(&world, cookie_urls[i]);
    char *cookie = world_store(manager, "{\"name\":\"Zo\\u00eb\",\"n\":9007199254740993}");
    sessions_session *session = world_load(manager, cookie);
    CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
    CHECK_JSON(session, "{\"name\":\"Zo\\u00eb\",\"n\":9007199254740993}");
    CHECK_INT(codec.encoded, 1);
    CHECK_INT(codec.decoded, 1);
    sessions_session_free(session);
    session = world_load(plain, cookie);
    CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_REFUSED_CONTENT);
    sessions_session_free(session);
    free(cookie);
    cookie = world_store(plain, "{\"a\":1}");
    session = world_load(manager, cookie);
    CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_REFUSED_CONTENT);
    CHECK_INT(sessions_session_count(session), 0);
    sessions_session_free(session);
    free(cookie);
    sessions_manager_free(plain);
    CHECK_INT(codec.destroyed, 0);
    sessions_manager_free(manager);
    CHECK_INT(codec.destroyed, 1);
  }
}

static void test_a_cookie_that_cannot_be_decoded_is_refused(void) {
  static const char *const bad[] = {"", "[1]", "{\"a\":1", "{\"a\":1,\"a\":2}", "null"};
  struct codec codec = {0};
  sessions_manager *manager = coded_manager("signed-cookie:", &codec);
  char *cookie = world_store(manager, "{\"a\":1}");
  sessions_session *session;
  size_t i;
  for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    codec.decodes_to = bad[i];
    session = world_load(manager, cookie);
    CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_REFUSED_CONTENT);
    sessions_session_free(session);
  }
  codec.decodes_to = NULL;
  codec.decode_status = -555;
  session = world_load(manager, cookie);
  CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_REFUSED_CONTENT);
  sessions_session_free(session);
  codec.decode_status = SESSIONS_E_NOMEM;
  CHECK_INT(sessions_manager_load(manager, cookie, strlen(cookie), &session, NULL), SESSIONS_E_NOMEM);
  codec.decode_status = SESSIONS_E_UNAVAILABLE;
  CHECK_STATUS(sessions_manager_load(manager, cookie, strlen(cookie), &session, &failure), SESSIONS_E_UNAVAILABLE);
  free(cookie);
  sessions_manager_free(manager);
}

static void test_what_cannot_be_encoded_is_not_sent(void) {
  static const sessions_status given[] = {-501, -599, -201, -299, -301, -399, SESSIONS_E_NOMEM,
                                          -600, -1,   1,    -101, -300, -402, INT32_MIN};
  static const sessions_status expected[] = {-501, -599, -201, -299, -301, -399, SESSIONS_E_NOMEM,
                                             -501, -501, -501, -501, -501, -501, -501};
  struct codec codec = {0};
  sessions_manager *manager = coded_manager("signed-cookie:", &codec);
  sessions_session *session = world_load(manager, NULL);
  size_t i;
  CHECK_INT(sessions_session_set_int64(session, "n", 1, 1), SESSIONS_OK);
  for (i = 0; i < sizeof given / sizeof given[0]; i++) {
    codec.encode_status = given[i];
    CHECK_STATUS(sessions_session_commit(session, &failure), expected[i]);
    CHECK_INT(sessions_session_cookie_count(session), 0);
  }
  codec.encode_status = SESSIONS_OK;
  check_commit(session, SESSIONS_OUTCOME_CREATED, 1);
  sessions_session_free(session);
  sessions_manager_free(manager);
}

/* The session holds {"n":1,"m":2}. What was read must be unchanged, and what was not read may change. */
static void check_strict(sessions_manager *coded, const char *cookie) {
  sessions_session *session = world_load(coded, cookie);
  sessions_session *other = world_load(coded, cookie);
  int64_t n = 0;
  CHECK_OK(sessions_session_set_commit_mode(session, SESSIONS_COMMIT_STRICT, &failure));
  CHECK_OK(sessions_session_set_commit_mode(other, SESSIONS_COMMIT_STRICT, &failure));
  CHECK_INT(sessions_session_get_int64(session, "n", 1, &n), SESSIONS_OK);
  CHECK_INT(sessions_session_increment(other, "m", 1, 1, NULL), SESSIONS_OK);
  check_commit(other, SESSIONS_OUTCOME_SAVED, 1);
  CHECK_INT(sessions_session_set_int64(session, "n", 1, n + 1), SESSIONS_OK);
  check_commit(session, SESSIONS_OUTCOME_MERGED, 1);
  CHECK_JSON(session, "{\"n\":2,\"m\":3}");
  CHECK_INT(sessions_session_get_int64(other, "n", 1, &n), SESSIONS_OK);
  CHECK_INT(sessions_session_set_int64(other, "n", 1, 9), SESSIONS_OK);
  CHECK_OK(sessions_session_commit(other, &failure));
  CHECK_INT(sessions_session_outcome(other), SESSIONS_OUTCOME_CONFLICT);
  CHECK_JSON(other, "{\"n\":2,\"m\":3}");
  sessions_session_free(session);
  sessions_session_free(other);
}

/* Stores outside of the process: content is coded, and what was stored before is still read, and coded when it
 * changes. */
static void check_store(sessions_manager *coded, sessions_manager *plain, struct codec *codec) {
  char *cookie = world_store(coded, "{\"name\":\"Ada\",\"n\":1}");
  char *old = world_store(plain, "{\"n\":1}");
  sessions_session *session = world_load(coded, cookie);
  sessions_session *other = world_load(coded, cookie);
  CHECK_JSON(session, "{\"name\":\"Ada\",\"n\":1}");
  CHECK_INT(sessions_session_increment(session, "n", 1, 5, NULL), SESSIONS_OK);
  CHECK_INT(sessions_session_increment(other, "n", 1, 7, NULL), SESSIONS_OK);
  check_commit(session, SESSIONS_OUTCOME_SAVED, 1);
  check_commit(other, SESSIONS_OUTCOME_MERGED, 1);
  CHECK_JSON(other, "{\"name\":\"Ada\",\"n\":13}");
  CHECK(codec->encoded >= 3 && codec->decoded >= 2);
  sessions_session_free(session);
  CHECK_STATUS(sessions_manager_load(plain, cookie, strlen(cookie), &session, &failure), SESSIONS_E_CORRUPT);
  codec->decode_status = -555;
  CHECK_STATUS(sessions_manager_load(coded, cookie, strlen(cookie), &session, &failure), -555);
  codec->decode_status = SESSIONS_E_TIMEOUT;
  CHECK_STATUS(sessions_manager_load(coded, cookie, strlen(cookie), &session, &failure), SESSIONS_E_TIMEOUT);
  codec->decode_status = SESSIONS_OK;
  codec->encode_status = -556;
  CHECK_INT(sessions_session_increment(other, "n", 1, 1, NULL), SESSIONS_OK);
  CHECK_STATUS(sessions_session_commit(other, &failure), -556);
  codec->encode_status = SESSIONS_OK;
  CHECK_OK(sessions_session_regenerate(other, &failure));
  CHECK_INT(sessions_session_outcome(other), SESSIONS_OUTCOME_REGENERATED);
  CHECK_JSON(other, "{\"name\":\"Ada\",\"n\":14}");
  codec->decode_status = -555;
  CHECK_OK(sessions_session_destroy(other, &failure));
  codec->decode_status = SESSIONS_OK;
  sessions_session_free(other);
  session = world_load(coded, old);
  CHECK_JSON(session, "{\"n\":1}");
  CHECK_INT(sessions_session_set_int64(session, "m", 1, 2), SESSIONS_OK);
  check_commit(session, SESSIONS_OUTCOME_SAVED, 1);
  sessions_session_free(session);
  CHECK_STATUS(sessions_manager_load(plain, old, strlen(old), &session, &failure), SESSIONS_E_CORRUPT);
  codec->decodes_to = "no JSON";
  CHECK_STATUS(sessions_manager_load(coded, old, strlen(old), &session, &failure), SESSIONS_E_CORRUPT);
  codec->decodes_to = NULL;
  session = world_load(coded, old);
  CHECK_JSON(session, "{\"n\":1,\"m\":2}");
  sessions_session_free(session);
  check_strict(coded, old);
  free(old);
  free(cookie);
}

static sessions_manager *manager_of(sessions_backend *backend, struct codec *codec) {
  sessions_manager *manager = NULL;
  sessions_config *config = NULL;
  REQUIRE(sessions_config_new(&config) == SESSIONS_OK);
  if (codec != NULL) {
    CHECK_OK(sessions_config_set_codec(config, &functions, codec, destroy, &failure));
  }
  REQUIRE(sessions_manager_new(backend, config, &manager, NULL) == SESSIONS_OK);
  sessions_config_free(config);
  return manager;
}

static void check_backend(sessions_backend *backend) {
  struct codec codec = {0};
  sessions_manager *coded = manager_of(backend, &codec);
  sessions_manager *plain = manager_of(backend, NULL);
  check_store(coded, plain, &codec);
  sessions_manager_free(coded);
  sessions_manager_free(plain);
  sessions_backend_free(backend);
  CHECK_INT(codec.destroyed, 1);
}

static void test_custom_stores_are_coded(void) {
  int later;
  for (later = 0; later < 2; later++) {
    sessions_backend *backend = NULL;
    CHECK_OK(blob_store_open(later ? BLOB_LATER : 0, &backend, &failure));
    check_backend(backend);
  }
}

static void test_other_stores_are_coded(const char *url) {
  sessions_backend *backend = NULL;
  CHECK_OK(sessions_backend_open(url, SESSIONS_NUL_TERMINATED, &backend, &failure));
  check_backend(backend);
}

static void test_memory_does_without(void) {
  struct codec codec = {0};
  sessions_manager *manager = coded_manager("memory:", &codec);
  char *cookie = world_store(manager, "{\"a\":1}");
  sessions_session *session = world_load(manager, cookie);
  CHECK_JSON(session, "{\"a\":1}");
  CHECK_INT(codec.encoded + codec.decoded, 0);
  sessions_session_free(session);
  free(cookie);
  sessions_manager_free(manager);
}

static void test_bad_arguments(void) {
  struct codec codec = {0};
  sessions_config *config = world_config(&world);
  sessions_codec bad = functions;
  CHECK_STATUS(sessions_config_set_codec(NULL, &functions, &codec, destroy, &failure), SESSIONS_E_INVALID);
  CHECK_INT(codec.destroyed, 1);
  bad.size = 0;
  CHECK_STATUS(sessions_config_set_codec(config, &bad, &codec, destroy, &failure), SESSIONS_E_INVALID);
  CHECK_INT(codec.destroyed, 2);
  bad = functions;
  bad.encode = NULL;
  CHECK_STATUS(sessions_config_set_codec(config, &bad, &codec, destroy, &failure), SESSIONS_E_INVALID);
  bad = functions;
  bad.decode = NULL;
  CHECK_STATUS(sessions_config_set_codec(config, &bad, &codec, destroy, &failure), SESSIONS_E_INVALID);
  CHECK_INT(codec.destroyed, 4);
  CHECK_OK(sessions_config_set_codec(config, &functions, &codec, NULL, &failure));
  CHECK_OK(sessions_config_set_codec(config, &functions, &codec, destroy, &failure));
  CHECK_INT(codec.destroyed, 4);
  CHECK_OK(sessions_config_set_codec(config, NULL, &codec, destroy, &failure));
  CHECK_INT(codec.destroyed, 6); /* that of the codec, and that of none */
  CHECK_INT(sessions_bytes_append(NULL, "x", 1), SESSIONS_E_INVALID);
  sessions_config_free(config);
  CHECK_INT(codec.destroyed, 6);
}

int main(int argc, char **argv) {
  int i;
  world_begin(&world);
  test_cookies_are_coded();
  test_a_cookie_that_cannot_be_decoded_is_refused();
  test_what_cannot_be_encoded_is_not_sent();
  test_custom_stores_are_coded();
  for (i = 1; i < argc; i++) {
    test_other_stores_are_coded(argv[i]);
  }
  test_memory_does_without();
  test_bad_arguments();
  return check_result();
}
