/* What every other header of libsessions needs: the handles and the basic types. */
#ifndef SESSIONS_TYPES_H
#define SESSIONS_TYPES_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32) || !defined(__GNUC__)
#define SESSIONS_API
#else
#define SESSIONS_API __attribute__((visibility("default")))
#endif

/* Accepted as the length of any input string: the string ends at its first NUL byte. Since 0.1. */
#define SESSIONS_NUL_TERMINATED SIZE_MAX

/* SESSIONS_OK, SESSIONS_PENDING or a negative code of <sessions/status.h>. Since 0.1. */
typedef int32_t sessions_status;

/* Where session content lives. Share freely between threads. Since 0.1. */
typedef struct sessions_backend sessions_backend;

/* Cookie attributes, lifetimes, keys, limits and hooks. One thread at a time. Since 0.1. */
typedef struct sessions_config sessions_config;

/* A backend with a copy of a config; immutable. Share freely between threads. Since 0.1. */
typedef struct sessions_manager sessions_manager;

/* One request's session. One thread at a time; may move between threads. Since 0.1. */
typedef struct sessions_session sessions_session;

/* Results of calls that nobody waits for. One thread at a time. Since 0.1. */
typedef struct sessions_queue sessions_queue;

/* What went wrong in one call; immutable. Since 0.1. */
typedef struct sessions_error sessions_error;

/* Called exactly once with the user data that was given with a callback, when the library will never use it again: also
 * when the function that took the callback failed. It may run on any thread that frees a handle. Since 0.1. */
typedef void (*sessions_destroy_fn)(void *user_data);

#endif
