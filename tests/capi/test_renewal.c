/* Lifetimes: when use renews a session, and what the browser is told. */
#include <support/world.h>

#define LIFETIME INT64_C(1209600)
#define TENTH (LIFETIME / 10)
#define DELETE_LINE "__Host-session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"

static struct world world;

static void check_touched(const sessions_manager *manager, const char *cookie, int32_t outcome) {
  sessions_session *session = world_load(manager, cookie);
  CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
  CHECK_INT(sessions_session_count(session), 1);
  check_commit(session, outcome, outcome == SESSIONS_OUTCOME_TOUCHED ? 1 : 0);
  check_headers(session, 0, 1);
  sessions_session_free(session);
}

/* Mere use renews a session, but only when a tenth of its lifetime has passed. */
static void test_renewal(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    int keeps_no_time = i == WORLD_PLAIN;
    sessions_manager *manager = world_manager(&world, world_urls[i]);
    char *cookie = world_store(manager, "{\"a\":1}");
    sessions_session *session;
    check_touched(manager, cookie, keeps_no_time ? SESSIONS_OUTCOME_TOUCHED : SESSIONS_OUTCOME_UNCHANGED);
    world.now += TENTH - 1;
    check_touched(manager, cookie, keeps_no_time ? SESSIONS_OUTCOME_TOUCHED : SESSIONS_OUTCOME_UNCHANGED);
    world.now += 1;
    session = world_load(manager, cookie);
    CHECK_INT(sessions_session_count(session), 1);
    check_commit(session, SESSIONS_OUTCOME_TOUCHED, 1);
    check_commit(session, SESSIONS_OUTCOME_UNCHANGED, 1);
    CHECK_INT(sessions_session_count(session), 1);
    check_commit(session, keeps_no_time ? SESSIONS_OUTCOME_TOUCHED : SESSIONS_OUTCOME_UNCHANGED, 1);
    free(cookie);
    cookie = world_cookie(session);
    sessions_session_free(session);
    world.now += LIFETIME;
    session = world_load(manager, cookie);
    CHECK_INT(sessions_session_origin(session), SESSIONS_ORIGIN_RESTORED);
    sessions_session_free(session);
    world.now += 1;
    session = world_load(manager, cookie);
    CHECK_INT(sessions_session_origin(session),
              keeps_no_time ? SESSIONS_ORIGIN_RESTORED : SESSIONS_ORIGIN_REFUSED_EXPIRED);
    sessions_session_free(session);
    world.now = WORLD_NOW;
    free(cookie);
    sessions_manager_free(manager);
  }
}

static sessions_manager *renewing_manager(const char *url, int64_t lifetime, int64_t renew_after, int32_t persistent) {
  sessions_config *config = world_config(&world);
  CHECK_OK(sessions_config_set_lifetime_seconds(config, lifetime, &failure));
  CHECK_OK(sessions_config_set_renew_after_seconds(config, renew_after, &failure));
  CHECK_OK(sessions_config_set_persistent(config, persistent, &failure));
  return world_manager_from(url, config);
}

static void test_renewal_settings(void) {
  size_t i;
  for (i = 0; i < WORLD_PLAIN; i++) {
    sessions_manager *always = renewing_manager(world_urls[i], 1000, 0, 1);
    sessions_manager *late = renewing_manager(world_urls[i], 1000, 900, 1);
    sessions_manager *never = renewing_manager(world_urls[i], 1000, 5000, 1);
    char *cookie = world_store(always, "{\"a\":1}");
    check_touched(always, cookie, SESSIONS_OUTCOME_TOUCHED);
    free(cookie);
    cookie = world_store(late, "{\"a\":1}");
    world.now += 899;
    check_touched(late, cookie, SESSIONS_OUTCOME_UNCHANGED);
    world.now += 1;
    check_touched(late, cookie, SESSIONS_OUTCOME_TOUCHED);
    free(cookie);
    cookie = world_store(never, "{\"a\":1}");
    world.now += 1000;
    check_touched(never, cookie, SESSIONS_OUTCOME_UNCHANGED);
    world.now = WORLD_NOW;
    free(cookie);
    sessions_manager_free(always);
    sessions_manager_free(late);
    sessions_manager_free(never);
  }
}

/* Not told to the browser, enforced all the same. A renewed cookie that looks the same need not be sent. */
/* A tenth of them would be less than a second, and every use a write. */
static void test_short_lifetimes(void) {
  size_t i;
  for (i = 0; i < WORLD_PLAIN; i++) {
    sessions_manager *manager = renewing_manager(world_urls[i], 5, -1, 1);
    char *cookie = world_store(manager, "{\"a\":1}");
    check_touched(manager, cookie, SESSIONS_OUTCOME_UNCHANGED);
    world.now += 1;
    check_touched(manager, cookie, SESSIONS_OUTCOME_TOUCHED);
    world.now = WORLD_NOW;
    free(cookie);
    sessions_manager_free(manager);
  }
}

static void test_browser_session_cookies(void) {
  size_t i;
  for (i = 0; i < WORLD_BACKENDS; i++) {
    sessions_manager *manager = renewing_manager(world_urls[i], 1000, 0, 0);
    char *cookie = world_store(manager, "{\"a\":1}");
    sessions_session *session = world_load(manager, cookie);
    const char *line;
    world.now += 500;
    CHECK_INT(sessions_session_count(session), 1);
    CHECK_OK(sessions_session_commit(session, &failure));
    CHECK_INT(sessions_session_outcome(session), SESSIONS_OUTCOME_TOUCHED);
    CHECK_INT(sessions_session_cookie_count(session), i == WORLD_MEMORY ? 0 : 1);
    check_headers(session, 0, 1);
    if (i != WORLD_MEMORY) {
      CHECK(strstr(world_line(session), "Max-Age") == NULL);
      free(cookie);
      cookie = world_cookie(session);
    }
    CHECK_OK(sessions_session_destroy(session, &failure));
    line = world_line(session);
    CHECK_TEXT(line, strlen(line), DELETE_LINE);
    sessions_session_free(session);
    free(cookie);

    cookie = world_store(manager, "{\"a\":1}");
    world.now += 1001;
    session = world_load(manager, cookie);
    CHECK_INT(sessions_session_origin(session),
              i == WORLD_PLAIN ? SESSIONS_ORIGIN_RESTORED : SESSIONS_ORIGIN_REFUSED_EXPIRED);
    sessions_session_free(session);
    world.now = WORLD_NOW;
    free(cookie);
    sessions_manager_free(manager);
  }
}

int main(void) {
  world_begin(&world);
  check_keep_secret(WORLD_KEY);
  test_renewal();
  test_renewal_settings();
  test_short_lifetimes();
  test_browser_session_cookies();
  return check_result();
}
