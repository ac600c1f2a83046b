/* Which libsessions this is. */
#ifndef SESSIONS_VERSION_H
#define SESSIONS_VERSION_H

#include <sessions/types.h>

/* The version of these headers. Since 0.1. */
#define SESSIONS_VERSION_MAJOR 0
#define SESSIONS_VERSION_MINOR 1
#define SESSIONS_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/* Returns the version of the library that is running, such as "0.1.0". It may be newer than the headers the caller was
 * compiled with. The string is constant and lives as long as the library is loaded. Any thread. Since 0.1. */
SESSIONS_API const char *sessions_version(void);

#ifdef __cplusplus
}
#endif

#endif
