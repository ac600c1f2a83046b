/* Configs: cookie attributes, lifetimes, keys, limits and hooks.
 *
 * A fresh config is safe for production over HTTPS: cookie `__Host-session` with Secure, HttpOnly, SameSite=Lax and
 * Path=/, sessions that live 14 days from their last use, told to the browser by Max-Age. For development over plain
 * HTTP call sessions_config_set_plain_http().
 *
 * Setters validate at once and leave the config as it was when they refuse. Rules about several attributes are tested
 * at every setter, so the order of calls can matter: to use a Domain, first choose a name without the `__Host-` prefix.
 * Sources: RFC 6265bis (draft-ietf-httpbis-rfc6265bis), sections 4.1 and 5.6; for Partitioned,
 * draft-cutler-httpbis-partitioned-cookies.
 *
 * Every setter returns, besides what is written at it, SESSIONS_E_INVALID when config is NULL and SESSIONS_E_NOMEM.
 * error may be NULL. A config is used by one thread at a time.
 */
#ifndef SESSIONS_CONFIG_H
#define SESSIONS_CONFIG_H

#include <sessions/codec.h>
#include <sessions/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Values for sessions_config_set_same_site(). All since 0.1. */
enum {
  SESSIONS_SAME_SITE_LAX = 1,    /* sent on top-level navigation from other sites, not on their sub-requests */
  SESSIONS_SAME_SITE_STRICT = 2, /* never sent on requests that another site starts */
  SESSIONS_SAME_SITE_NONE = 3    /* always sent; needs Secure */
};

/* Levels of the log callback. All since 0.1. */
enum {
  SESSIONS_LOG_INFO = 1,   /* worth knowing when looking for a fault, such as ignored cookies */
  SESSIONS_LOG_WARNING = 2 /* something that should not stay so in production */
};

/* Returns the current time in seconds since 1970-01-01T00:00:00Z, up to the end of the year 9999. It must not fail; it
 * is called on the threads that load and commit, from several at once. Since 0.1. */
typedef int64_t (*sessions_clock_fn)(void *user_data);

/* Fills size bytes at bytes with random data. Returns SESSIONS_OK, or anything else for failure, upon which the call
 * that needed them fails with SESSIONS_E_CALLBACK. Called from several threads at once. Since 0.1. */
typedef sessions_status (*sessions_random_fn)(void *user_data, void *bytes, size_t size);

/* Takes one message: level is a SESSIONS_LOG_..., message is UTF-8, one line, message_len bytes and NUL-terminated,
 * valid during the call. It must not call into the session that is being worked on. Called from several threads at
 * once. Since 0.1. */
typedef void (*sessions_log_fn)(void *user_data, int32_t level, const char *message, size_t message_len);

/* Makes a config with the defaults above. config receives the handle, NULL on failure.
 * SESSIONS_OK, SESSIONS_E_INVALID (config is NULL), SESSIONS_E_NOMEM. Since 0.1. */
SESSIONS_API sessions_status sessions_config_new(sessions_config **config);

/* Frees a config; NULL does nothing. Managers made from it have a copy. Since 0.1. */
SESSIONS_API void sessions_config_free(sessions_config *config);

/* Adds a signing key. The first key added signs, all of them verify: to change keys, make a config with the new key
 * first and the old one second, and leave the old one out when its cookies have expired. key, key_len: any bytes, at
 * least one; fewer than 32 log a warning when a manager is made. For cookies of starlette-sessions this is the UTF-8
 * text of its secret_key. At most 16 keys. SESSIONS_OK, SESSIONS_E_INVALID (empty key), SESSIONS_E_LIMIT (more than
 * 16). Since 0.1. */
SESSIONS_API sessions_status sessions_config_add_key(sessions_config *config, const void *key, size_t key_len,
                                                     sessions_error **error);

/* Sets the user and the password with which sessions_backend_open_configured() introduces itself to a Redis server.
 * Both are bytes; without a user (user_len 0) the server's default user is meant, and without either there are none,
 * which is the default. They are copied, and wiped when the config is freed or they are replaced; a backend that was
 * opened with them keeps a copy, for the connections that it will make. SESSIONS_OK, SESSIONS_E_INVALID (NULL with
 * another length than 0, a user without a password, more than 4,096 bytes). Since 0.1. */
SESSIONS_API sessions_status sessions_config_set_store_credentials(sessions_config *config, const char *user,
                                                                   size_t user_len, const char *password,
                                                                   size_t password_len, sessions_error **error);

/* Sets the cookie's name; default `__Host-session`. A token of RFC 9110 (letters, digits and !#$%&'*+-.^_`|~), 1 to 256
 * bytes. Prefixes that browsers know bind the attributes: `__Host-` needs Secure, Path=/ and no Domain, `__Secure-`
 * needs Secure, `__Http-` Secure and HttpOnly, `__Host-Http-` all of these. They are recognised in any case, as
 * browsers do. SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1. */
SESSIONS_API sessions_status sessions_config_set_cookie_name(sessions_config *config, const char *name, size_t name_len,
                                                             sessions_error **error);

/* Sets the Path attribute; default "/". It begins with "/" and holds no control character, no byte above 0x7e and no
 * ";", at most 1,024 bytes. SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1. */
SESSIONS_API sessions_status sessions_config_set_cookie_path(sessions_config *config, const char *path, size_t path_len,
                                                             sessions_error **error);

/* Sets the Domain attribute, which lets sub-domains have the cookie; default none, which an empty domain restores.
 * Letters, digits, "-" and "." as in a host name, at most 253 bytes; a leading dot is dropped, as browsers do. Not with
 * a `__Host-` name. SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1. */
SESSIONS_API sessions_status sessions_config_set_cookie_domain(sessions_config *config, const char *domain,
                                                               size_t domain_len, sessions_error **error);

/* Sets the SameSite attribute to a SESSIONS_SAME_SITE_...; default SESSIONS_SAME_SITE_LAX. NONE needs Secure.
 * SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1. */
SESSIONS_API sessions_status sessions_config_set_same_site(sessions_config *config, int32_t same_site,
                                                           sessions_error **error);

/* Sets whether the cookie is Secure (sent over HTTPS only): 1, the default, or 0. 0 is refused while something set
 * needs it. SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1. */
SESSIONS_API sessions_status sessions_config_set_secure(sessions_config *config, int32_t secure,
                                                        sessions_error **error);

/* Sets whether the cookie is HttpOnly (out of reach of scripts): 1, the default, or 0.
 * SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1. */
SESSIONS_API sessions_status sessions_config_set_http_only(sessions_config *config, int32_t http_only,
                                                           sessions_error **error);

/* Sets whether the cookie is Partitioned (kept apart for each top-level site): 1 or 0, the default. 1 needs Secure.
 * SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1. */
SESSIONS_API sessions_status sessions_config_set_partitioned(sessions_config *config, int32_t partitioned,
                                                             sessions_error **error);

/* Development over plain HTTP in one call: the cookie is named `session` and is not Secure. Refused while SameSite=None
 * or Partitioned is set. A manager made from such a config logs a warning. SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1.
 */
SESSIONS_API sessions_status sessions_config_set_plain_http(sessions_config *config, sessions_error **error);

/* Sets how many seconds a session lives after its last write or renewal; default 1,209,600 (14 days), 1 to
 * 3,155,760,000 (a hundred years). Using a session renews it. The library enforces this itself, from its own clock, on
 * every backend whose format or store carries the time; Max-Age only tells the browser, which is told at most
 * 34,560,000 (400 days, the limit of RFC 6265bis). When managers of different lifetimes share a backend, the shorter of
 * the writer's and the reader's counts. SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1. */
SESSIONS_API sessions_status sessions_config_set_lifetime_seconds(sessions_config *config, int64_t seconds,
                                                                  sessions_error **error);

/* Sets how many seconds must have passed since the last write or renewal before mere use renews a session; 0 renews at
 * every use. -1, the default, stands for a tenth of the lifetime, or a second if that is more. Backend `cookie:`
 * carries no time and renews at every use. SESSIONS_OK, SESSIONS_E_INVALID (below -1 or above the greatest lifetime).
 * Since 0.1. */
SESSIONS_API sessions_status sessions_config_set_renew_after_seconds(sessions_config *config, int64_t seconds,
                                                                     sessions_error **error);

/* Sets whether the browser keeps the cookie when it is closed: 1, the default, sends Max-Age; 0 makes it a
 * browser-session cookie. The lifetime is enforced either way. SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1. */
SESSIONS_API sessions_status sessions_config_set_persistent(sessions_config *config, int32_t persistent,
                                                            sessions_error **error);

/* Commit modes: what a commit does when parallel requests have written since this one loaded. All since 0.1. */
enum { SESSIONS_COMMIT_MERGE = 1, SESSIONS_COMMIT_STRICT = 2, SESSIONS_COMMIT_LAST_WRITE = 3 };

/* Sets the commit mode of sessions that a store keeps; default SESSIONS_COMMIT_MERGE.
 *
 * merge        changes of different keys are both kept and increments add up. On the same key the last commit wins, but
 *              a removal beats the edit of a request that had still seen the key. The outcome says when that happened.
 * strict       every key that was read, found missing or removed must still be as it was, unless this session had set
 *              it itself, and the session as a whole when it was counted, iterated or read as JSON; otherwise nothing
 *              is written and the outcome is CONFLICT. An increment reads nothing, whatever sum it gives
 * last write   the content of this session replaces what is stored
 *
 * sessions_session_set_commit_mode() changes it for one session. In cookies the last response always wins.
 * SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1. */
SESSIONS_API sessions_status sessions_config_set_commit_mode(sessions_config *config, int32_t mode,
                                                             sessions_error **error);

/* Sets how many milliseconds any one call may wait for a store; default 2,000, 1 to 3,600,000. What a disk takes for a
 * write that has begun is not waiting: with a slow one a commit to SQLite can take longer.
 *
 * sessions_session_set_timeout_ms() changes it for one session. SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1. */
SESSIONS_API sessions_status sessions_config_set_timeout_ms(sessions_config *config, int64_t milliseconds,
                                                            sessions_error **error);

/* Sets how many bytes the keys and values of one session may have together, values counted as JSON text; default
 * 65,536, 64 to 268,435,456. A session that is larger already, because it was loaded under another limit, may still
 * shrink. What a cookie can carry is less, see sessions_session_commit(). SESSIONS_OK, SESSIONS_E_INVALID. Since
 * 0.1. */
SESSIONS_API sessions_status sessions_config_set_max_content_bytes(sessions_config *config, int64_t bytes,
                                                                   sessions_error **error);

/* Replaces the system's clock: for tests and reproducible runs. A manager made from such a config logs a warning.
 * clock NULL restores the system's. destroy may be NULL. SESSIONS_OK. Since 0.1. */
SESSIONS_API sessions_status sessions_config_set_clock(sessions_config *config, sessions_clock_fn clock,
                                                       void *user_data, sessions_destroy_fn destroy,
                                                       sessions_error **error);

/* Replaces the system's random source, from which session ids are made: for tests and reproducible runs. A manager made
 * from such a config logs a warning. random NULL restores the system's. destroy may be NULL. SESSIONS_OK. Since 0.1. */
SESSIONS_API sessions_status sessions_config_set_random(sessions_config *config, sessions_random_fn random,
                                                        void *user_data, sessions_destroy_fn destroy,
                                                        sessions_error **error);

/* Sets the host's own serializer, see <sessions/codec.h>, which also says what becomes of the statuses that it returns;
 * codec is copied. codec NULL restores JSON text. destroy may be NULL. SESSIONS_OK, SESSIONS_E_INVALID (codec lacks a
 * function, or its size is none). Since 0.1. */
SESSIONS_API sessions_status sessions_config_set_codec(sessions_config *config, const sessions_codec *codec,
                                                       void *user_data, sessions_destroy_fn destroy,
                                                       sessions_error **error);

/* Sets who receives log messages; nobody does by default. log NULL restores that. destroy may be NULL.
 * SESSIONS_OK. Since 0.1. */
SESSIONS_API sessions_status sessions_config_set_log(sessions_config *config, sessions_log_fn log, void *user_data,
                                                     sessions_destroy_fn destroy, sessions_error **error);

#ifdef __cplusplus
}
#endif

#endif
