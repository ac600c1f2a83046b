/* Queues: calls that do not wait, for hosts with an event loop.
 *
 * sessions_session_load_async() and its sisters do what their namesakes do, but never wait for a store. What needs no
 * input or output (sessions in cookies or in memory, requests without a cookie, commits of nothing) is done when they
 * return, and so is what happens to have been answered by then. Otherwise they return SESSIONS_PENDING: the call is
 * under way, and its result goes to the queue. The queue's descriptor then becomes readable; the host's loop sees that
 * and calls sessions_queue_dispatch(), which calls back on the thread that the loop runs on.
 *
 *   sessions_queue_new(&queue, &error);
 *   loop_watch_readable(sessions_queue_descriptor(queue), on_readable);     on_readable: sessions_queue_dispatch(queue)
 *   ...
 *   status = sessions_session_commit_async(session, queue, done, request, &error);
 *   if (status != SESSIONS_PENDING) done(request, status, error);
 *
 * While a call is under way its session answers SESSIONS_E_MISUSE to everything but sessions_session_free(), and
 * functions without a status answer as for NULL. Each call has the deadline that the blocking one would have.
 *
 * What waits are threads of the queue. Loads and commits on Redis share the connections of all other callers, and one
 * thread waits for them; stores that block, such as SQLite and custom ones, are called on up to 16 threads for each
 * store, which start when a call finds none idle, and end with the queue.
 *
 * A queue, and the sessions whose calls are under way in it, are used by one thread at a time; sessions of any manager
 * may share one. It holds on to the stores that it has waited for until it is freed. After fork a queue belongs to the
 * parent: make another one in the child.
 */
#ifndef SESSIONS_QUEUE_H
#define SESSIONS_QUEUE_H

#include <sessions/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Tells how a call that was under way has ended. Called once for each call that returned SESSIONS_PENDING, from
 * sessions_queue_dispatch(), or from sessions_queue_free() with SESSIONS_E_CANCELED. It may call anything, the freeing
 * of the queue and of the session included.
 *
 * user_data   as it was given to the call
 * status      what the blocking call would have returned; SESSIONS_E_CANCELED when the session or the queue was freed
 *             first: then a write may have been done or not
 * error       NULL when status is SESSIONS_OK; belongs to the library and is valid during the call
 *
 * Since 0.1. */
typedef void (*sessions_done_fn)(void *user_data, sessions_status status, const sessions_error *error);

/* Makes a queue. queue receives the handle, which the caller frees; NULL on failure. SESSIONS_OK, SESSIONS_E_INVALID
 * (queue is NULL), SESSIONS_E_NOMEM, SESSIONS_E_UNAVAILABLE (no descriptor is left). Any thread. Since 0.1. */
SESSIONS_API sessions_status sessions_queue_new(sessions_queue **queue, sessions_error **error);

/* Ends all calls and calls back for each, with its result if that is there, otherwise with SESSIONS_E_CANCELED. Waits
 * for what a store that blocks is doing just now, at most until that call's deadline. The sessions may be used again;
 * those whose load was canceled may be loaded again. In the child of a fork it calls nobody. Not to be called by
 * callbacks of stores. NULL does nothing. Since 0.1. */
SESSIONS_API void sessions_queue_free(sessions_queue *queue);

/* Returns a descriptor that is readable while results wait for sessions_queue_dispatch(); -1 when queue is NULL. For
 * poll(2) and its like: it must not be read from or closed, and is valid until the queue is freed. Since 0.1. */
SESSIONS_API int32_t sessions_queue_descriptor(const sessions_queue *queue);

/* Calls back for results that are there, but for at most 16 of each store, so that the loop's timers and other events
 * have their turn: when there are more, the descriptor is readable again. Never waits. dispatched may be NULL; receives
 * how many callbacks were called. SESSIONS_OK, SESSIONS_E_INVALID (queue is NULL), SESSIONS_E_MISUSE (called in a child
 * of the process that made the queue). Since 0.1. */
SESSIONS_API sessions_status sessions_queue_dispatch(sessions_queue *queue, size_t *dispatched, sessions_error **error);

/* sessions_session_load(), sessions_session_load_value(), sessions_session_commit(), sessions_session_regenerate() and
 * sessions_session_destroy() without waiting.
 *
 * queue       receives the result if the call cannot be done at once
 * done        is called then, and only then
 * user_data   handed to done
 * error       may be NULL; receives what went wrong at once
 *
 * SESSIONS_PENDING     under way: done will be called
 * SESSIONS_E_INVALID   session, queue or done is NULL
 * SESSIONS_E_MISUSE    another call of the session is under way; the queue is another process's
 * Any other status     as for the blocking call, which is done: done is not called
 *
 * A session may be freed while its call is under way: its done is then called with SESSIONS_E_CANCELED, and what was
 * sent to the store may have been done. Since 0.1. */
SESSIONS_API sessions_status sessions_session_load_async(sessions_session *session, const char *cookie_header,
                                                         size_t cookie_header_len, sessions_queue *queue,
                                                         sessions_done_fn done, void *user_data,
                                                         sessions_error **error);
SESSIONS_API sessions_status sessions_session_load_value_async(sessions_session *session, const char *cookie_value,
                                                               size_t cookie_value_len, sessions_queue *queue,
                                                               sessions_done_fn done, void *user_data,
                                                               sessions_error **error);
SESSIONS_API sessions_status sessions_session_commit_async(sessions_session *session, sessions_queue *queue,
                                                           sessions_done_fn done, void *user_data,
                                                           sessions_error **error);
SESSIONS_API sessions_status sessions_session_regenerate_async(sessions_session *session, sessions_queue *queue,
                                                               sessions_done_fn done, void *user_data,
                                                               sessions_error **error);
SESSIONS_API sessions_status sessions_session_destroy_async(sessions_session *session, sessions_queue *queue,
                                                            sessions_done_fn done, void *user_data,
                                                            sessions_error **error);

#ifdef __cplusplus
}
#endif

#endif
