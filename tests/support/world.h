/* A world under control, for programs in C: a clock that is set, random bytes that are counted, a log that is kept. */
#ifndef WORLD_H
#define WORLD_H

#include <support/check.h>

#define WORLD_KEY "a signing key of thirty-two bytes or more"
#define WORLD_NOW INT64_C(1700000000)

static const char *const world_urls[] = {"memory:", "signed-cookie:", "cookie:"};
enum { WORLD_MEMORY, WORLD_SIGNED, WORLD_PLAIN, WORLD_BACKENDS };

struct world {
  int64_t now;
  unsigned char next_byte; /* random bytes are all this one, which then goes up */
  sessions_status random_status;
  int random_calls;
  int infos;
  int warnings;
  char last_message[512];
};

static inline void world_begin(struct world *world) {
  memset(world, 0, sizeof *world);
  world->now = WORLD_NOW;
}

static inline int64_t world_clock(void *user_data) { return ((struct world *)user_data)->now; }

static inline sessions_status world_random(void *user_data, void *bytes, size_t size) {
  struct world *world = user_data;
  world->random_calls++;
  memset(bytes, world->next_byte++, size);
  return world->random_status;
}

static inline void world_log(void *user_data, int32_t level, const char *message, size_t message_len) {
  struct world *world = user_data;
  check_that(strlen(message) == message_len, "log messages are NUL-terminated text", __FILE__, __LINE__);
  check_message(message, __FILE__, __LINE__);
  if (level == SESSIONS_LOG_WARNING) {
    world->warnings++;
  } else {
    check_that(level == SESSIONS_LOG_INFO, "the level is one of the header", __FILE__, __LINE__);
    world->infos++;
  }
  snprintf(world->last_message, sizeof world->last_message, "%s", message);
}

/* A config with the hooks of the world, otherwise fresh. */
static inline sessions_config *world_config(struct world *world) {
  sessions_config *config = NULL;
  REQUIRE(sessions_config_new(&config) == SESSIONS_OK);
  CHECK_OK(sessions_config_set_clock(config, world_clock, world, NULL, &failure));
  CHECK_OK(sessions_config_set_random(config, world_random, world, NULL, &failure));
  CHECK_OK(sessions_config_set_log(config, world_log, world, NULL, &failure));
  return config;
}

/* A manager from a config, which is freed. */
static inline sessions_manager *world_manager_from(const char *url, sessions_config *config) {
  sessions_backend *backend = NULL;
  sessions_manager *manager = NULL;
  REQUIRE(sessions_backend_open(url, SESSIONS_NUL_TERMINATED, &backend, NULL) == SESSIONS_OK);
  if (strncmp(url, "signed", 6) == 0) {
    CHECK_OK(sessions_config_add_key(config, WORLD_KEY, strlen(WORLD_KEY), &failure));
  }
  REQUIRE(sessions_manager_new(backend, config, &manager, NULL) == SESSIONS_OK);
  sessions_backend_free(backend);
  sessions_config_free(config);
  return manager;
}

static inline sessions_manager *world_manager(struct world *world, const char *url) {
  return world_manager_from(url, world_config(world));
}

/* The session of a request with this Cookie header, or none. */
static inline sessions_session *world_load(const sessions_manager *manager, const char *cookie_header) {
  sessions_session *session = NULL;
  size_t length = cookie_header == NULL ? 0 : strlen(cookie_header);
  REQUIRE(sessions_manager_load(manager, cookie_header, length, &session, NULL) == SESSIONS_OK);
  return session;
}

/* What a browser sends back after the session's first line: "name=value", to be freed. */
static inline char *world_cookie(const sessions_session *session) {
  const char *line = NULL;
  char *cookie;
  size_t length = 0;
  size_t i;
  REQUIRE(sessions_session_cookie_line(session, 0, &line, &length) == SESSIONS_OK);
  cookie = malloc(length + 1);
  REQUIRE(cookie != NULL);
  for (i = 0; i < length && line[i] != ';'; i++) {
    cookie[i] = line[i];
  }
  cookie[i] = '\0';
  return cookie;
}

static inline const char *world_value(const char *cookie) { return strchr(cookie, '=') + 1; }

/* A session with this content is stored; gives what the browser sends from then on. */
static inline char *world_store(const sessions_manager *manager, const char *json) {
  sessions_session *session = world_load(manager, NULL);
  char *cookie;
  CHECK_OK(sessions_session_from_json(session, json, strlen(json), &failure));
  CHECK_OK(sessions_session_commit(session, &failure));
  cookie = world_cookie(session);
  sessions_session_free(session);
  return cookie;
}

static inline void check_json(const sessions_session *session, const char *expected, const char *file, int line) {
  const char *json = NULL;
  size_t length = 0;
  check_that(sessions_session_to_json(session, &json, &length) == SESSIONS_OK, "to_json", file, line);
  check_bytes(json, length, expected, strlen(expected), "to_json", file, line);
}

#define CHECK_JSON(session, expected) check_json(session, expected, __FILE__, __LINE__)

/* A session that has been committed, sent to a browser and loaded again. */
static inline sessions_session *world_reload(const sessions_manager *manager, sessions_session *session) {
  char *cookie;
  sessions_session *again;
  CHECK_OK(sessions_session_commit(session, &failure));
  cookie = world_cookie(session);
  again = world_load(manager, cookie);
  CHECK_INT(sessions_session_origin(again), SESSIONS_ORIGIN_RESTORED);
  free(cookie);
  sessions_session_free(session);
  return again;
}

/* The only line. */
static inline const char *world_line(const sessions_session *session) {
  const char *line = "";
  size_t length = 0;
  CHECK_INT(sessions_session_cookie_count(session), 1);
  CHECK_OK(sessions_session_cookie_line(session, 0, &line, &length));
  CHECK_INT(strlen(line), length);
  return line;
}

static inline void check_commit(sessions_session *session, int32_t outcome, size_t lines) {
  CHECK_OK(sessions_session_commit(session, &failure));
  CHECK_INT(sessions_session_outcome(session), outcome);
  CHECK_INT(sessions_session_cookie_count(session), lines);
}

static inline void check_headers(const sessions_session *session, int32_t varies, int32_t no_store) {
  CHECK_INT(sessions_session_varies_by_cookie(session), varies);
  CHECK_INT(sessions_session_must_not_be_cached(session), no_store);
}

/* A text of so many times the same character, to be freed. */
static inline char *world_repeat(char c, size_t count) {
  char *text = malloc(count + 1);
  REQUIRE(text != NULL);
  memset(text, c, count);
  text[count] = '\0';
  return text;
}

#endif
