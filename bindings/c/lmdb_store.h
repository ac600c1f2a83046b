/* Sessions in an LMDB database: an example of a custom backend. */
#include <sessions.h>

/* Opens the database in a directory, or makes it. Several processes may have it open, but LMDB's rules are: one process
 * opens a directory once, and a child process opens it anew. Writes wait for each other without a limit, and are on the
 * disk when they are done. When it cannot be opened there is no error object: stderr has the reason. The name is the
 * one by which sessions-conformance finds a backend in a shared object. */
sessions_status sessions_conformance_backend(const char *argument, sessions_backend **backend, sessions_error **error);
