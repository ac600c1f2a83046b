/* Codecs: content goes through the host's own serializer on its way out of the process. */
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
  free(cookie);
  sessions_manager_free(manager);
}

static void test_what_cannot_be_encoded_is_not_sent(void) {
  static const sessions_status given[] = {-501, -599, -600, -1, 1, SESSIONS_E_TIMEOUT, SESSIONS_E_NOMEM};
  static const sessions_status expected[] = {-501, -599, -501, -501, -501, -501, SESSIONS_E_NOMEM};
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

int main(void) {
  world_begin(&world);
  test_cookies_are_coded();
  test_a_cookie_that_cannot_be_decoded_is_refused();
  test_what_cannot_be_encoded_is_not_sent();
  test_memory_does_without();
  test_bad_arguments();
  return check_result();
}
