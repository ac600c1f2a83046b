/* Sessions: the session of one request.
 *
 * A session is an ordered map from keys to JSON values. Keys are UTF-8 text and may be empty or hold NUL bytes. Values
 * are kept as JSON text (RFC 8259) and read when asked for: nothing is decoded that nobody asks for, and numbers keep
 * their digits. In cookies, values that were set are written as Python's json module writes them.
 *
 * Reading or changing anything uses the session. An unused session costs nothing: nothing is written and no Set-Cookie
 * is sent. Changes stay in the handle until sessions_session_commit().
 *
 * Every function that takes a key returns SESSIONS_E_INVALID when session or key is NULL (an empty key may be NULL) or
 * the key is not UTF-8, and SESSIONS_E_NOMEM. A session is used by one thread at a time.
 */
#ifndef SESSIONS_SESSION_H
#define SESSIONS_SESSION_H

#include <sessions/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where the content of a session came from: what was found when it was loaded. All since 0.1. */
enum {
  SESSIONS_ORIGIN_NEW = 0,               /* the request had no session cookie */
  SESSIONS_ORIGIN_RESTORED = 1,          /* the cookie was good; the content is that of an earlier request */
  SESSIONS_ORIGIN_REFUSED_MALFORMED = 2, /* the cookie is not of the backend's format */
  SESSIONS_ORIGIN_REFUSED_SIGNATURE = 3, /* no key fits: forged, or signed with a key that is not in use any more */
  SESSIONS_ORIGIN_REFUSED_EXPIRED = 4,   /* the lifetime is over */
  SESSIONS_ORIGIN_REFUSED_FUTURE = 5,    /* written later than now: the clocks of two machines differ */
  SESSIONS_ORIGIN_REFUSED_UNKNOWN =
      6, /* the store has no such session: destroyed, evicted, collected after expiry, or never made */
  SESSIONS_ORIGIN_REFUSED_CONTENT = 7 /* authentic, but the content is not a JSON object that this library reads */
};

/* Types of values. All since 0.1. */
enum {
  SESSIONS_TYPE_NULL = 1,
  SESSIONS_TYPE_BOOL = 2,
  SESSIONS_TYPE_INT64 = 3,  /* an integer from -2^63 to 2^63-1 */
  SESSIONS_TYPE_UINT64 = 4, /* an integer from 2^63 to 2^64-1 */
  SESSIONS_TYPE_DOUBLE = 5, /* a number with a fraction or an exponent, neither too large nor too small for a double */
  SESSIONS_TYPE_NUMBER = 6, /* any other number, such as 2^64 or 1e999; sessions_session_get_json() gives its digits */
  SESSIONS_TYPE_STRING = 7,
  SESSIONS_TYPE_ARRAY = 8,
  SESSIONS_TYPE_OBJECT = 9
};

/* What the last commit, destroy or regenerate did. All since 0.1. */
enum {
  SESSIONS_OUTCOME_UNCHANGED = 0,   /* nothing had to be written */
  SESSIONS_OUTCOME_CREATED = 1,     /* a new session was stored or put into a cookie */
  SESSIONS_OUTCOME_SAVED = 2,       /* changes were written */
  SESSIONS_OUTCOME_TOUCHED = 3,     /* nothing changed, the lifetime was renewed */
  SESSIONS_OUTCOME_REGENERATED = 4, /* the content, with any changes, moved to a new id; the old one is dead */
  SESSIONS_OUTCOME_DESTROYED = 5,   /* the session was ended, the browser is told to delete its cookie */
  SESSIONS_OUTCOME_GONE = 6,    /* the store has no such session any more, because it was destroyed or moved to a new id
                                  by a parallel request, expired, or was evicted: nothing was written or sent */
  SESSIONS_OUTCOME_MERGED = 7,  /* changes were written to what parallel requests had written meanwhile: the session now
                                  shows both; sessions_session_contested_key() names what both had changed */
  SESSIONS_OUTCOME_CONFLICT = 8 /* parallel requests changed what this one had read, in the mode strict, or required to
                                   be unchanged, so nothing was written; the session now shows what is stored, without
                                   the changes: make them again and commit. It may also follow SESSIONS_E_UNKNOWN, see
                                   sessions_session_commit() */
};

/* Makes a fresh session, not loaded from any request, so that settings for one call can be made before it is loaded.
 * Without loading it is a new session. session receives the handle, which the caller frees; NULL on failure.
 * SESSIONS_OK, SESSIONS_E_INVALID (manager or session is NULL), SESSIONS_E_NOMEM. Since 0.1. */
SESSIONS_API sessions_status sessions_session_new(const sessions_manager *manager, sessions_session **session,
                                                  sessions_error **error);

/* Frees a session; NULL does nothing. Changes that were not committed are lost. Since 0.1. */
SESSIONS_API void sessions_session_free(sessions_session *session);

/* Sets how many milliseconds each later load, commit, destroy or regenerate of this session may wait for a store: 1 to
 * 3,600,000, instead of the config's. SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1. */
SESSIONS_API sessions_status sessions_session_set_timeout_ms(sessions_session *session, int64_t milliseconds,
                                                             sessions_error **error);

/* Sets the commit mode for this session instead of the config's, a SESSIONS_COMMIT_... of <sessions/config.h>. Strict
 * goes by what is read from then on: set it before reading. SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1. */
SESSIONS_API sessions_status sessions_session_set_commit_mode(sessions_session *session, int32_t mode,
                                                              sessions_error **error);

/* Loads the session that a Cookie header names.
 *
 * cookie_header   the value of the header, cookie_header_len bytes; NULL with length 0 when the request has none
 * error           may be NULL; receives what went wrong
 *
 * Of several cookies with the configured name the first 8 are considered, and the first that authenticates wins; that
 * others were ignored is logged. No cookie, or none that is good, gives an empty session; sessions_session_origin()
 * says which.
 *
 * SESSIONS_OK
 * SESSIONS_E_INVALID       session is NULL, or cookie_header is NULL with another length than 0
 * SESSIONS_E_MISUSE        the session was loaded or used before
 * SESSIONS_E_UNAVAILABLE   the store could not be asked: answer the request with 503, the user is still logged in
 * SESSIONS_E_TIMEOUT, SESSIONS_E_BUSY     the store did not answer in time: likewise
 * SESSIONS_E_CORRUPT, SESSIONS_E_NEWER    what is stored cannot be read, nor can it when asked again. The way out is in
 *                          this handle, so make it with sessions_session_new(): commit it as a new session, or let
 *                          sessions_session_destroy() delete the cookie
 * SESSIONS_E_NOMEM, SESSIONS_E_INTERNAL
 *
 * Since 0.1. */
SESSIONS_API sessions_status sessions_session_load(sessions_session *session, const char *cookie_header,
                                                   size_t cookie_header_len, sessions_error **error);

/* The same from the cookie's bare value; NULL with length 0 when the request has no such cookie. Since 0.1. */
SESSIONS_API sessions_status sessions_session_load_value(sessions_session *session, const char *cookie_value,
                                                         size_t cookie_value_len, sessions_error **error);

/* Returns a SESSIONS_ORIGIN_...: what loading found; SESSIONS_ORIGIN_NEW when session is NULL. Does not use the
 * session. Since 0.1. */
SESSIONS_API int32_t sessions_session_origin(const sessions_session *session);

/* ---- reading ---- */

/* Reads a value. On anything but SESSIONS_OK the output keeps its value.
 *
 * SESSIONS_OK
 * SESSIONS_E_NOT_FOUND   there is no such key
 * SESSIONS_E_TYPE        the value is of another type; nothing is converted in a way that loses something
 * SESSIONS_E_RANGE       int64, uint64 and double: it is a number, but not one that this type holds exactly
 *
 * A uint64 is read from any integer from 0 to 2^64-1, an int64 from any integer from -2^63 to 2^63-1, a double from any
 * number with a fraction or an exponent that is neither too large nor too small, and from integers from -2^63 to 2^64-1
 * that a double holds exactly. All since 0.1. */
SESSIONS_API sessions_status sessions_session_get_bool(const sessions_session *session, const char *key, size_t key_len,
                                                       int32_t *value);
SESSIONS_API sessions_status sessions_session_get_int64(const sessions_session *session, const char *key,
                                                        size_t key_len, int64_t *value);
SESSIONS_API sessions_status sessions_session_get_uint64(const sessions_session *session, const char *key,
                                                         size_t key_len, uint64_t *value);
SESSIONS_API sessions_status sessions_session_get_double(const sessions_session *session, const char *key,
                                                         size_t key_len, double *value);

/* Reads a string, decoded: UTF-8, *value_len bytes, NUL-terminated. It belongs to the session, see Ownership in
 * <sessions.h>. SESSIONS_OK, SESSIONS_E_NOT_FOUND, SESSIONS_E_TYPE. Since 0.1. */
SESSIONS_API sessions_status sessions_session_get_string(const sessions_session *session, const char *key,
                                                         size_t key_len, const char **value, size_t *value_len);

/* Reads a value of any type as JSON text, NUL-terminated. It belongs to the session.
 * SESSIONS_OK, SESSIONS_E_NOT_FOUND. Since 0.1. */
SESSIONS_API sessions_status sessions_session_get_json(const sessions_session *session, const char *key, size_t key_len,
                                                       const char **json, size_t *json_len);

/* Tests for null: SESSIONS_OK when the value is null, SESSIONS_E_TYPE when it is something else, SESSIONS_E_NOT_FOUND.
 * Since 0.1. */
SESSIONS_API sessions_status sessions_session_get_null(const sessions_session *session, const char *key,
                                                       size_t key_len);

/* Tells the type of a value: *type receives a SESSIONS_TYPE_.... SESSIONS_OK, SESSIONS_E_NOT_FOUND. Since 0.1. */
SESSIONS_API sessions_status sessions_session_get_type(const sessions_session *session, const char *key, size_t key_len,
                                                       int32_t *type);

/* Tells whether there is a value: *contains receives 1 or 0. SESSIONS_OK. Since 0.1. */
SESSIONS_API sessions_status sessions_session_contains(const sessions_session *session, const char *key, size_t key_len,
                                                       int32_t *contains);

/* Returns how many keys there are; 0 when session is NULL. Since 0.1. */
SESSIONS_API size_t sessions_session_count(const sessions_session *session);

/* Reads the key at an index from 0 to count - 1, in the order in which keys were first set. The key belongs to the
 * session. Removing a key moves the later ones down. SESSIONS_OK, SESSIONS_E_INVALID, SESSIONS_E_NOT_FOUND (index out
 * of bounds), SESSIONS_E_NOMEM. Since 0.1. */
SESSIONS_API sessions_status sessions_session_key_at(const sessions_session *session, size_t index, const char **key,
                                                     size_t *key_len);

/* Reads the whole content as one JSON object, NUL-terminated. It belongs to the session. SESSIONS_OK,
 * SESSIONS_E_INVALID, SESSIONS_E_NOMEM. Since 0.1. */
SESSIONS_API sessions_status sessions_session_to_json(const sessions_session *session, const char **json,
                                                      size_t *json_len);

/* ---- changing ---- */

/* Sets a value; a new key goes to the end, an old one keeps its place. It is a change to be committed even if the value
 * was the same before.
 *
 * SESSIONS_OK
 * SESSIONS_E_INVALID   set_string: value is NULL with another length than 0, or not UTF-8; set_double: not finite;
 *                      set_bool: neither 0 nor 1
 * SESSIONS_E_LIMIT     the content would have more bytes than sessions_config_set_max_content_bytes() allows, or more
 *                      than 1,024 keys
 *
 * All since 0.1. */
SESSIONS_API sessions_status sessions_session_set_null(sessions_session *session, const char *key, size_t key_len);
SESSIONS_API sessions_status sessions_session_set_bool(sessions_session *session, const char *key, size_t key_len,
                                                       int32_t value);
SESSIONS_API sessions_status sessions_session_set_int64(sessions_session *session, const char *key, size_t key_len,
                                                        int64_t value);
SESSIONS_API sessions_status sessions_session_set_uint64(sessions_session *session, const char *key, size_t key_len,
                                                         uint64_t value);
SESSIONS_API sessions_status sessions_session_set_double(sessions_session *session, const char *key, size_t key_len,
                                                         double value);
SESSIONS_API sessions_status sessions_session_set_string(sessions_session *session, const char *key, size_t key_len,
                                                         const char *value, size_t value_len);

/* Sets a value from JSON text of any type: RFC 8259, UTF-8, no name twice in one object, no lone surrogates, no text
 * around the value but white space, at most 64 arrays and objects inside each other. error may be NULL; its message
 * names the place. SESSIONS_OK, SESSIONS_E_INVALID (not such a text), SESSIONS_E_LIMIT (also: nested too deep). Since
 * 0.1. */
SESSIONS_API sessions_status sessions_session_set_json(sessions_session *session, const char *key, size_t key_len,
                                                       const char *json, size_t json_len, sessions_error **error);

/* Replaces the whole content by that of a JSON object: as sessions_session_clear() and setting every member in its
 * order. Statuses as for sessions_session_set_json(), which every member's value must satisfy. Since 0.1. */
SESSIONS_API sessions_status sessions_session_from_json(sessions_session *session, const char *json, size_t json_len,
                                                        sessions_error **error);

/* Adds delta to an integer; a missing key counts as 0. Increments of parallel requests add up, on backends that keep
 * sessions in a store. result may be NULL; it receives the sum as this session sees it. SESSIONS_OK, SESSIONS_E_TYPE
 * (the value is no number), SESSIONS_E_RANGE (it, the sum, or the sum of all deltas since the last commit is no
 * int64), SESSIONS_E_LIMIT. Since 0.1. */
SESSIONS_API sessions_status sessions_session_increment(sessions_session *session, const char *key, size_t key_len,
                                                        int64_t delta, int64_t *result);

/* Removes a key. A stored session without keys is still a session: sessions_session_clear() ends it. SESSIONS_OK,
 * SESSIONS_E_NOT_FOUND (nothing changed). Since 0.1. */
SESSIONS_API sessions_status sessions_session_remove(sessions_session *session, const char *key, size_t key_len);

/* Reads a string and removes its key, for messages that are shown once. The string belongs to the session as if read by
 * sessions_session_get_string(). SESSIONS_OK, SESSIONS_E_NOT_FOUND, SESSIONS_E_TYPE (nothing is removed). Since 0.1. */
SESSIONS_API sessions_status sessions_session_pop_string(sessions_session *session, const char *key, size_t key_len,
                                                         const char **value, size_t *value_len);

/* Reads a value of any type as JSON text and removes its key. SESSIONS_OK, SESSIONS_E_NOT_FOUND. Since 0.1. */
SESSIONS_API sessions_status sessions_session_pop_json(sessions_session *session, const char *key, size_t key_len,
                                                       const char **json, size_t *json_len);

/* Removes everything, also what parallel requests have added meanwhile. When nothing is set afterwards, commit ends the
 * session as sessions_session_destroy() does, unless it is known to be gone already. SESSIONS_OK, SESSIONS_E_INVALID
 * (session is NULL), SESSIONS_E_NOMEM. Since 0.1. */
SESSIONS_API sessions_status sessions_session_clear(sessions_session *session);

/* Makes the next commit or regenerate depend on a key: it is done only if the key still holds what it did when this
 * session was loaded, or is still missing; that it was changed and changed back meanwhile is not seen. Otherwise
 * nothing is written, the outcome is SESSIONS_OUTCOME_CONFLICT, sessions_session_contested_key() names the key, and the
 * session shows what is stored, without the changes: make them again and commit. With that, "set if unchanged" is this
 * call and a set of the same key. It works in every commit mode, whether the key is there or not and whether this
 * session has changed it already; it lasts until a commit has written, be it only a renewal, or ended in a conflict.
 * Ending a session depends on nothing, nor does a commit without changes. On backends that keep sessions in cookies,
 * and for a session that is not stored yet, there is nobody else: it does nothing.
 *
 * SESSIONS_OK
 * SESSIONS_E_MISUSE   after sessions_session_clear() or sessions_session_from_json(), until they are committed: what
 *                     was loaded is not known any more, so call it before them
 *
 * Uses the session. Since 0.1. */
SESSIONS_API sessions_status sessions_session_require_unchanged(sessions_session *session, const char *key,
                                                                size_t key_len);

/* ---- ending the request ---- */

/* Writes what this request did, and works out the Set-Cookie lines and the outcome.
 *
 * A new session with no content is neither stored nor sent. Changes are written key by key: parallel requests that
 * change different keys of a stored session all keep their changes, increments add up; for what else may meet, see
 * sessions_config_set_commit_mode(). A session that was used but not changed is renewed, see
 * sessions_config_set_renew_after_seconds(). Afterwards the session may be used and committed again; a commit with
 * nothing to do is SESSIONS_OUTCOME_UNCHANGED and gives the same lines.
 *
 * error may be NULL; receives what went wrong. On every failure the session stays as it was, with its changes, and
 * there are the lines of the last call that succeeded.
 *
 * SESSIONS_OK              sessions_session_outcome() says what happened
 * SESSIONS_E_INVALID       session is NULL
 * SESSIONS_E_LIMIT         the Set-Cookie line would have more than 4,096 bytes, and browsers would drop it: put less
 *                          into the session, or use a backend that keeps it in a store. In a store: with what parallel
 *                          requests have added, the session would exceed its limits; memory: also when it alone is
 *                          larger than max_bytes
 * SESSIONS_E_TYPE, SESSIONS_E_RANGE         an increment met what a parallel request has stored there
 * SESSIONS_E_UNAVAILABLE   the store could not be asked; nothing was written
 * SESSIONS_E_BUSY, SESSIONS_E_FULL, SESSIONS_E_READ_ONLY, SESSIONS_E_CORRUPT, SESSIONS_E_NEWER
 *                          the store can be asked but not written; nothing was written
 * SESSIONS_E_UNKNOWN       the store did not answer in time; whether it wrote is not known. Committing again does
 *                          not repeat what was written: unless the mode is last write, it writes only if the session
 *                          is stored as it was loaded, and otherwise, as when the first one was written after all, the
 *                          outcome is CONFLICT and the session shows what is stored. redis: what the network delivers
 *                          only after that has no effect, within a minute and unless a codec is set
 * SESSIONS_E_RANDOM, SESSIONS_E_CALLBACK    a random number that was needed could not be had; nothing was written
 * SESSIONS_E_NOMEM, SESSIONS_E_INTERNAL
 *
 * Since 0.1. */
SESSIONS_API sessions_status sessions_session_commit(sessions_session *session, sessions_error **error);

/* Moves the session to a new id, with the changes that were made so far, and ends the old id at once: call it when a
 * user logs in or gains rights, against session fixation. A session that has no id yet is committed. On backends that
 * keep sessions in cookies this writes a fresh cookie; the old one remains valid until it expires. Outcomes:
 * REGENERATED, CREATED, UNCHANGED (a new session without content), DESTROYED (cleared and nothing set since), GONE,
 * CONFLICT. Statuses as for sessions_session_commit(). Since 0.1. */
SESSIONS_API sessions_status sessions_session_regenerate(sessions_session *session, sessions_error **error);

/* Ends the session at once: the store forgets it, and the lines delete the browser's cookie. The handle is then an
 * empty new session; what is set afterwards belongs to a session with a new id. Outcomes: DESTROYED, UNCHANGED (the
 * request had no session cookie). When loading has failed with SESSIONS_E_CORRUPT or SESSIONS_E_NEWER, the cookie is
 * deleted, DESTROYED, while what is stored stays until it expires; after an outage nothing is done, UNCHANGED: the user
 * is still logged in. Statuses as for sessions_session_commit(); when SESSIONS_E_CORRUPT or SESSIONS_E_NEWER comes only
 * now, the next call deletes the cookie likewise. Since 0.1. */
SESSIONS_API sessions_status sessions_session_destroy(sessions_session *session, sessions_error **error);

/* Returns a SESSIONS_OUTCOME_...: what the last commit, regenerate or destroy that succeeded did;
 * SESSIONS_OUTCOME_UNCHANGED before the first and when session is NULL. Since 0.1. */
SESSIONS_API int32_t sessions_session_outcome(const sessions_session *session);

/* Returns 1 when the last destroy or regenerate that succeeded was done by a Redis server, but no replica of it
 * confirmed in the time allowed that it has it too: should that server fail at once, the old session may be alive
 * again. 0 in all other cases: also when the backend was not told to wait for a replica, and when session is NULL.
 * Since 0.1. */
SESSIONS_API int32_t sessions_session_degraded(const sessions_session *session);

/* Returns how many keys parallel requests had changed too, as far as the last commit or regenerate met them: with
 * outcome MERGED or REGENERATED keys that this session set and that now hold its value, or that it edited and that
 * stay removed; with outcome CONFLICT keys that it had read or required to be unchanged, or when it had counted,
 * iterated or read all of them, those that were changed, added or removed. A commit that replaces everything, in the
 * mode last write or after sessions_session_clear() or sessions_session_from_json(), names none, unless it was in doubt
 * after SESSIONS_E_UNKNOWN. 0 when session is NULL. Since 0.1. */
SESSIONS_API size_t sessions_session_contested_count(const sessions_session *session);

/* Reads one of those keys, index 0 to count - 1. It belongs to the session. SESSIONS_OK, SESSIONS_E_INVALID,
 * SESSIONS_E_NOT_FOUND (index out of bounds). Since 0.1. */
SESSIONS_API sessions_status sessions_session_contested_key(const sessions_session *session, size_t index,
                                                            const char **key, size_t *key_len);

/* Returns how many Set-Cookie lines the response must carry: 0 or more; 0 when session is NULL. Since 0.1. */
SESSIONS_API size_t sessions_session_cookie_count(const sessions_session *session);

/* Reads one line, index 0 to count - 1: the complete value of a Set-Cookie header, without the header's name. It
 * belongs to the session. SESSIONS_OK, SESSIONS_E_INVALID, SESSIONS_E_NOT_FOUND (index out of bounds). Since 0.1. */
SESSIONS_API sessions_status sessions_session_cookie_line(const sessions_session *session, size_t index,
                                                          const char **line, size_t *line_len);

/* Returns 1 when the response depends on the session cookie, so that caches may only give it to those who send the
 * same, and it must carry `Vary: Cookie`: the session was used, if only by asking whether a key exists, regenerated or
 * destroyed, even if that found nothing to do. Otherwise 0, also when it must not be cached at all, or session is NULL.
 * Since 0.1. */
SESSIONS_API int32_t sessions_session_varies_by_cookie(const sessions_session *session);

/* Returns 1 when the response must not be stored by caches, so that it must carry `Cache-Control: private, no-store`
 * (RFC 9111; some caches heed only one of the two): it has a line, or may show content of a session. Otherwise 0, also
 * when session is NULL. Since 0.1. */
SESSIONS_API int32_t sessions_session_must_not_be_cached(const sessions_session *session);

#ifdef __cplusplus
}
#endif

#endif
