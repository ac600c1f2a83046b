/* How a call ended: statuses and error objects. */
#ifndef SESSIONS_STATUS_H
#define SESSIONS_STATUS_H

#include <sessions/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Statuses. A code never changes its meaning and is never reused; new ones are added. Callers that do not know a code
 * go by its category. All since 0.1. */
enum {
  SESSIONS_OK = 0,
  SESSIONS_PENDING = 1, /* of <sessions/queue.h>: the call is under way, and will call back */

  /* The caller: the same call will fail again. */
  SESSIONS_E_INVALID =
      -101,                 /* an argument is not acceptable: NULL, not UTF-8, not JSON, out of bounds, contradictory */
  SESSIONS_E_MISUSE = -102, /* the call came at the wrong time, such as loading a session twice */
  SESSIONS_E_TYPE = -103,   /* the value has another type than the one asked for */
  SESSIONS_E_RANGE = -104,  /* the number cannot be represented in the type asked for without losing something */
  SESSIONS_E_NOT_FOUND = -105,   /* there is no such key, or no such index */
  SESSIONS_E_LIMIT = -106,       /* a limit would be exceeded: content bytes, keys, depth, bytes of a Set-Cookie line */
  SESSIONS_E_UNSUPPORTED = -107, /* this build, backend or format cannot do it */
  SESSIONS_E_CANCELED =
      -108, /* the session or the queue was freed while the call was under way: a write may be applied or not */

  /* The environment: the same call may succeed later. */
  SESSIONS_E_UNAVAILABLE = -201, /* the store could not be asked; nothing was changed */
  SESSIONS_E_TIMEOUT = -202,     /* the time allowed ran out before the store answered; nothing was changed */
  SESSIONS_E_UNKNOWN =
      -203, /* the time allowed ran out before it was known whether anything was changed: it may be applied or not, or
               not even have been handed over */
  SESSIONS_E_RANDOM = -204, /* the system's random source failed, so nothing was written */
  SESSIONS_E_BUSY = -205,   /* others kept the store, or this session, busy for the time allowed; nothing was changed */
  SESSIONS_E_FULL = -206,   /* the store has no room left; nothing was changed */
  SESSIONS_E_READ_ONLY = -207, /* the store may not be written to; nothing was changed */

  /* Stored data. */
  SESSIONS_E_CORRUPT = -301, /* what is stored is damaged, or was not written by libsessions; nothing was changed */
  SESSIONS_E_NEWER = -302,   /* a newer libsessions has written it: update this one; nothing was changed */

  /* The library. */
  SESSIONS_E_NOMEM = -401,    /* out of memory */
  SESSIONS_E_INTERNAL = -402, /* a defect of libsessions or of a library under it; please report it */

  /* A callback of the caller's. */
  SESSIONS_E_CALLBACK = -501 /* it reported a failure */
};

/* Categories of statuses. All since 0.1. */
enum {
  SESSIONS_CATEGORY_OK = 0,          /* SESSIONS_OK, SESSIONS_PENDING */
  SESSIONS_CATEGORY_CALLER = 1,      /* -101 to -199 */
  SESSIONS_CATEGORY_ENVIRONMENT = 2, /* -201 to -299 */
  SESSIONS_CATEGORY_STORED_DATA = 3, /* -301 to -399 */
  SESSIONS_CATEGORY_INTERNAL = 4,    /* -401 to -499 */
  SESSIONS_CATEGORY_CALLBACK = 5     /* -501 to -599 */
};

/* Returns the name of a status as it stands in this header, such as "SESSIONS_E_LIMIT", or "SESSIONS_E_?" for a number
 * that is no status of this version. The string is constant. Any thread. Since 0.1. */
SESSIONS_API const char *sessions_status_name(sessions_status status);

/* Returns one sentence that says what a status means and what to do: for functions that give no error object, and for
 * numbers that are no status of this version. The string is constant. Any thread. Since 0.1. */
SESSIONS_API const char *sessions_status_message(sessions_status status);

/* Returns the SESSIONS_CATEGORY_... of a status, also of one that this version does not know, or -1 for a number
 * outside all categories. Any thread. Since 0.1. */
SESSIONS_API int32_t sessions_status_category(sessions_status status);

/* Returns the status that the failed call returned; SESSIONS_OK when error is NULL. Any thread. Since 0.1. */
SESSIONS_API sessions_status sessions_error_status(const sessions_error *error);

/* Returns one line of text, UTF-8 without control characters, that says what was wrong and what to do about it; "" when
 * error is NULL. It belongs to the error. It never holds a key, an id, a cookie's value or session content. Any thread.
 * Since 0.1. */
SESSIONS_API const char *sessions_error_message(const sessions_error *error);

/* Frees an error; NULL does nothing. Any thread. Since 0.1. */
SESSIONS_API void sessions_error_free(sessions_error *error);

#ifdef __cplusplus
}
#endif

#endif
