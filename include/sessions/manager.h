/* Managers: a backend with a copy of a config, from which requests load their sessions. */
#ifndef SESSIONS_MANAGER_H
#define SESSIONS_MANAGER_H

#include <sessions/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Makes a manager.
 *
 * backend   where content lives; several managers may share one
 * config    copied; later changes to it do not matter; NULL stands for the defaults
 * manager   receives the handle, which the caller frees; NULL on failure
 * error     may be NULL; receives what went wrong
 *
 * SESSIONS_OK
 * SESSIONS_E_INVALID   backend or manager is NULL; the backend signs and the config has no key
 * SESSIONS_E_NOMEM, SESSIONS_E_INTERNAL
 *
 * Logs a warning for what should not stay so in production: short keys, replaced clock or random source, plain HTTP,
 * unsigned cookies, keys that the backend does not use, a lifetime above 400 days, a Redis server that drops sessions
 * when its memory is full. Any thread. Since 0.1. */
SESSIONS_API sessions_status sessions_manager_new(sessions_backend *backend, const sessions_config *config,
                                                  sessions_manager **manager, sessions_error **error);

/* Frees the handle; NULL does nothing. Sessions loaded from the manager go on working. Any thread. Since 0.1. */
SESSIONS_API void sessions_manager_free(sessions_manager *manager);

/* Loads the session of one request: sessions_session_new() and sessions_session_load() in one call.
 *
 * cookie_header   the value of the request's Cookie header, cookie_header_len bytes; NULL with length 0 when there is
 *                 none. Repeated headers are joined with "; " by the host
 * session         receives the handle, which the caller frees; NULL on failure
 * error           may be NULL; receives what went wrong
 *
 * Statuses as for sessions_session_load(). Blocks on backends that do, at most as long as the config's timeout.
 * Any thread. Since 0.1. */
SESSIONS_API sessions_status sessions_manager_load(const sessions_manager *manager, const char *cookie_header,
                                                   size_t cookie_header_len, sessions_session **session,
                                                   sessions_error **error);

/* The same from the cookie's bare value, for stacks that have parsed the header: NULL with length 0 when the request
 * has no such cookie. Any thread. Since 0.1. */
SESSIONS_API sessions_status sessions_manager_load_value(const sessions_manager *manager, const char *cookie_value,
                                                         size_t cookie_value_len, sessions_session **session,
                                                         sessions_error **error);

/* ---- upkeep ---- */

/* Asks the store whether it answers, for health checks; on backends that keep sessions in cookies there is nothing to
 * ask. Blocks at most as long as the config's timeout. SESSIONS_OK, SESSIONS_E_INVALID (manager is NULL), the
 * environment's statuses of sessions_session_load(). Any thread. Since 0.1. */
SESSIONS_API sessions_status sessions_manager_ping(const sessions_manager *manager, sessions_error **error);

/* Drops sessions that have expired from the store: nobody can load them any more, this frees their room. Stores also do
 * it a little at a time while sessions are written, so that calling it is not needed.
 *
 * most      how many to drop at the most, 1 or more: a call with a few hundred does not hold others up
 * dropped   may be NULL; receives how many were dropped; fewer than `most` says that no more are due
 *
 * SESSIONS_OK, SESSIONS_E_INVALID, SESSIONS_E_UNSUPPORTED (a custom store that cannot), the statuses of
 * sessions_session_commit(). Any thread. Since 0.1. */
SESSIONS_API sessions_status sessions_manager_sweep(const sessions_manager *manager, int64_t most, int64_t *dropped,
                                                    sessions_error **error);

/* Counts what the store holds: sessions, including expired ones that were not dropped yet, and the bytes that they take
 * there, as far as the store knows. Either output may be NULL. SESSIONS_OK, SESSIONS_E_INVALID, SESSIONS_E_UNSUPPORTED
 * (sessions in cookies; a custom store that cannot), the environment's statuses of sessions_session_load(). Any thread.
 * Since 0.1. */
SESSIONS_API sessions_status sessions_manager_statistics(const sessions_manager *manager, int64_t *sessions,
                                                         int64_t *bytes, sessions_error **error);

#ifdef __cplusplus
}
#endif

#endif
