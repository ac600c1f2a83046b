/* Backends: where session content lives.
 *
 *   URL              content lives     the cookie holds           tested at load
 *   memory:          in this process   a random id                lifetime since the last write or renewal
 *   sqlite:/path     in a database     a random id                lifetime since the last write or renewal
 *   redis://host     on a server       a random id                lifetime since the last write or renewal
 *   rediss://host    likewise, by TLS
 *   redis+unix:///path   likewise, on this machine
 *   signed-cookie:   in the cookie     content, time, signature   signature, lifetime since the last write or renewal
 *   cookie:          in the cookie     content                    nothing: anyone can forge it; only browsers expire it
 *
 * A database of the host's becomes a backend with sessions_backend_new_custom(), see <sessions/custom.h>.
 *
 * memory: takes two parameters, `memory:?max_sessions=1000000&max_bytes=268435456`; those are the defaults.
 * max_sessions is 1 to 1,000,000,000; max_bytes is 65,536 to 2^50, and counts records with the tables that hold them.
 * When a bound is reached, expired sessions go first, then what is remembered of ended ones, then the sessions nearest
 * to their expiry. With bounds of 65,536 sessions and 16 MiB or more the store is split 64 ways, and what goes is the
 * nearest of one part. After fork, parent and child do not share sessions: a child starts with an empty store.
 *
 * sqlite: is followed by the absolute path of a file, `sqlite:/var/lib/app/sessions.db?synchronous=full&connections=8`;
 * what the path has of "?" and "%" is written %3F and %25, as any byte may be. The database is made when there is none,
 * readable for its owner alone; a file that is there, be it empty, keeps its mode. Its directory must be there, on a
 * local disk, and may be written to: SQLite keeps two more files beside the database, "-wal" and "-shm". The first is
 * copied into the database whenever it has grown by 4 MB, and begins anew if nobody writes meanwhile; from 32 MB on
 * those who write wait a moment for that. It grows on only while somebody reads the database for long. The database
 * holds no session id, only digests. All processes of one machine may share it, and it survives restarts; a process
 * that dies loses nothing that was committed. What a power cut or a crash of the system may take is for synchronous to
 * say:
 *
 *   off      the last seconds of commits, and perhaps the whole database, which is then found to be corrupt
 *   normal   the last commits, as many as were made since SQLite last copied its log (some thousands); the default
 *   full     nothing that was committed: each commit waits for the disk. Threads that wait share that wait.
 *
 * connections is 1 to 64, by default 4: so many threads of a process read at the same time. There is one writer at a
 * time; others wait for it, up to the time allowed for their call, and then fail with SESSIONS_E_BUSY. Each write drops
 * a few expired sessions, but none that it cannot read: a newer libsessions may have written it. Their room in the file
 * is used again. After fork, parent and child share the sessions and each opens connections of its own: a backend may
 * be opened before a server forks. Fork itself waits for what SQLite is doing at that moment, but for no lock and no
 * codec, and closes the connections. An older database is brought up to date when it is opened; one that is newer
 * fails with SESSIONS_E_NEWER, as do writes when it has become so meanwhile, and a file of another program with
 * SESSIONS_E_CORRUPT: neither is touched. The file has to stay at its path while it is in use: from the next second
 * after it was removed or replaced all calls fail with SESSIONS_E_UNAVAILABLE, until the processes that use it have
 * been started anew. To restore a backup, stop them, and remove "-wal" and "-shm" too. The library must have been built
 * with SQLite.
 *
 * redis: is a server of Redis, 6.2 or later, or Valkey, that any number of processes and machines share:
 *
 *   redis://[[user]:password@]host[:port][/db]    port 6379 and database 0 unless it says so; an IPv6 address stands in
 *                                                 brackets
 *   rediss://...                                  the same over TLS 1.2 or later; the server's certificate has to be
 *                                                 trusted and to name the host
 *   redis+unix://[[user]:password@]/path?db=n     a unix socket
 *
 * "?", "%", "@" and "/" in a user or a password, ":" in a user, "?", "%" and "@" in a path, and "%", "&" and "@" in a
 * parameter are written as %XX, as any byte may be. Parameters:
 *
 *   prefix                       of all keys; by default "session:". 256 bytes at the most, without braces
 *   connect_timeout_ms           for everything until a connection can be used: by default 1000
 *   connections                  1 to 64, by default 1: calls of all threads are pipelined over them, and one carries
 *                                tens of thousands of calls a second
 *   user_file, password_file     files that hold the user and the password, which then count instead of those in the
 *                                URL; read once, when the backend is opened. Or see
 *                                sessions_config_set_store_credentials()
 *   wait_for_replica_ms          by default 0; otherwise, logouts and new ids wait so long for a replica to have them,
 *                                or half of their time if that is less; who comes while others wait may be held up for
 *                                0.2 seconds
 *   ca_file                      rediss: PEM file of the authorities to trust instead of the system's
 *   certificate_file, key_file   rediss: PEM files of this client's certificate, if the server wants one
 *   server_name                  rediss: what the server's certificate names, if that is not the host
 *
 * Opening connects, takes twice connect_timeout_ms at the most, and fails when the server cannot be reached or refuses.
 * Later, lost connections are made anew, and calls that were under way are sent once more up to the time allowed for
 * them, what writes for 25 seconds at the most, with one effect at the most: a commit whose answer is lost for good
 * fails with SESSIONS_E_UNKNOWN. While there is no connection and none can be made, calls fail at once with
 * SESSIONS_E_UNAVAILABLE. A connection counts as lost when the server has said nothing for 5 seconds although it was
 * asked, however long a call may wait, or when its machine has acknowledged nothing for 30. One that was idle for 30
 * seconds is asked with PING before it is used; none lives for more than an hour. The host is looked up in the hosts
 * file and by DNS alone, without what nsswitch.conf may add. There are no threads of the library's: of the callers that
 * wait, one does the work for all. Who is alone in waiting stays awake for the first 0.15 milliseconds, as long as the
 * server often answers within that, as one on another core of the same machine does; otherwise it sleeps. After fork,
 * parent and child share the sessions and each makes connections of its own. With rediss: fork itself waits until
 * handshakes that are under way have ended.
 *
 * On the server each session is a hash, prefix{digest of the id}: its field "@" is a head of 60 bytes, "+" has 21 bytes
 * for each commit that might be tried again, and each key of the session is a field with a dot before it. Scripts
 * change it, so that a commit is one step. The server's expiry is only garbage collection, two minutes late at the
 * most: ends are enforced by the library's clock. A session of three short keys takes about 330 bytes as long as the
 * server packs it, that is, until there are more fields than hash-max-listpack-entries, 128 or more by default, or one
 * is longer than hash-max-listpack-value, by default 64, as it also is when more than three processes commit to a
 * session within a minute (before Redis 7 both say ziplist). Then it takes about 670 bytes. A user of the
 * server has to be permitted:
 *
 *   ACL SETUSER sessions on >PASSWORD ~session:* +ping +select +script|load +evalsha +eval +time +scan +exists +pexpire
 *     +del +rename +hget +hgetall +hmget +hset +hdel +hlen +hincrby +client|setname +info +wait
 *
 * where client|setname only gives connections a name, info is for the warning below, wait for wait_for_replica_ms, and
 * select for a database other than 0. Opening tries what scripts need on two keys of its own, which are gone at once.
 *
 * When the server's maxmemory is reached, maxmemory-policy noeviction keeps every session: what would grow fails with
 * SESSIONS_E_FULL, and logouts still work. All other policies take sessions before their time, since each has an end;
 * sessions_manager_new() logs a warning then, if INFO is permitted. What survives a crash of the server is for
 * its appendonly and appendfsync to say.
 *
 * signed-cookie: and cookie: are the formats of the Python package starlette-sessions, byte for byte: with the same
 * secret either side reads what the other wrote, but for what Python writes and JSON (RFC 8259) does not have, NaN and
 * Infinity, and for lone surrogates, names that an object has twice and values deeper than 64: a cookie with such
 * content is refused. They take no parameters. signed-cookie: needs a key, see sessions_config_add_key(); a URL never
 * holds one. Content in a cookie can be read by its user, a deleted cookie that was copied before still works until it
 * expires, and of two parallel requests the last response wins. After fork nothing changes.
 */
#ifndef SESSIONS_BACKEND_H
#define SESSIONS_BACKEND_H

#include <sessions/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Opens the backend that a URL names.
 *
 * url, url_len   the URL, in bytes; the table above says which there are
 * backend        receives the handle, which the caller frees; NULL on failure
 * error          may be NULL; receives what went wrong
 *
 * SESSIONS_OK
 * SESSIONS_E_INVALID       url or backend is NULL; the URL has no scheme in lower case, more text than its scheme
 *                          takes, or a parameter that is unknown, given twice or malformed, or a path that is not
 *                          absolute
 * SESSIONS_E_UNSUPPORTED   the scheme is not one of this build; redis: the server, such as a Sentinel, forbids scripts
 *                          or what they call
 * SESSIONS_E_UNAVAILABLE   sqlite: the file cannot be opened; redis: the server cannot be reached, or refuses, or is a
 *                          node of a Cluster. The message has the reason
 * SESSIONS_E_BUSY          sqlite: another process kept the database locked for two seconds
 * SESSIONS_E_READ_ONLY     sqlite: the file, or its directory, may not be written to
 * SESSIONS_E_FULL          sqlite: there is no room for a new database
 * SESSIONS_E_CORRUPT       sqlite: the file is damaged, or no database, or one of another program
 * SESSIONS_E_NEWER         sqlite: a newer libsessions has written the database
 * SESSIONS_E_NOMEM, SESSIONS_E_INTERNAL
 *
 * The message names the scheme or the parameter, and never holds what stands between "//" and "@". Any thread. Since
 * 0.1. */
SESSIONS_API sessions_status sessions_backend_open(const char *url, size_t url_len, sessions_backend **backend,
                                                   sessions_error **error);

/* Opens the backend that a URL names, with the credentials of a config, so that they need to stand neither in the URL
 * nor in a file.
 *
 * url, url_len   as for sessions_backend_open()
 * config         what sessions_config_set_store_credentials() has set counts instead of what the URL says; the rest is
 *                for managers, and of no account here. It is only read, and may be freed afterwards
 * backend        receives the handle, which the caller frees; NULL on failure
 * error          may be NULL; receives what went wrong
 *
 * Statuses as for sessions_backend_open(); SESSIONS_E_INVALID also when config is NULL, or has credentials and the
 * backend is none of Redis. The config's thread. Since 0.1. */
SESSIONS_API sessions_status sessions_backend_open_configured(const char *url, size_t url_len,
                                                              const sessions_config *config, sessions_backend **backend,
                                                              sessions_error **error);

/* Frees the handle; NULL does nothing. Managers made from the backend go on working, and sessions in memory live as
 * long as one of them. Any thread. Since 0.1. */
SESSIONS_API void sessions_backend_free(sessions_backend *backend);

#ifdef __cplusplus
}
#endif

#endif
