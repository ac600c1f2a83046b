/* Reads and writes the cookies of other frameworks, through the public C ABI, for any checker to compare: one JSON
 * object a line on standard input, one answer a line on standard output. README.md has the requests and the answers.
 *
 * Requests are read by libsessions itself, as the content of a session, so that numbers keep all their digits. */
#define _POSIX_C_SOURCE 200809L
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <sessions.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t longest_lifetime = 3155760000, most_content = 268435456;

struct format {
  const char *name, *backend;
};

static const struct format formats[] = {
    {"starlette-sessions-cookie", "cookie:"},
    {"starlette-sessions-signed", "signed-cookie:"},
};

static const char *refusal(int32_t origin) {
  switch (origin) {
    case SESSIONS_ORIGIN_REFUSED_MALFORMED:
      return "malformed";
    case SESSIONS_ORIGIN_REFUSED_SIGNATURE:
      return "bad_signature";
    case SESSIONS_ORIGIN_REFUSED_EXPIRED:
      return "expired";
    case SESSIONS_ORIGIN_REFUSED_FUTURE:
      return "future";
    case SESSIONS_ORIGIN_REFUSED_CONTENT:
      return "bad_payload";
    default:
      return "missing";
  }
}

static const char *failure(sessions_status status) {
  if (status == SESSIONS_E_LIMIT) return "too_large";
  return status == SESSIONS_E_UNSUPPORTED ? "unsupported" : "malformed";
}

static void answer_error(const char *kind) { printf("{\"ok\":false,\"error\":\"%s\"}\n", kind); }

/* The session in which a JSON object can be looked at, or NULL. */
static sessions_session *parse(const sessions_manager *parser, const char *json, size_t length,
                               sessions_status *status) {
  sessions_session *object;
  *status = sessions_session_new(parser, &object, NULL);
  if (*status == SESSIONS_OK) *status = sessions_session_from_json(object, json, length, NULL);
  if (*status == SESSIONS_OK) return object;
  sessions_session_free(object);
  return NULL;
}

/* The same for an object inside of another. */
static sessions_session *parse_member(const sessions_manager *parser, const sessions_session *object, const char *key,
                                      sessions_status *status) {
  const char *json;
  size_t length;
  *status = sessions_session_get_json(object, key, SESSIONS_NUL_TERMINATED, &json, &length);
  return *status == SESSIONS_OK ? parse(parser, json, length, status) : NULL;
}

static int64_t now_of(void *now) { return *(int64_t *)now; }

/* secrets: a list, the first one signs. */
static sessions_status add_keys(sessions_config *config, const sessions_session *request) {
  struct cJSON *secrets = NULL;
  sessions_status status = sessions_session_get_cjson(request, "secrets", SESSIONS_NUL_TERMINATED, &secrets, NULL);
  if (status == SESSIONS_OK && !cJSON_IsArray(secrets)) status = SESSIONS_E_TYPE;
  for (const cJSON *secret = secrets ? secrets->child : NULL; status == SESSIONS_OK && secret; secret = secret->next) {
    const char *text = cJSON_GetStringValue(secret);
    status = text ? sessions_config_add_key(config, text, strlen(text), NULL) : SESSIONS_E_TYPE;
  }
  cJSON_Delete(secrets);
  return status == SESSIONS_E_NOT_FOUND ? SESSIONS_OK : status;
}

static sessions_status add_key(sessions_config *config, const sessions_session *request) {
  const char *secret;
  size_t length;
  sessions_status status = sessions_session_get_string(request, "secret", SESSIONS_NUL_TERMINATED, &secret, &length);
  if (status == SESSIONS_E_NOT_FOUND || (status == SESSIONS_OK && length == 0)) return SESSIONS_OK;
  return status == SESSIONS_OK ? sessions_config_add_key(config, secret, length, NULL) : status;
}

static sessions_status set_cookie_name(sessions_config *config, const sessions_session *request) {
  const char *name = "session";
  size_t length = strlen(name);
  sessions_status status = sessions_session_get_string(request, "cookie_name", SESSIONS_NUL_TERMINATED, &name, &length);
  if (status != SESSIONS_OK && status != SESSIONS_E_NOT_FOUND) return status;
  return sessions_config_set_cookie_name(config, name, length, NULL);
}

/* params.max_age: null stands for no limit. */
static sessions_status set_lifetime(sessions_config *config, const sessions_manager *parser,
                                    const sessions_session *request) {
  sessions_status status;
  sessions_session *params = parse_member(parser, request, "params", &status);
  if (status == SESSIONS_E_NOT_FOUND) return SESSIONS_OK;
  if (!params) return status;
  int64_t seconds = longest_lifetime;
  status = sessions_session_get_int64(params, "max_age", SESSIONS_NUL_TERMINATED, &seconds);
  if (status == SESSIONS_E_TYPE) status = sessions_session_get_null(params, "max_age", SESSIONS_NUL_TERMINATED);
  if (status == SESSIONS_OK) status = sessions_config_set_lifetime_seconds(config, seconds, NULL);
  sessions_session_free(params);
  return status == SESSIONS_E_NOT_FOUND ? SESSIONS_OK : status;
}

/* The manager that a request describes, its clock standing at *now. */
static sessions_status make_manager(const sessions_manager *parser, const sessions_session *request,
                                    const char *backend_url, int64_t *now, sessions_manager **manager) {
  sessions_backend *backend = NULL;
  sessions_config *config = NULL;
  sessions_status status = sessions_backend_open(backend_url, SESSIONS_NUL_TERMINATED, &backend, NULL);
  if (status == SESSIONS_OK) status = sessions_config_new(&config);
  if (status == SESSIONS_OK) status = sessions_config_set_clock(config, now_of, now, NULL, NULL);
  if (status == SESSIONS_OK) status = sessions_config_set_max_content_bytes(config, most_content, NULL);
  if (status == SESSIONS_OK) status = set_cookie_name(config, request);
  if (status == SESSIONS_OK) status = set_lifetime(config, parser, request);
  if (status == SESSIONS_OK) status = add_key(config, request);
  if (status == SESSIONS_OK) status = add_keys(config, request);
  if (status == SESSIONS_OK) status = sessions_manager_new(backend, config, manager, NULL);
  sessions_config_free(config);
  sessions_backend_free(backend);
  return status;
}

/* White space between values may hold line breaks, which an answer must not. */
static void print_on_one_line(const char *json, size_t length) {
  for (size_t i = 0; i < length; i++) putchar(json[i] == '\n' || json[i] == '\r' ? ' ' : json[i]);
}

static void answer_read(const sessions_manager *manager, const sessions_session *request) {
  const char *header = NULL, *json;
  size_t header_length = 0, length;
  sessions_session *session = NULL;
  sessions_status status =
      sessions_session_get_string(request, "header", SESSIONS_NUL_TERMINATED, &header, &header_length);
  if (status == SESSIONS_E_NOT_FOUND) status = SESSIONS_OK;
  if (status == SESSIONS_OK) status = sessions_manager_load(manager, header, header_length, &session, NULL);
  if (status != SESSIONS_OK) {
    answer_error(failure(status));
  } else if (sessions_session_origin(session) != SESSIONS_ORIGIN_RESTORED) {
    answer_error(refusal(sessions_session_origin(session)));
  } else if ((status = sessions_session_to_json(session, &json, &length)) != SESSIONS_OK) {
    answer_error(failure(status));
  } else {
    fputs("{\"ok\":true,\"payload\":", stdout);
    print_on_one_line(json, length);
    puts("}");
  }
  sessions_session_free(session);
}

/* An empty session is not written at all. */
static void answer_write(const sessions_manager *manager, const sessions_session *request) {
  const char *payload, *line;
  size_t length;
  sessions_session *session = NULL;
  sessions_status status = sessions_session_get_json(request, "payload", SESSIONS_NUL_TERMINATED, &payload, &length);
  if (status == SESSIONS_OK) status = sessions_session_new(manager, &session, NULL);
  if (status == SESSIONS_OK) status = sessions_session_from_json(session, payload, length, NULL);
  if (status == SESSIONS_OK) status = sessions_session_commit(session, NULL);
  if (status == SESSIONS_OK && sessions_session_cookie_count(session) == 0) status = SESSIONS_E_UNSUPPORTED;
  if (status == SESSIONS_OK) status = sessions_session_cookie_line(session, 0, &line, &length);
  if (status != SESSIONS_OK) {
    answer_error(failure(status));
  } else {
    const char *value = strchr(line, '=') + 1;
    printf("{\"ok\":true,\"cookie\":\"%.*s\"}\n", (int)strcspn(value, ";"), value);
  }
  sessions_session_free(session);
}

static int is_text(const sessions_session *request, const char *key, const char *text) {
  const char *value;
  size_t length;
  return sessions_session_get_string(request, key, SESSIONS_NUL_TERMINATED, &value, &length) == SESSIONS_OK &&
         length == strlen(text) && memcmp(value, text, length) == 0;
}

static void answer_request(const sessions_manager *parser, const sessions_session *request) {
  const struct format *format = NULL;
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
    if (is_text(request, "format", formats[i].name)) format = &formats[i];
  }
  int reads = is_text(request, "op", "read"), writes = is_text(request, "op", "write");
  if (!format || (!reads && !writes)) {
    answer_error("unsupported");
    return;
  }
  int64_t now = 0;
  sessions_status status = sessions_session_get_int64(request, "now", SESSIONS_NUL_TERMINATED, &now);
  if (writes) {
    sessions_status signed_at = sessions_session_get_int64(request, "signed_at", SESSIONS_NUL_TERMINATED, &now);
    if (signed_at != SESSIONS_E_NOT_FOUND) status = signed_at;
  }
  sessions_manager *manager = NULL;
  if (status == SESSIONS_OK) status = make_manager(parser, request, format->backend, &now, &manager);
  if (status != SESSIONS_OK) {
    answer_error(failure(status));
  } else if (reads) {
    answer_read(manager, request);
  } else {
    answer_write(manager, request);
  }
  sessions_manager_free(manager);
}

int main(void) {
  sessions_backend *backend;
  sessions_config *config;
  sessions_manager *parser;
  if (sessions_backend_open("memory:", SESSIONS_NUL_TERMINATED, &backend, NULL) != SESSIONS_OK) return 1;
  if (sessions_config_new(&config) != SESSIONS_OK) return 1;
  if (sessions_config_set_max_content_bytes(config, most_content, NULL) != SESSIONS_OK) return 1;
  if (sessions_manager_new(backend, config, &parser, NULL) != SESSIONS_OK) return 1;

  char *line = NULL;
  size_t capacity = 0;
  for (ssize_t length; (length = getline(&line, &capacity, stdin)) > 0;) {
    sessions_status status;
    sessions_session *request = parse(parser, line, (size_t)length, &status);
    if (request) {
      answer_request(parser, request);
    } else {
      answer_error(failure(status));
    }
    sessions_session_free(request);
    fflush(stdout);
  }
  free(line);
  sessions_manager_free(parser);
  sessions_config_free(config);
  sessions_backend_free(backend);
  return 0;
}
