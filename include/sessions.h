/* libsessions: web sessions for any HTTP stack.
 *
 * A host hands the library the bytes of a request's Cookie header, reads and changes the session, commits it, and sends
 * back the complete Set-Cookie lines that it is given. The library speaks no HTTP.
 *
 * This page is the contract; every function is documented where it is declared.
 *
 *   Ownership   A pointer received through a `const T **` belongs to the handle passed first, and stays valid until
 *               that handle is freed or passed to a function that takes it non-const. A handle received through a
 *               `T **` belongs to the caller, who frees it with the matching `_free`. Inputs are copied before the
 *               call returns.
 *   Lifetime    Handles may be freed in any order. `_free(NULL)` does nothing.
 *   Status      Functions that can fail return a sessions_status: SESSIONS_OK (0) or a negative code of
 *               <sessions/status.h>; those of <sessions/queue.h> also SESSIONS_PENDING (1). Many take a
 *               `sessions_error **` last, which may be NULL; when it is not, it is always written: NULL on success,
 *               else an error object with a message that says what to do. A call that fails has changed nothing, unless
 *               its status says that this is not known.
 *   Outputs     Output pointers other than the error must not be NULL, unless the function says so. When a call
 *               fails, an output handle is set to NULL and every other output keeps its value.
 *   Strings     Pointer and length, both ways. SESSIONS_NUL_TERMINATED is accepted as the length of any input string.
 *               Results are also NUL-terminated, and may hold NUL bytes of their own. An empty input may be NULL.
 *   Callbacks   A callback must not throw nor leave by longjmp. What one throws all the same goes no further: a store's
 *               or a codec's call and one for random data end with SESSIONS_E_CALLBACK, the system's clock is asked
 *               instead of the host's, and what a log or the callback of a queue throws is dropped.
 *   Threads     Backends and managers may be shared freely. A config, a session or a queue is used by one thread at a
 *               time and may move between threads. Errors are immutable. There is no thread-local state, and no
 *               function to call first or last.
 *   Fork        Every handle may be used after fork; <sessions/backend.h> says what a child process sees.
 *   Trust       A cookie that is missing, forged, expired or unknown is data, not an error: loading gives a fresh
 *               session, and sessions_session_origin() says why. Only "the store could not be asked" is an error. No
 *               message and no log line ever holds a key, a session id, a cookie's value or session content.
 *   Versions    Symbols, statuses and constants are only ever added. Each declaration says since which version it
 *               exists.
 */
#ifndef SESSIONS_H
#define SESSIONS_H

#include <sessions/backend.h>
#include <sessions/cjson.h>
#include <sessions/codec.h>
#include <sessions/config.h>
#include <sessions/custom.h>
#include <sessions/manager.h>
#include <sessions/queue.h>
#include <sessions/session.h>
#include <sessions/status.h>
#include <sessions/types.h>
#include <sessions/version.h>

#endif
