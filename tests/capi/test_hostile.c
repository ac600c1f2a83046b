/* Runs the table of hostile input, tests/hostile/cases.txt. */
#include <support/table.h>
#include <support/world.h>

struct text {
  char *bytes;
  size_t size;
  size_t room;
};

static struct world world;
static sessions_manager *managers[WORLD_BACKENDS];
static char *good_cookies[WORLD_BACKENDS];

static void append(struct text *text, const char *bytes, size_t size) {
  if (text->size + size + 1 > text->room) {
    text->room = (text->size + size + 1) * 2;
    text->bytes = realloc(text->bytes, text->room);
    REQUIRE(text->bytes != NULL);
  }
  memcpy(text->bytes + text->size, bytes, size);
  text->size += size;
  text->bytes[text->size] = '\0';
}

static void expand(struct text *text, const char *from, const char *end);

/* "<TEXT*COUNT>"; gives what stands behind it. */
static const char *expand_repeat(struct text *text, const char *from) {
  struct text piece = {NULL, 0, 0};
  const char *end = strchr(from, '>');
  const char *star = end;
  long count;
  REQUIRE(end != NULL);
  while (*star != '*') {
    star--;
  }
  expand(&piece, from, star);
  for (count = strtol(star + 1, NULL, 10); count > 0; count--) {
    append(text, piece.bytes, piece.size);
  }
  free(piece.bytes);
  return end + 1;
}

static void expand(struct text *text, const char *from, const char *end) {
  append(text, "", 0);
  while (from < end) {
    if (*from == '<') {
      from = expand_repeat(text, from + 1);
    } else if (*from != '\\') {
      append(text, from++, 1);
    } else if (from[1] == 'x') {
      char digits[3] = {from[2], from[3], '\0'};
      char byte = (char)strtol(digits, NULL, 16);
      append(text, &byte, 1);
      from += 4;
    } else {
      append(text, from[1] == 'n' ? "\n" : from[1] == 't' ? "\t" : from[1] == 'r' ? "\r" : "\\", 1);
      from += 2;
    }
  }
}

static void append_base64(struct text *out, const struct text *in) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  size_t i;
  for (i = 0; i < in->size; i += 3) {
    unsigned bits = 0;
    char group[4];
    size_t j;
    for (j = 0; j < 3; j++) {
      bits = bits << 8 | (i + j < in->size ? (unsigned char)in->bytes[i + j] : 0u);
    }
    for (j = 0; j < 4; j++) {
      group[j] = i + j > in->size ? '=' : alphabet[bits >> (18 - 6 * j) & 63];
    }
    append(out, group, 4);
  }
}

static int32_t status_named(const char *word) {
  static const struct {
    const char *word;
    sessions_status status;
  } words[] = {{"ok", SESSIONS_OK}, {"invalid", SESSIONS_E_INVALID}, {"limit", SESSIONS_E_LIMIT}};
  size_t i = 0;
  while (i < 3 && strcmp(words[i].word, word) != 0) {
    i++;
  }
  REQUIRE(i < 3);
  return words[i].status;
}

static int32_t origin_named(const char *word) {
  static const char *const words[] = {"new",     "restored", "malformed", "signature",
                                      "expired", "future",   "unknown",   "content"};
  int32_t i = 0;
  while (i < 8 && strcmp(words[i], word) != 0) {
    i++;
  }
  REQUIRE(i < 8);
  return i;
}

/* However it began: the session can be used, and a refused cookie is replaced by a good one. */
static void check_is_usable(const sessions_manager *manager, sessions_session *session, int32_t origin) {
  const char *json = NULL;
  size_t length = 0;
  CHECK_INT(sessions_session_origin(session), origin);
  CHECK_OK(sessions_session_to_json(session, &json, &length));
  if (origin != SESSIONS_ORIGIN_RESTORED) {
    char *cookie;
    sessions_session *again;
    CHECK_TEXT(json, length, "{}");
    CHECK_OK(sessions_session_set_int64(session, "after", 5, 1));
    CHECK_OK(sessions_session_commit(session, &failure));
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_CREATED);
    cookie = world_cookie(session);
    again = world_load(manager, cookie);
    CHECK_JSON(again, "{\"after\":1}");
    CHECK_OK(sessions_session_destroy(again, &failure));
    sessions_session_free(again);
    free(cookie);
  } else {
    CHECK_OK(sessions_session_commit(session, &failure));
  }
  sessions_session_free(session);
}

static void run_header(size_t backend, const struct text *input, int32_t origin) {
  sessions_session *session = NULL;
  struct text header = {NULL, 0, 0};
  const char *good = strstr(input->bytes, "GOOD");
  if (good != NULL) {
    append(&header, input->bytes, (size_t)(good - input->bytes));
    append(&header, good_cookies[backend], strlen(good_cookies[backend]));
    append(&header, good + 4, strlen(good + 4));
  } else {
    append(&header, input->bytes, input->size);
  }
  CHECK_OK(sessions_manager_load(managers[backend], header.bytes, header.size, &session, &failure));
  free(header.bytes);
  check_is_usable(managers[backend], session, origin);
}

static void run_value(size_t backend, const struct text *input, int32_t origin) {
  sessions_session *session = NULL;
  CHECK_OK(sessions_manager_load_value(managers[backend], input->bytes, input->size, &session, &failure));
  check_is_usable(managers[backend], session, origin);
}

static void run_json(const struct text *input, sessions_status status) {
  sessions_session *session = world_load(managers[WORLD_MEMORY], NULL);
  struct text whole = {NULL, 0, 0};
  append(&whole, "{\"member\":", 10);
  append(&whole, input->bytes, input->size);
  append(&whole, "}", 1);
  CHECK_OK(sessions_session_set_int64(session, "k", 1, 1));
  CHECK_STATUS(sessions_session_set_json(session, "k", 1, input->bytes, input->size, &failure), status);
  if (status != SESSIONS_OK) {
    CHECK_JSON(session, "{\"k\":1}");
    CHECK(sessions_session_from_json(session, whole.bytes, whole.size, NULL) != SESSIONS_OK);
    CHECK_JSON(session, "{\"k\":1}");
  } else {
    CHECK_OK(sessions_session_from_json(session, whole.bytes, whole.size, &failure));
  }
  free(whole.bytes);
  sessions_session_free(session);
}

static void run_session(const struct text *input, sessions_status status) {
  sessions_session *session = world_load(managers[WORLD_MEMORY], NULL);
  struct text value = {NULL, 0, 0};
  CHECK_OK(sessions_session_set_int64(session, "k", 1, 1));
  CHECK_STATUS(sessions_session_from_json(session, input->bytes, input->size, &failure), status);
  if (status != SESSIONS_OK) {
    CHECK_JSON(session, "{\"k\":1}");
  }
  sessions_session_free(session);
  append(&value, "", 0);
  append_base64(&value, input);
  if (value.size > 0) {
    run_value(WORLD_PLAIN, &value, status == SESSIONS_OK ? SESSIONS_ORIGIN_RESTORED : SESSIONS_ORIGIN_REFUSED_CONTENT);
  }
  free(value.bytes);
}

static void run_case(const char *kind, const char *expected, const struct text *input) {
  size_t i;
  if (strcmp(kind, "json") == 0) {
    run_json(input, status_named(expected));
    return;
  }
  if (strcmp(kind, "session") == 0) {
    run_session(input, status_named(expected));
    return;
  }
  for (i = 0; i < WORLD_BACKENDS; i++) {
    if (strncmp(kind, "header ", 7) == 0 && strcmp(kind + 7, world_urls[i]) == 0) {
      run_header(i, input, origin_named(expected));
      return;
    }
    if (strncmp(kind, "value ", 6) == 0 && strcmp(kind + 6, world_urls[i]) == 0) {
      run_value(i, input, origin_named(expected));
      return;
    }
  }
  check_require(0, kind, __FILE__, __LINE__);
}

int main(void) {
  struct table table;
  char *fields[4];
  int cases = 0;
  size_t i;
  world_begin(&world);
  check_keep_secret(WORLD_KEY);
  for (i = 0; i < WORLD_BACKENDS; i++) {
    managers[i] = world_manager(&world, world_urls[i]);
    world.next_byte = 200;
    good_cookies[i] = world_store(managers[i], "{\"good\":true}");
    world.next_byte = 0;
  }
  table_open(&table, "hostile/cases.txt");
  while (table_next(&table, fields, 4)) {
    struct text input = {NULL, 0, 0};
    int failures = check_failures;
    world.next_byte = (unsigned char)(cases % 200);
    expand(&input, fields[3], fields[3] + strlen(fields[3]));
    run_case(fields[0], fields[1], &input);
    if (failures != check_failures) {
      printf("    hostile/cases.txt:%d: %s: %s\n", table.number, fields[0], fields[2]);
    }
    free(input.bytes);
    cases++;
  }
  CHECK(cases > 200);
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager_free(managers[i]);
    free(good_cookies[i]);
  }
  printf("%d cases\n", cases);
  return check_result();
}
