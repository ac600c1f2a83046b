/* Structured values as cJSON trees, for C programs that use cJSON (https://github.com/DaveGamble/cJSON). Include
 * <cjson/cJSON.h> yourself to look into the trees; everybody else can ignore this header.
 *
 * cJSON alone loses data: it keeps numbers as doubles and cuts strings at NUL. Here what a tree cannot hold is refused
 * instead. */
#ifndef SESSIONS_CJSON_H
#define SESSIONS_CJSON_H

#include <sessions/types.h>

struct cJSON;

#ifdef __cplusplus
extern "C" {
#endif

/* Reads a value of any type as a cJSON tree.
 *
 * key, key_len   the key
 * tree           receives a new tree, which the caller frees with cJSON_Delete()
 * error          may be NULL; receives what went wrong
 *
 * SESSIONS_OK
 * SESSIONS_E_INVALID     session, key or tree is NULL
 * SESSIONS_E_NOT_FOUND   there is no such key
 * SESSIONS_E_RANGE       the value holds an integer that a double does not hold exactly, a number that is too large,
 *                        too small or too long for one, or a string with a NUL byte
 * SESSIONS_E_NOMEM
 *
 * Since 0.1. */
SESSIONS_API sessions_status sessions_session_get_cjson(const sessions_session *session, const char *key,
                                                        size_t key_len, struct cJSON **tree, sessions_error **error);

/* Sets a value from a cJSON tree, which stays the caller's.
 * SESSIONS_OK, SESSIONS_E_INVALID (session, key or tree is NULL; a string is not UTF-8; an object has a name twice; a
 * number is not finite), SESSIONS_E_LIMIT, SESSIONS_E_NOMEM. Since 0.1. */
SESSIONS_API sessions_status sessions_session_set_cjson(sessions_session *session, const char *key, size_t key_len,
                                                        const struct cJSON *tree, sessions_error **error);

#ifdef __cplusplus
}
#endif

#endif
