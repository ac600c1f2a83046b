/* Custom backends: a database of the host's, plugged in with a few callbacks.
 *
 * What is asked of the database is small: keep a blob under a key, with a version number beside it and a time after
 * which it may be dropped; and replace it only if the version is still the one that was read. Everything else the
 * library does over it: records and their format, merging what parallel requests have changed, trying again when
 * somebody else was faster, tombstones, lifetimes. Changes of parallel requests are kept as on every other backend,
 * provided that `put` compares and stores in one step.
 *
 * The contract, in full in src/store/CONTRACT.md of the sources and tested by the program sessions-conformance. A blob
 * is a record: its generation, drawn anew for each session and each move, and its version, one more after each commit;
 * when the session was created and last written, its end, and its keys with their JSON text. Every time is an argument,
 * by the library's clock: the database needs none of its own. An update never creates, a create never overwrites, not
 * even a tombstone; a session that has ended or moved leaves a tombstone for an hour, so that no slow request brings it
 * back. A commit is the keys that were set, removed, incremented or cleared, and is done once, whole or not at all:
 * changes of different keys are all kept, increments add up, on one key the last commit wins, but a removal beats the
 * edit of a request that had loaded the key before. Its outcome is SAVED, also when it is tried again and was done
 * before, or MERGED when others had committed since, with the contested keys named; CONFLICT when a precondition does
 * not hold; GONE when there is no such session any more, or another one, of another generation, under its key. In the
 * modes of sessions_config_set_commit_mode(), merge has no preconditions, strict has one for whatever was read, found
 * missing or removed, last write replaces everything; set if unchanged is a precondition on one key in any mode, see
 * sessions_session_require_unchanged().
 *
 * For that the host's database promises three things: of two puts, or removes, that expect the same version one
 * succeeds; what a put was told is done is found by every get after it, in every process; nothing is dropped before it
 * expires. Loading is a get; a commit, which renewing is as well, a get and a put, and both again after a conflict; a
 * move to a new id is a put of the new record, then one of the old one's tombstone; an end is a put of a tombstone.
 * When a put answers SESSIONS_E_UNKNOWN the key is read again, and what was done counts as done.
 *
 * A database that has transactions may do more itself: with `change` each commit, renewal, move and end is one step of
 * its own, in which it asks the library once what to store. Then nobody is ever faster, nothing is tried again, and of
 * a move there is never one half. The library goes on with get and put where `change` answers conflict, and does not
 * use it for a manager that has a codec: that may take long, and the step holds up others.
 *
 *   callback     answers with, besides sessions_custom_failed()
 *   get          sessions_custom_found(), sessions_custom_missing()
 *   put          sessions_custom_done(), sessions_custom_conflict()
 *   remove       sessions_custom_done(), sessions_custom_conflict()
 *   change       sessions_custom_done(), sessions_custom_conflict(); before that sessions_custom_decide()
 *   sweep        sessions_custom_counted()
 *   ping         sessions_custom_done()
 *   statistics   sessions_custom_counted()
 *
 *   Answers    Each callback receives a call and answers it exactly once: before it returns, or later, from any thread.
 *              The answer uses the call up; a second one is like freeing twice. An answer of a kind that the table
 *              above does not have fails the host's call with SESSIONS_E_CALLBACK. A call that is never answered,
 *              and the user data with it, is never freed.
 *   Time       The host's call ends when its timeout has passed, with SESSIONS_E_TIMEOUT, or if it may write with
 *              SESSIONS_E_UNKNOWN, even if it waits for its first get and has not handed over any put; an answer that
 *              comes later is discarded. A callback that blocks blocks the host's thread, so that it must keep to
 *              sessions_custom_time_left_ms() itself. When others are always faster, the host's call ends with
 *              SESSIONS_E_BUSY.
 *   Threads    Callbacks are called from several threads at once: those of the host's calls, and those that answer. An
 *              answer given after its callback has returned may call the next callback before it returns itself: give
 *              it without holding locks that callbacks take.
 *   Memory     Keys and blobs that a callback receives are valid until it has answered. What it answers with is copied.
 *   Failures   The status and the message of sessions_custom_failed() are what the host's call returns.
 *   Fork       A child process calls the same callbacks with the same user data: whether that works is up to them.
 *              Calls that are open at the fork are the parent's.
 *   Secrets    Keys are digests, no session can be loaded with one. Blobs hold what users have stored.
 */
#ifndef SESSIONS_CUSTOM_H
#define SESSIONS_CUSTOM_H

#include <sessions/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many bytes a key has, always. Since 0.1. */
enum { SESSIONS_CUSTOM_KEY_BYTES = 32 };

/* Capabilities of a custom store, to be combined with "|". All since 0.1. */
enum {
  SESSIONS_CUSTOM_DROPS_EXPIRED = 1 /* it drops expired blobs by itself: without `sweep` there is nothing to do */
};

/* A callback's call, to be answered once. Since 0.1. */
typedef struct sessions_custom_call sessions_custom_call;

/* Reads the blob under a key, with its version. One that has expired may be found or missing. Since 0.1. */
typedef void (*sessions_custom_get_fn)(void *user_data, const unsigned char *key, sessions_custom_call *call);

/* Stores a blob under a key with `version` beside it, if the version beside what is there is `expected`, in one step:
 * of two calls that expect the same one succeeds. The library counts: versions are 1 or more and below 2^63.
 *
 * expected   0: there must be nothing under the key, not even something expired, as far as the store still has it
 * expires    seconds since 1970: afterwards the store may drop the blob, but not before
 * now        the same, by the library's clock: expires - now is the time to live
 * ended      1: the blob is a tombstone, which remembers for an hour that the session has ended; else 0
 *
 * SESSIONS_OK is said only when the blob will not get lost, as far as the store promises that. Since 0.1. */
typedef void (*sessions_custom_put_fn)(void *user_data, const unsigned char *key, const void *blob, size_t blob_len,
                                       uint64_t expected, uint64_t version, int64_t expires, int64_t now, int32_t ended,
                                       sessions_custom_call *call);

/* Removes the blob under a key if its version is `expected`, in one step; conflict says that it is another, or that
 * there is none. Since 0.1. */
typedef void (*sessions_custom_remove_fn)(void *user_data, const unsigned char *key, uint64_t expected,
                                          sessions_custom_call *call);

/* Drops up to `most` blobs whose `expires` is before now, which is in seconds since 1970, and counts them.
 * Since 0.1. */
typedef void (*sessions_custom_sweep_fn)(void *user_data, int64_t most, int64_t now, sessions_custom_call *call);

/* Finds out whether the store works. Since 0.1. */
typedef void (*sessions_custom_ping_fn)(void *user_data, sessions_custom_call *call);

/* Counts the blobs that there are, without tombstones, and all bytes, as far as the store knows. Since 0.1. */
typedef void (*sessions_custom_statistics_fn)(void *user_data, sessions_custom_call *call);

/* What a change is to store, in a list; see sessions_custom_put_fn. Later versions may add members at the end.
 * Since 0.1. */
typedef struct sessions_custom_write sessions_custom_write;

struct sessions_custom_write {
  const sessions_custom_write *next; /* NULL: that was the last */
  const unsigned char *key;          /* SESSIONS_CUSTOM_KEY_BYTES */
  const void *blob;                  /* what to store */
  size_t blob_len;                   /* bytes of it */
  uint64_t expected;                 /* the version that has to be there; 0: nothing */
  uint64_t version;                  /* to be stored beside the blob */
  int64_t expires;                   /* seconds since 1970: afterwards it may be dropped */
  int64_t now;                       /* likewise, by the library's clock */
  int32_t ended;                     /* 1: a tombstone; else 0 */
};

/* Changes what is under a key in one step, such as a transaction that holds a lock on the key from the beginning: reads
 * the blob, asks sessions_custom_decide() what is to be stored, stores all of that under the keys that it says, or
 * nothing, and says that it is done, also when there was nothing to store.
 *
 *   lock the key; read blob and version
 *   for (w = sessions_custom_decide(call, blob, blob_len, version); w != NULL; w = w->next)
 *     store w->blob under w->key, with w->version, w->expires and w->ended, if what is there has version w->expected
 *   unlock; sessions_custom_done(call)
 *
 * Nobody else may store anything under the key from when it is read until the step is done; a move, which has two
 * writes, is stored whole or not at all. When the version is another than expected, which for the key that was read can
 * not be, or the database undoes the step because others were in the way, the answer is conflict; or the step is begun
 * anew, sessions_custom_decide() included. Since 0.1. */
typedef void (*sessions_custom_change_fn)(void *user_data, const unsigned char *key, sessions_custom_call *call);

/* The table of callbacks: set it to zero, then size to sizeof(sessions_custom_store), then what the store has. Later
 * versions add members at the end; size tells which version a program was compiled against. Since 0.1. */
typedef struct sessions_custom_store sessions_custom_store;

struct sessions_custom_store {
  size_t size;
  uint64_t capabilities; /* SESSIONS_CUSTOM_... */
  sessions_custom_get_fn get;
  sessions_custom_put_fn put;
  sessions_custom_remove_fn remove;
  sessions_custom_sweep_fn sweep;           /* may be NULL: SESSIONS_E_UNSUPPORTED unless it drops expired blobs itself;
                                               then `put` should drop a few at a time, or the host something else */
  sessions_custom_ping_fn ping;             /* may be NULL: always well */
  sessions_custom_statistics_fn statistics; /* may be NULL: SESSIONS_E_UNSUPPORTED */
  sessions_custom_change_fn change;         /* may be NULL: the library reads and puts */
};

/* Makes a backend from callbacks.
 *
 * table       copied
 * user_data   passed to every callback
 * destroy     may be NULL; called exactly once with user_data: when this function fails; else when the backend, the
 *             managers made from it, their sessions and all calls have gone. That can be on a thread that gives an
 *             answer after the host's call has timed out
 * backend     receives the handle, which the caller frees; NULL on failure
 * error       may be NULL; receives what went wrong
 *
 * SESSIONS_OK
 * SESSIONS_E_INVALID       table or backend is NULL; size is none of any version; get, put or remove is NULL
 * SESSIONS_E_UNSUPPORTED   an unknown capability, or a member that this version does not know
 * SESSIONS_E_NOMEM
 *
 * No callback is called. Any thread. Since 0.1. */
SESSIONS_API sessions_status sessions_backend_new_custom(const sessions_custom_store *table, void *user_data,
                                                         sessions_destroy_fn destroy, sessions_backend **backend,
                                                         sessions_error **error);

/* change: says what is to be stored, given the blob under the key with its version, or NULL, 0 and 0 when there is
 * none. A damaged one, or one of a newer libsessions, is told to the host as with sessions_custom_found().
 *
 * Returns the first of up to two writes, which with all that they point to are good until the call is answered or
 * decided again. NULL: nothing is to be stored, and so in every callback but `change`, and when call is NULL.
 *
 * Takes no lock and calls no callback. The thread that has the call. Since 0.1. */
SESSIONS_API const sessions_custom_write *sessions_custom_decide(sessions_custom_call *call, const void *blob,
                                                                 size_t blob_len, uint64_t version);

/* ---- answers: each uses the call up; on NULL it does nothing. Any thread. ---- */

/* get: there is this blob of blob_len bytes, as it was put, and this is its version. One that is damaged fails the
 * host's call with SESSIONS_E_CORRUPT, one of a newer libsessions with SESSIONS_E_NEWER. Since 0.1. */
SESSIONS_API void sessions_custom_found(sessions_custom_call *call, const void *blob, size_t blob_len,
                                        uint64_t version);

/* get: there is nothing under the key. put, remove: likewise, which is a conflict if a version was expected.
 * Since 0.1. */
SESSIONS_API void sessions_custom_missing(sessions_custom_call *call);

/* put, remove, change, ping: it is done. Since 0.1. */
SESSIONS_API void sessions_custom_done(sessions_custom_call *call);

/* put, remove: nothing was changed, because the version is not the expected one. change: nothing was changed, because
 * others were in the way. Since 0.1. */
SESSIONS_API void sessions_custom_conflict(sessions_custom_call *call);

/* sweep: so many blobs, of so many bytes, were dropped. statistics: so many are there. Both are 0 or more.
 * Since 0.1. */
SESSIONS_API void sessions_custom_counted(sessions_custom_call *call, int64_t blobs, int64_t bytes);

/* It failed. The host's call returns the status, with the message.
 *
 * status    of the environment (-201 to -299), of stored data (-301 to -399), a callback's (-501 to -599) or
 *           SESSIONS_E_NOMEM: a SESSIONS_E_... that fits, or a number of the store's own in the category that fits.
 *           Other numbers become SESSIONS_E_CALLBACK, with a message that names the number. A put, remove or
 *           change that may have been done nevertheless says SESSIONS_E_UNKNOWN; the library then reads the key to find
 *           out
 * message   one line of UTF-8 that says what was wrong and what to do, without keys and content; message_len bytes, of
 *           which up to 1,000 are used; empty for a general one
 *
 * Since 0.1. */
SESSIONS_API void sessions_custom_failed(sessions_custom_call *call, sessions_status status, const char *message,
                                         size_t message_len);

/* Returns how many milliseconds the host still waits for this call, 0 when it does not wait any more or call is NULL.
 * To be used before the answer. Any thread. Since 0.1. */
SESSIONS_API int64_t sessions_custom_time_left_ms(const sessions_custom_call *call);

#ifdef __cplusplus
}
#endif

#endif
