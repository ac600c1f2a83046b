// Written by generate.py from include/sessions.h. Do not edit.

use super::Opaque;
use std::os::raw::{c_char, c_uchar, c_void};

// ---- <sessions/backend.h> ----

extern "C" {
    /// Opens the backend that a URL names.
    ///
    /// url, url_len   the URL, in bytes; the table above says which there are
    /// backend        receives the handle, which the caller frees; NULL on failure
    /// error          may be NULL; receives what went wrong
    ///
    /// SESSIONS_OK
    /// SESSIONS_E_INVALID       url or backend is NULL; the URL has no scheme in lower case, more text than its scheme
    ///                          takes, or a parameter that is unknown, given twice or malformed, or a path that is not
    ///                          absolute
    /// SESSIONS_E_UNSUPPORTED   the scheme is not one of this build; redis: the server, such as a Sentinel, forbids scripts
    ///                          or what they call
    /// SESSIONS_E_UNAVAILABLE   sqlite: the file cannot be opened; redis: the server cannot be reached, or refuses, or is a
    ///                          node of a Cluster. The message has the reason
    /// SESSIONS_E_BUSY          sqlite: another process kept the database locked for two seconds
    /// SESSIONS_E_READ_ONLY     sqlite: the file, or its directory, may not be written to
    /// SESSIONS_E_FULL          sqlite: there is no room for a new database
    /// SESSIONS_E_CORRUPT       sqlite: the file is damaged, or no database, or one of another program
    /// SESSIONS_E_NEWER         sqlite: a newer libsessions has written the database
    /// SESSIONS_E_NOMEM, SESSIONS_E_INTERNAL
    ///
    /// The message names the scheme or the parameter, and never holds what stands between "//" and "@". Any thread. Since
    /// 0.1.
    pub fn sessions_backend_open(url: *const c_char, url_len: usize, backend: *mut *mut sessions_backend, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Opens the backend that a URL names, with the credentials of a config, so that they need to stand neither in the URL
    /// nor in a file.
    ///
    /// url, url_len   as for sessions_backend_open()
    /// config         what sessions_config_set_store_credentials() has set counts instead of what the URL says; the rest is
    ///                for managers, and of no account here. It is only read, and may be freed afterwards
    /// backend        receives the handle, which the caller frees; NULL on failure
    /// error          may be NULL; receives what went wrong
    ///
    /// Statuses as for sessions_backend_open(); SESSIONS_E_INVALID also when config is NULL, or has credentials and the
    /// backend is none of Redis. The config's thread. Since 0.1.
    pub fn sessions_backend_open_configured(url: *const c_char, url_len: usize, config: *const sessions_config, backend: *mut *mut sessions_backend, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Frees the handle; NULL does nothing. Managers made from the backend go on working, and sessions in memory live as
    /// long as one of them. Any thread. Since 0.1.
    pub fn sessions_backend_free(backend: *mut sessions_backend);
}

// ---- <sessions/codec.h> ----

/// Receives what a codec makes. It lasts until the callback returns. Since 0.1.
#[repr(C)]
pub struct sessions_bytes {
    _opaque: Opaque,
}
extern "C" {
    /// Appends len bytes, or a NUL-terminated string. SESSIONS_OK, SESSIONS_E_INVALID (bytes is NULL, or data is NULL with
    /// another length than 0), SESSIONS_E_NOMEM. Only inside the callback that received `bytes`, on its thread. Since
    /// 0.1.
    pub fn sessions_bytes_append(bytes: *mut sessions_bytes, data: *const c_void, len: usize) -> sessions_status;
}
/// Turns len bytes at data into others, which it appends to `out`, and returns SESSIONS_OK; any other number says that
/// it cannot. That is what the host's call returns, untouched, when it is of the environment (-201 to -299), of stored
/// data (-301 to -399), a callback's (-501 to -599) or SESSIONS_E_NOMEM; any other becomes SESSIONS_E_CALLBACK. A cookie
/// that cannot be decoded is refused, SESSIONS_ORIGIN_REFUSED_CONTENT, and no failure, unless the status says that it
/// may be another time: of the environment, or SESSIONS_E_NOMEM. Called on the thread of the call that loads or commits,
/// on several at once; for an _async call inside it or inside sessions_queue_dispatch(), on sqlite: on a thread of the
/// queue. On a custom store that answers later it is the thread that answers. It must not call functions with the
/// session that is being loaded or committed. Since 0.1.
pub type sessions_codec_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, data: *const c_void, len: usize, out: *mut sessions_bytes) -> sessions_status>;
/// A codec. The size tells which members the caller knows; members that later versions add are optional. Since 0.1.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sessions_codec {
    /// sizeof(sessions_codec)
    pub size: usize,
    /// from JSON text, UTF-8: of an object, or on redis: of any value
    pub encode: sessions_codec_fn,
    /// to such a text, from what encode has made, or from anything that somebody has put into a cookie: it fails when it is something else. What is no JSON text is SESSIONS_E_CORRUPT in a store
    pub decode: sessions_codec_fn,
}

// ---- <sessions/config.h> ----

/// sent on top-level navigation from other sites, not on their sub-requests
pub const SESSIONS_SAME_SITE_LAX: i32 = 1;
/// never sent on requests that another site starts
pub const SESSIONS_SAME_SITE_STRICT: i32 = 2;
/// always sent; needs Secure
pub const SESSIONS_SAME_SITE_NONE: i32 = 3;
/// worth knowing when looking for a fault, such as ignored cookies
pub const SESSIONS_LOG_INFO: i32 = 1;
/// something that should not stay so in production
pub const SESSIONS_LOG_WARNING: i32 = 2;
/// Returns the current time in seconds since 1970-01-01T00:00:00Z, up to the end of the year 9999. It must not fail; it
/// is called on the threads that load and commit, from several at once. Since 0.1.
pub type sessions_clock_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void) -> i64>;
/// Fills size bytes at bytes with random data. Returns SESSIONS_OK, or anything else for failure, upon which the call
/// that needed them fails with SESSIONS_E_CALLBACK. Called from several threads at once. Since 0.1.
pub type sessions_random_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, bytes: *mut c_void, size: usize) -> sessions_status>;
/// Takes one message: level is a SESSIONS_LOG_..., message is UTF-8, one line, message_len bytes and NUL-terminated,
/// valid during the call. It must not call into the session that is being worked on. Called from several threads at
/// once. Since 0.1.
pub type sessions_log_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, level: i32, message: *const c_char, message_len: usize)>;
extern "C" {
    /// Makes a config with the defaults above. config receives the handle, NULL on failure.
    /// SESSIONS_OK, SESSIONS_E_INVALID (config is NULL), SESSIONS_E_NOMEM. Since 0.1.
    pub fn sessions_config_new(config: *mut *mut sessions_config) -> sessions_status;
}
extern "C" {
    /// Frees a config; NULL does nothing. Managers made from it have a copy. Since 0.1.
    pub fn sessions_config_free(config: *mut sessions_config);
}
extern "C" {
    /// Adds a signing key. The first key added signs, all of them verify: to change keys, make a config with the new key
    /// first and the old one second, and leave the old one out when its cookies have expired. key, key_len: any bytes, at
    /// least one; fewer than 32 log a warning when a manager is made. For cookies of starlette-sessions this is the UTF-8
    /// text of its secret_key. At most 16 keys. SESSIONS_OK, SESSIONS_E_INVALID (empty key), SESSIONS_E_LIMIT (more than
    /// 16). Since 0.1.
    pub fn sessions_config_add_key(config: *mut sessions_config, key: *const c_void, key_len: usize, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Sets the user and the password with which sessions_backend_open_configured() introduces itself to a Redis server.
    /// Both are bytes; without a user (user_len 0) the server's default user is meant, and without either there are none,
    /// which is the default. They are copied, and wiped when the config is freed or they are replaced; a backend that was
    /// opened with them keeps a copy, for the connections that it will make. SESSIONS_OK, SESSIONS_E_INVALID (NULL with
    /// another length than 0, a user without a password, more than 4,096 bytes). Since 0.1.
    pub fn sessions_config_set_store_credentials(config: *mut sessions_config, user: *const c_char, user_len: usize, password: *const c_char, password_len: usize, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Sets the cookie's name; default `__Host-session`. A token of RFC 9110 (letters, digits and !#$%&'*+-.^_`|~), 1 to 256
    /// bytes. Prefixes that browsers know bind the attributes: `__Host-` needs Secure, Path=/ and no Domain, `__Secure-`
    /// needs Secure, `__Http-` Secure and HttpOnly, `__Host-Http-` all of these. They are recognised in any case, as
    /// browsers do. SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1.
    pub fn sessions_config_set_cookie_name(config: *mut sessions_config, name: *const c_char, name_len: usize, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Sets the Path attribute; default "/". It begins with "/" and holds no control character, no byte above 0x7e and no
    /// ";", at most 1,024 bytes. SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1.
    pub fn sessions_config_set_cookie_path(config: *mut sessions_config, path: *const c_char, path_len: usize, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Sets the Domain attribute, which lets sub-domains have the cookie; default none, which an empty domain restores.
    /// Letters, digits, "-" and "." as in a host name, at most 253 bytes; a leading dot is dropped, as browsers do. Not with
    /// a `__Host-` name. SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1.
    pub fn sessions_config_set_cookie_domain(config: *mut sessions_config, domain: *const c_char, domain_len: usize, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Sets the SameSite attribute to a SESSIONS_SAME_SITE_...; default SESSIONS_SAME_SITE_LAX. NONE needs Secure.
    /// SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1.
    pub fn sessions_config_set_same_site(config: *mut sessions_config, same_site: i32, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Sets whether the cookie is Secure (sent over HTTPS only): 1, the default, or 0. 0 is refused while something set
    /// needs it. SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1.
    pub fn sessions_config_set_secure(config: *mut sessions_config, secure: i32, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Sets whether the cookie is HttpOnly (out of reach of scripts): 1, the default, or 0.
    /// SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1.
    pub fn sessions_config_set_http_only(config: *mut sessions_config, http_only: i32, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Sets whether the cookie is Partitioned (kept apart for each top-level site): 1 or 0, the default. 1 needs Secure.
    /// SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1.
    pub fn sessions_config_set_partitioned(config: *mut sessions_config, partitioned: i32, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Development over plain HTTP in one call: the cookie is named `session` and is not Secure. Refused while SameSite=None
    /// or Partitioned is set. A manager made from such a config logs a warning. SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1.
    pub fn sessions_config_set_plain_http(config: *mut sessions_config, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Sets how many seconds a session lives after its last write or renewal; default 1,209,600 (14 days), 1 to
    /// 3,155,760,000 (a hundred years). Using a session renews it. The library enforces this itself, from its own clock, on
    /// every backend whose format or store carries the time; Max-Age only tells the browser, which is told at most
    /// 34,560,000 (400 days, the limit of RFC 6265bis). When managers of different lifetimes share a backend, the shorter of
    /// the writer's and the reader's counts. SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1.
    pub fn sessions_config_set_lifetime_seconds(config: *mut sessions_config, seconds: i64, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Sets how many seconds must have passed since the last write or renewal before mere use renews a session; 0 renews at
    /// every use. -1, the default, stands for a tenth of the lifetime, or a second if that is more. Backend `cookie:`
    /// carries no time and renews at every use. SESSIONS_OK, SESSIONS_E_INVALID (below -1 or above the greatest lifetime).
    /// Since 0.1.
    pub fn sessions_config_set_renew_after_seconds(config: *mut sessions_config, seconds: i64, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Sets whether the browser keeps the cookie when it is closed: 1, the default, sends Max-Age; 0 makes it a
    /// browser-session cookie. The lifetime is enforced either way. SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1.
    pub fn sessions_config_set_persistent(config: *mut sessions_config, persistent: i32, error: *mut *mut sessions_error) -> sessions_status;
}
/// Commit modes: what a commit does when parallel requests have written since this one loaded. All since 0.1.
pub const SESSIONS_COMMIT_MERGE: i32 = 1;
/// Commit modes: what a commit does when parallel requests have written since this one loaded. All since 0.1.
pub const SESSIONS_COMMIT_STRICT: i32 = 2;
/// Commit modes: what a commit does when parallel requests have written since this one loaded. All since 0.1.
pub const SESSIONS_COMMIT_LAST_WRITE: i32 = 3;
extern "C" {
    /// Sets the commit mode of sessions that a store keeps; default SESSIONS_COMMIT_MERGE.
    ///
    /// merge        changes of different keys are both kept and increments add up. On the same key the last commit wins, but
    ///              a removal beats the edit of a request that had still seen the key. The outcome says when that happened.
    /// strict       every key that was read, found missing or removed must still be as it was, unless this session had set
    ///              it itself, and the session as a whole when it was counted, iterated or read as JSON; otherwise nothing
    ///              is written and the outcome is CONFLICT. An increment reads nothing, whatever sum it gives
    /// last write   the content of this session replaces what is stored
    ///
    /// sessions_session_set_commit_mode() changes it for one session. In cookies the last response always wins.
    /// SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1.
    pub fn sessions_config_set_commit_mode(config: *mut sessions_config, mode: i32, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Sets how many milliseconds any one call may wait for a store; default 2,000, 1 to 3,600,000. What a disk takes for a
    /// write that has begun is not waiting: with a slow one a commit to SQLite can take longer.
    ///
    /// sessions_session_set_timeout_ms() changes it for one session. SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1.
    pub fn sessions_config_set_timeout_ms(config: *mut sessions_config, milliseconds: i64, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Sets how many bytes the keys and values of one session may have together, values counted as JSON text; default
    /// 65,536, 64 to 268,435,456. A session that is larger already, because it was loaded under another limit, may still
    /// shrink. What a cookie can carry is less, see sessions_session_commit(). SESSIONS_OK, SESSIONS_E_INVALID. Since
    /// 0.1.
    pub fn sessions_config_set_max_content_bytes(config: *mut sessions_config, bytes: i64, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Replaces the system's clock: for tests and reproducible runs. A manager made from such a config logs a warning.
    /// clock NULL restores the system's. destroy may be NULL. SESSIONS_OK. Since 0.1.
    pub fn sessions_config_set_clock(config: *mut sessions_config, clock: sessions_clock_fn, user_data: *mut c_void, destroy: sessions_destroy_fn, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Replaces the system's random source, from which session ids are made: for tests and reproducible runs. A manager made
    /// from such a config logs a warning. random NULL restores the system's. destroy may be NULL. SESSIONS_OK. Since 0.1.
    pub fn sessions_config_set_random(config: *mut sessions_config, random: sessions_random_fn, user_data: *mut c_void, destroy: sessions_destroy_fn, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Sets the host's own serializer, see <sessions/codec.h>, which also says what becomes of the statuses that it returns;
    /// codec is copied. codec NULL restores JSON text. destroy may be NULL. SESSIONS_OK, SESSIONS_E_INVALID (codec lacks a
    /// function, or its size is none). Since 0.1.
    pub fn sessions_config_set_codec(config: *mut sessions_config, codec: *const sessions_codec, user_data: *mut c_void, destroy: sessions_destroy_fn, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Sets who receives log messages; nobody does by default. log NULL restores that. destroy may be NULL.
    /// SESSIONS_OK. Since 0.1.
    pub fn sessions_config_set_log(config: *mut sessions_config, log: sessions_log_fn, user_data: *mut c_void, destroy: sessions_destroy_fn, error: *mut *mut sessions_error) -> sessions_status;
}

// ---- <sessions/custom.h> ----

/// How many bytes a key has, always. Since 0.1.
pub const SESSIONS_CUSTOM_KEY_BYTES: usize = 32;
/// it drops expired blobs by itself: without `sweep` there is nothing to do
pub const SESSIONS_CUSTOM_DROPS_EXPIRED: u64 = 1;
/// A callback's call, to be answered once. Since 0.1.
#[repr(C)]
pub struct sessions_custom_call {
    _opaque: Opaque,
}
/// Reads the blob under a key, with its version. One that has expired may be found or missing. Since 0.1.
pub type sessions_custom_get_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, key: *const c_uchar, call: *mut sessions_custom_call)>;
/// Stores a blob under a key with `version` beside it, if the version beside what is there is `expected`, in one step:
/// of two calls that expect the same one succeeds. The library counts: versions are 1 or more and below 2^63.
///
/// expected   0: there must be nothing under the key, not even something expired, as far as the store still has it
/// expires    seconds since 1970: afterwards the store may drop the blob, but not before
/// now        the same, by the library's clock: expires - now is the time to live
/// ended      1: the blob is a tombstone, which remembers for an hour that the session has ended; else 0
///
/// SESSIONS_OK is said only when the blob will not get lost, as far as the store promises that. Since 0.1.
pub type sessions_custom_put_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, key: *const c_uchar, blob: *const c_void, blob_len: usize, expected: u64, version: u64, expires: i64, now: i64, ended: i32, call: *mut sessions_custom_call)>;
/// Removes the blob under a key if its version is `expected`, in one step; conflict says that it is another, or that
/// there is none. Since 0.1.
pub type sessions_custom_remove_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, key: *const c_uchar, expected: u64, call: *mut sessions_custom_call)>;
/// Drops up to `most` blobs whose `expires` is before now, which is in seconds since 1970, and counts them.
/// Since 0.1.
pub type sessions_custom_sweep_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, most: i64, now: i64, call: *mut sessions_custom_call)>;
/// Finds out whether the store works. Since 0.1.
pub type sessions_custom_ping_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, call: *mut sessions_custom_call)>;
/// Counts the blobs that there are, without tombstones, and all bytes, as far as the store knows. Since 0.1.
pub type sessions_custom_statistics_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, call: *mut sessions_custom_call)>;
/// What a change is to store, in a list; see sessions_custom_put_fn. Later versions may add members at the end.
/// Since 0.1.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sessions_custom_write {
    /// NULL: that was the last
    pub next: *const sessions_custom_write,
    /// SESSIONS_CUSTOM_KEY_BYTES
    pub key: *const c_uchar,
    /// what to store
    pub blob: *const c_void,
    /// bytes of it
    pub blob_len: usize,
    /// the version that has to be there; 0: nothing
    pub expected: u64,
    /// to be stored beside the blob
    pub version: u64,
    /// seconds since 1970: afterwards it may be dropped
    pub expires: i64,
    /// likewise, by the library's clock
    pub now: i64,
    /// 1: a tombstone; else 0
    pub ended: i32,
}
/// Changes what is under a key in one step, such as a transaction that holds a lock on the key from the beginning: reads
/// the blob, asks sessions_custom_decide() what is to be stored, stores all of that under the keys that it says, or
/// nothing, and says that it is done, also when there was nothing to store.
///
///   lock the key; read blob and version
///   for (w = sessions_custom_decide(call, blob, blob_len, version); w != NULL; w = w->next)
///     store w->blob under w->key, with w->version, w->expires and w->ended, if what is there has version w->expected
///   unlock; sessions_custom_done(call)
///
/// Nobody else may store anything under the key from when it is read until the step is done; a move, which has two
/// writes, is stored whole or not at all. When the version is another than expected, which for the key that was read can
/// not be, or the database undoes the step because others were in the way, the answer is conflict; or the step is begun
/// anew, sessions_custom_decide() included. Since 0.1.
pub type sessions_custom_change_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, key: *const c_uchar, call: *mut sessions_custom_call)>;
/// The table of callbacks: set it to zero, then size to sizeof(sessions_custom_store), then what the store has. Later
/// versions add members at the end; size tells which version a program was compiled against. Since 0.1.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sessions_custom_store {
    /// See [`sessions_custom_store`].
    pub size: usize,
    /// SESSIONS_CUSTOM_...
    pub capabilities: u64,
    /// See [`sessions_custom_get_fn`].
    pub get: sessions_custom_get_fn,
    /// See [`sessions_custom_put_fn`].
    pub put: sessions_custom_put_fn,
    /// See [`sessions_custom_remove_fn`].
    pub remove: sessions_custom_remove_fn,
    /// may be NULL: SESSIONS_E_UNSUPPORTED unless it drops expired blobs itself; then `put` should drop a few at a time, or the host something else
    pub sweep: sessions_custom_sweep_fn,
    /// may be NULL: always well
    pub ping: sessions_custom_ping_fn,
    /// may be NULL: SESSIONS_E_UNSUPPORTED
    pub statistics: sessions_custom_statistics_fn,
    /// may be NULL: the library reads and puts
    pub change: sessions_custom_change_fn,
}
extern "C" {
    /// Makes a backend from callbacks.
    ///
    /// table       copied
    /// user_data   passed to every callback
    /// destroy     may be NULL; called exactly once with user_data: when this function fails; else when the backend, the
    ///             managers made from it, their sessions and all calls have gone. That can be on a thread that gives an
    ///             answer after the host's call has timed out
    /// backend     receives the handle, which the caller frees; NULL on failure
    /// error       may be NULL; receives what went wrong
    ///
    /// SESSIONS_OK
    /// SESSIONS_E_INVALID       table or backend is NULL; size is none of any version; get, put or remove is NULL
    /// SESSIONS_E_UNSUPPORTED   an unknown capability, or a member that this version does not know
    /// SESSIONS_E_NOMEM
    ///
    /// No callback is called. Any thread. Since 0.1.
    pub fn sessions_backend_new_custom(table: *const sessions_custom_store, user_data: *mut c_void, destroy: sessions_destroy_fn, backend: *mut *mut sessions_backend, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// change: says what is to be stored, given the blob under the key with its version, or NULL, 0 and 0 when there is
    /// none. A damaged one, or one of a newer libsessions, is told to the host as with sessions_custom_found().
    ///
    /// Returns the first of up to two writes, which with all that they point to are good until the call is answered or
    /// decided again. NULL: nothing is to be stored, and so in every callback but `change`, and when call is NULL.
    ///
    /// Takes no lock and calls no callback. The thread that has the call. Since 0.1.
    pub fn sessions_custom_decide(call: *mut sessions_custom_call, blob: *const c_void, blob_len: usize, version: u64) -> *const sessions_custom_write;
}
extern "C" {
    /// get: there is this blob of blob_len bytes, as it was put, and this is its version. One that is damaged fails the
    /// host's call with SESSIONS_E_CORRUPT, one of a newer libsessions with SESSIONS_E_NEWER. Since 0.1.
    pub fn sessions_custom_found(call: *mut sessions_custom_call, blob: *const c_void, blob_len: usize, version: u64);
}
extern "C" {
    /// get: there is nothing under the key. put, remove: likewise, which is a conflict if a version was expected.
    /// Since 0.1.
    pub fn sessions_custom_missing(call: *mut sessions_custom_call);
}
extern "C" {
    /// put, remove, change, ping: it is done. Since 0.1.
    pub fn sessions_custom_done(call: *mut sessions_custom_call);
}
extern "C" {
    /// put, remove: nothing was changed, because the version is not the expected one. change: nothing was changed, because
    /// others were in the way. Since 0.1.
    pub fn sessions_custom_conflict(call: *mut sessions_custom_call);
}
extern "C" {
    /// sweep: so many blobs, of so many bytes, were dropped. statistics: so many are there. Both are 0 or more.
    /// Since 0.1.
    pub fn sessions_custom_counted(call: *mut sessions_custom_call, blobs: i64, bytes: i64);
}
extern "C" {
    /// It failed. The host's call returns the status, with the message.
    ///
    /// status    of the environment (-201 to -299), of stored data (-301 to -399), a callback's (-501 to -599) or
    ///           SESSIONS_E_NOMEM: a SESSIONS_E_... that fits, or a number of the store's own in the category that fits.
    ///           Other numbers become SESSIONS_E_CALLBACK, with a message that names the number. A put, remove or
    ///           change that may have been done nevertheless says SESSIONS_E_UNKNOWN; the library then reads the key to find
    ///           out
    /// message   one line of UTF-8 that says what was wrong and what to do, without keys and content; message_len bytes, of
    ///           which up to 1,000 are used; empty for a general one
    ///
    /// Since 0.1.
    pub fn sessions_custom_failed(call: *mut sessions_custom_call, status: sessions_status, message: *const c_char, message_len: usize);
}
extern "C" {
    /// Returns how many milliseconds the host still waits for this call, 0 when it does not wait any more or call is NULL.
    /// To be used before the answer. Any thread. Since 0.1.
    pub fn sessions_custom_time_left_ms(call: *const sessions_custom_call) -> i64;
}

// ---- <sessions/manager.h> ----

extern "C" {
    /// Makes a manager.
    ///
    /// backend   where content lives; several managers may share one
    /// config    copied; later changes to it do not matter; NULL stands for the defaults
    /// manager   receives the handle, which the caller frees; NULL on failure
    /// error     may be NULL; receives what went wrong
    ///
    /// SESSIONS_OK
    /// SESSIONS_E_INVALID   backend or manager is NULL; the backend signs and the config has no key
    /// SESSIONS_E_NOMEM, SESSIONS_E_INTERNAL
    ///
    /// Logs a warning for what should not stay so in production: short keys, replaced clock or random source, plain HTTP,
    /// unsigned cookies, keys that the backend does not use, a lifetime above 400 days, a Redis server that drops sessions
    /// when its memory is full. Any thread. Since 0.1.
    pub fn sessions_manager_new(backend: *mut sessions_backend, config: *const sessions_config, manager: *mut *mut sessions_manager, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Frees the handle; NULL does nothing. Sessions loaded from the manager go on working. Any thread. Since 0.1.
    pub fn sessions_manager_free(manager: *mut sessions_manager);
}
extern "C" {
    /// Loads the session of one request: sessions_session_new() and sessions_session_load() in one call.
    ///
    /// cookie_header   the value of the request's Cookie header, cookie_header_len bytes; NULL with length 0 when there is
    ///                 none. Repeated headers are joined with "; " by the host
    /// session         receives the handle, which the caller frees; NULL on failure
    /// error           may be NULL; receives what went wrong
    ///
    /// Statuses as for sessions_session_load(). Blocks on backends that do, at most as long as the config's timeout.
    /// Any thread. Since 0.1.
    pub fn sessions_manager_load(manager: *const sessions_manager, cookie_header: *const c_char, cookie_header_len: usize, session: *mut *mut sessions_session, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// The same from the cookie's bare value, for stacks that have parsed the header: NULL with length 0 when the request
    /// has no such cookie. Any thread. Since 0.1.
    pub fn sessions_manager_load_value(manager: *const sessions_manager, cookie_value: *const c_char, cookie_value_len: usize, session: *mut *mut sessions_session, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Asks the store whether it answers, for health checks; on backends that keep sessions in cookies there is nothing to
    /// ask. Blocks at most as long as the config's timeout. SESSIONS_OK, SESSIONS_E_INVALID (manager is NULL), the
    /// environment's statuses of sessions_session_load(). Any thread. Since 0.1.
    pub fn sessions_manager_ping(manager: *const sessions_manager, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Drops sessions that have expired from the store: nobody can load them any more, this frees their room. Stores also do
    /// it a little at a time while sessions are written, so that calling it is not needed.
    ///
    /// most      how many to drop at the most, 1 or more: a call with a few hundred does not hold others up
    /// dropped   may be NULL; receives how many were dropped; fewer than `most` says that no more are due
    ///
    /// SESSIONS_OK, SESSIONS_E_INVALID, SESSIONS_E_UNSUPPORTED (a custom store that cannot), the statuses of
    /// sessions_session_commit(). Any thread. Since 0.1.
    pub fn sessions_manager_sweep(manager: *const sessions_manager, most: i64, dropped: *mut i64, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Counts what the store holds: sessions, including expired ones that were not dropped yet, and the bytes that they take
    /// there, as far as the store knows. Either output may be NULL. SESSIONS_OK, SESSIONS_E_INVALID, SESSIONS_E_UNSUPPORTED
    /// (sessions in cookies; a custom store that cannot), the environment's statuses of sessions_session_load(). Any thread.
    /// Since 0.1.
    pub fn sessions_manager_statistics(manager: *const sessions_manager, sessions: *mut i64, bytes: *mut i64, error: *mut *mut sessions_error) -> sessions_status;
}

// ---- <sessions/queue.h> ----

/// Tells how a call that was under way has ended. Called once for each call that returned SESSIONS_PENDING, from
/// sessions_queue_dispatch(), or from sessions_queue_free() with SESSIONS_E_CANCELED. It may call anything, the freeing
/// of the queue and of the session included.
///
/// user_data   as it was given to the call
/// status      what the blocking call would have returned; SESSIONS_E_CANCELED when the session or the queue was freed
///             first: then a write may have been done or not
/// error       NULL when status is SESSIONS_OK; belongs to the library and is valid during the call
///
/// Since 0.1.
pub type sessions_done_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, status: sessions_status, error: *const sessions_error)>;
extern "C" {
    /// Makes a queue. queue receives the handle, which the caller frees; NULL on failure. SESSIONS_OK, SESSIONS_E_INVALID
    /// (queue is NULL), SESSIONS_E_NOMEM, SESSIONS_E_UNAVAILABLE (no descriptor is left). Any thread. Since 0.1.
    pub fn sessions_queue_new(queue: *mut *mut sessions_queue, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Ends all calls and calls back for each, with its result if that is there, otherwise with SESSIONS_E_CANCELED. Waits
    /// for what a store that blocks is doing just now, at most until that call's deadline. The sessions may be used again;
    /// those whose load was canceled may be loaded again. In the child of a fork it calls nobody. Not to be called by
    /// callbacks of stores. NULL does nothing. Since 0.1.
    pub fn sessions_queue_free(queue: *mut sessions_queue);
}
extern "C" {
    /// Returns a descriptor that is readable while results wait for sessions_queue_dispatch(); -1 when queue is NULL. For
    /// poll(2) and its like: it must not be read from or closed, and is valid until the queue is freed. Since 0.1.
    pub fn sessions_queue_descriptor(queue: *const sessions_queue) -> i32;
}
extern "C" {
    /// Calls back for results that are there, but for at most 16 of each store, so that the loop's timers and other events
    /// have their turn: when there are more, the descriptor is readable again. Never waits. dispatched may be NULL; receives
    /// how many callbacks were called. SESSIONS_OK, SESSIONS_E_INVALID (queue is NULL), SESSIONS_E_MISUSE (called in a child
    /// of the process that made the queue). Since 0.1.
    pub fn sessions_queue_dispatch(queue: *mut sessions_queue, dispatched: *mut usize, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// sessions_session_load(), sessions_session_load_value(), sessions_session_commit(), sessions_session_regenerate() and
    /// sessions_session_destroy() without waiting.
    ///
    /// queue       receives the result if the call cannot be done at once
    /// done        is called then, and only then
    /// user_data   handed to done
    /// error       may be NULL; receives what went wrong at once
    ///
    /// SESSIONS_PENDING     under way: done will be called
    /// SESSIONS_E_INVALID   session, queue or done is NULL
    /// SESSIONS_E_MISUSE    another call of the session is under way; the queue is another process's
    /// Any other status     as for the blocking call, which is done: done is not called
    ///
    /// A session may be freed while its call is under way: its done is then called with SESSIONS_E_CANCELED, and what was
    /// sent to the store may have been done. Since 0.1.
    pub fn sessions_session_load_async(session: *mut sessions_session, cookie_header: *const c_char, cookie_header_len: usize, queue: *mut sessions_queue, done: sessions_done_fn, user_data: *mut c_void, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// See [`sessions_session_load_async`].
    pub fn sessions_session_load_value_async(session: *mut sessions_session, cookie_value: *const c_char, cookie_value_len: usize, queue: *mut sessions_queue, done: sessions_done_fn, user_data: *mut c_void, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// See [`sessions_session_load_async`].
    pub fn sessions_session_commit_async(session: *mut sessions_session, queue: *mut sessions_queue, done: sessions_done_fn, user_data: *mut c_void, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// See [`sessions_session_load_async`].
    pub fn sessions_session_regenerate_async(session: *mut sessions_session, queue: *mut sessions_queue, done: sessions_done_fn, user_data: *mut c_void, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// See [`sessions_session_load_async`].
    pub fn sessions_session_destroy_async(session: *mut sessions_session, queue: *mut sessions_queue, done: sessions_done_fn, user_data: *mut c_void, error: *mut *mut sessions_error) -> sessions_status;
}

// ---- <sessions/session.h> ----

/// the request had no session cookie
pub const SESSIONS_ORIGIN_NEW: i32 = 0;
/// the cookie was good; the content is that of an earlier request
pub const SESSIONS_ORIGIN_RESTORED: i32 = 1;
/// the cookie is not of the backend's format
pub const SESSIONS_ORIGIN_REFUSED_MALFORMED: i32 = 2;
/// no key fits: forged, or signed with a key that is not in use any more
pub const SESSIONS_ORIGIN_REFUSED_SIGNATURE: i32 = 3;
/// the lifetime is over
pub const SESSIONS_ORIGIN_REFUSED_EXPIRED: i32 = 4;
/// written later than now: the clocks of two machines differ
pub const SESSIONS_ORIGIN_REFUSED_FUTURE: i32 = 5;
/// the store has no such session: destroyed, evicted, collected after expiry, or never made
pub const SESSIONS_ORIGIN_REFUSED_UNKNOWN: i32 = 6;
/// authentic, but the content is not a JSON object that this library reads
pub const SESSIONS_ORIGIN_REFUSED_CONTENT: i32 = 7;
/// Types of values. All since 0.1.
pub const SESSIONS_TYPE_NULL: i32 = 1;
/// Types of values. All since 0.1.
pub const SESSIONS_TYPE_BOOL: i32 = 2;
/// an integer from -2^63 to 2^63-1
pub const SESSIONS_TYPE_INT64: i32 = 3;
/// an integer from 2^63 to 2^64-1
pub const SESSIONS_TYPE_UINT64: i32 = 4;
/// a number with a fraction or an exponent, neither too large nor too small for a double
pub const SESSIONS_TYPE_DOUBLE: i32 = 5;
/// any other number, such as 2^64 or 1e999; sessions_session_get_json() gives its digits
pub const SESSIONS_TYPE_NUMBER: i32 = 6;
/// Types of values. All since 0.1.
pub const SESSIONS_TYPE_STRING: i32 = 7;
/// Types of values. All since 0.1.
pub const SESSIONS_TYPE_ARRAY: i32 = 8;
/// Types of values. All since 0.1.
pub const SESSIONS_TYPE_OBJECT: i32 = 9;
/// nothing had to be written
pub const SESSIONS_OUTCOME_UNCHANGED: i32 = 0;
/// a new session was stored or put into a cookie
pub const SESSIONS_OUTCOME_CREATED: i32 = 1;
/// changes were written
pub const SESSIONS_OUTCOME_SAVED: i32 = 2;
/// nothing changed, the lifetime was renewed
pub const SESSIONS_OUTCOME_TOUCHED: i32 = 3;
/// the content, with any changes, moved to a new id; the old one is dead
pub const SESSIONS_OUTCOME_REGENERATED: i32 = 4;
/// the session was ended, the browser is told to delete its cookie
pub const SESSIONS_OUTCOME_DESTROYED: i32 = 5;
/// the store has no such session any more, because it was destroyed or moved to a new id by a parallel request, expired, or was evicted: nothing was written or sent
pub const SESSIONS_OUTCOME_GONE: i32 = 6;
/// changes were written to what parallel requests had written meanwhile: the session now shows both; sessions_session_contested_key() names what both had changed
pub const SESSIONS_OUTCOME_MERGED: i32 = 7;
/// parallel requests changed what this one had read, in the mode strict, or required to be unchanged, so nothing was written; the session now shows what is stored, without the changes: make them again and commit. It may also follow SESSIONS_E_UNKNOWN, see sessions_session_commit()
pub const SESSIONS_OUTCOME_CONFLICT: i32 = 8;
extern "C" {
    /// Makes a fresh session, not loaded from any request, so that settings for one call can be made before it is loaded.
    /// Without loading it is a new session. session receives the handle, which the caller frees; NULL on failure.
    /// SESSIONS_OK, SESSIONS_E_INVALID (manager or session is NULL), SESSIONS_E_NOMEM. Since 0.1.
    pub fn sessions_session_new(manager: *const sessions_manager, session: *mut *mut sessions_session, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Frees a session; NULL does nothing. Changes that were not committed are lost. Since 0.1.
    pub fn sessions_session_free(session: *mut sessions_session);
}
extern "C" {
    /// Sets how many milliseconds each later load, commit, destroy or regenerate of this session may wait for a store: 1 to
    /// 3,600,000, instead of the config's. SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1.
    pub fn sessions_session_set_timeout_ms(session: *mut sessions_session, milliseconds: i64, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Sets the commit mode for this session instead of the config's, a SESSIONS_COMMIT_... of <sessions/config.h>. Strict
    /// goes by what is read from then on: set it before reading. SESSIONS_OK, SESSIONS_E_INVALID. Since 0.1.
    pub fn sessions_session_set_commit_mode(session: *mut sessions_session, mode: i32, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Loads the session that a Cookie header names.
    ///
    /// cookie_header   the value of the header, cookie_header_len bytes; NULL with length 0 when the request has none
    /// error           may be NULL; receives what went wrong
    ///
    /// Of several cookies with the configured name the first 8 are considered, and the first that authenticates wins; that
    /// others were ignored is logged. No cookie, or none that is good, gives an empty session; sessions_session_origin()
    /// says which.
    ///
    /// SESSIONS_OK
    /// SESSIONS_E_INVALID       session is NULL, or cookie_header is NULL with another length than 0
    /// SESSIONS_E_MISUSE        the session was loaded or used before
    /// SESSIONS_E_UNAVAILABLE   the store could not be asked: answer the request with 503, the user is still logged in
    /// SESSIONS_E_TIMEOUT, SESSIONS_E_BUSY     the store did not answer in time: likewise
    /// SESSIONS_E_CORRUPT, SESSIONS_E_NEWER    what is stored cannot be read, nor can it when asked again. The way out is in
    ///                          this handle, so make it with sessions_session_new(): commit it as a new session, or let
    ///                          sessions_session_destroy() delete the cookie
    /// SESSIONS_E_NOMEM, SESSIONS_E_INTERNAL
    ///
    /// Since 0.1.
    pub fn sessions_session_load(session: *mut sessions_session, cookie_header: *const c_char, cookie_header_len: usize, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// The same from the cookie's bare value; NULL with length 0 when the request has no such cookie. Since 0.1.
    pub fn sessions_session_load_value(session: *mut sessions_session, cookie_value: *const c_char, cookie_value_len: usize, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Returns a SESSIONS_ORIGIN_...: what loading found; SESSIONS_ORIGIN_NEW when session is NULL. Does not use the
    /// session. Since 0.1.
    pub fn sessions_session_origin(session: *const sessions_session) -> i32;
}
extern "C" {
    /// Reads a value. On anything but SESSIONS_OK the output keeps its value.
    ///
    /// SESSIONS_OK
    /// SESSIONS_E_NOT_FOUND   there is no such key
    /// SESSIONS_E_TYPE        the value is of another type; nothing is converted in a way that loses something
    /// SESSIONS_E_RANGE       int64, uint64 and double: it is a number, but not one that this type holds exactly
    ///
    /// A uint64 is read from any integer from 0 to 2^64-1, an int64 from any integer from -2^63 to 2^63-1, a double from any
    /// number with a fraction or an exponent that is neither too large nor too small, and from integers from -2^63 to 2^64-1
    /// that a double holds exactly. All since 0.1.
    pub fn sessions_session_get_bool(session: *const sessions_session, key: *const c_char, key_len: usize, value: *mut i32) -> sessions_status;
}
extern "C" {
    /// See [`sessions_session_get_bool`].
    pub fn sessions_session_get_int64(session: *const sessions_session, key: *const c_char, key_len: usize, value: *mut i64) -> sessions_status;
}
extern "C" {
    /// See [`sessions_session_get_bool`].
    pub fn sessions_session_get_uint64(session: *const sessions_session, key: *const c_char, key_len: usize, value: *mut u64) -> sessions_status;
}
extern "C" {
    /// See [`sessions_session_get_bool`].
    pub fn sessions_session_get_double(session: *const sessions_session, key: *const c_char, key_len: usize, value: *mut f64) -> sessions_status;
}
extern "C" {
    /// Reads a string, decoded: UTF-8, *value_len bytes, NUL-terminated. It belongs to the session, see Ownership in
    /// <sessions.h>. SESSIONS_OK, SESSIONS_E_NOT_FOUND, SESSIONS_E_TYPE. Since 0.1.
    pub fn sessions_session_get_string(session: *const sessions_session, key: *const c_char, key_len: usize, value: *mut *const c_char, value_len: *mut usize) -> sessions_status;
}
extern "C" {
    /// Reads a value of any type as JSON text, NUL-terminated. It belongs to the session.
    /// SESSIONS_OK, SESSIONS_E_NOT_FOUND. Since 0.1.
    pub fn sessions_session_get_json(session: *const sessions_session, key: *const c_char, key_len: usize, json: *mut *const c_char, json_len: *mut usize) -> sessions_status;
}
extern "C" {
    /// Tests for null: SESSIONS_OK when the value is null, SESSIONS_E_TYPE when it is something else, SESSIONS_E_NOT_FOUND.
    /// Since 0.1.
    pub fn sessions_session_get_null(session: *const sessions_session, key: *const c_char, key_len: usize) -> sessions_status;
}
extern "C" {
    /// Tells the type of a value: *type receives a SESSIONS_TYPE_.... SESSIONS_OK, SESSIONS_E_NOT_FOUND. Since 0.1.
    pub fn sessions_session_get_type(session: *const sessions_session, key: *const c_char, key_len: usize, r#type: *mut i32) -> sessions_status;
}
extern "C" {
    /// Tells whether there is a value: *contains receives 1 or 0. SESSIONS_OK. Since 0.1.
    pub fn sessions_session_contains(session: *const sessions_session, key: *const c_char, key_len: usize, contains: *mut i32) -> sessions_status;
}
extern "C" {
    /// Returns how many keys there are; 0 when session is NULL. Since 0.1.
    pub fn sessions_session_count(session: *const sessions_session) -> usize;
}
extern "C" {
    /// Reads the key at an index from 0 to count - 1, in the order in which keys were first set. The key belongs to the
    /// session. Removing a key moves the later ones down. SESSIONS_OK, SESSIONS_E_INVALID, SESSIONS_E_NOT_FOUND (index out
    /// of bounds), SESSIONS_E_NOMEM. Since 0.1.
    pub fn sessions_session_key_at(session: *const sessions_session, index: usize, key: *mut *const c_char, key_len: *mut usize) -> sessions_status;
}
extern "C" {
    /// Reads the whole content as one JSON object, NUL-terminated. It belongs to the session. SESSIONS_OK,
    /// SESSIONS_E_INVALID, SESSIONS_E_NOMEM. Since 0.1.
    pub fn sessions_session_to_json(session: *const sessions_session, json: *mut *const c_char, json_len: *mut usize) -> sessions_status;
}
extern "C" {
    /// Sets a value; a new key goes to the end, an old one keeps its place. It is a change to be committed even if the value
    /// was the same before.
    ///
    /// SESSIONS_OK
    /// SESSIONS_E_INVALID   set_string: value is NULL with another length than 0, or not UTF-8; set_double: not finite;
    ///                      set_bool: neither 0 nor 1
    /// SESSIONS_E_LIMIT     the content would have more bytes than sessions_config_set_max_content_bytes() allows, or more
    ///                      than 1,024 keys
    ///
    /// All since 0.1.
    pub fn sessions_session_set_null(session: *mut sessions_session, key: *const c_char, key_len: usize) -> sessions_status;
}
extern "C" {
    /// See [`sessions_session_set_null`].
    pub fn sessions_session_set_bool(session: *mut sessions_session, key: *const c_char, key_len: usize, value: i32) -> sessions_status;
}
extern "C" {
    /// See [`sessions_session_set_null`].
    pub fn sessions_session_set_int64(session: *mut sessions_session, key: *const c_char, key_len: usize, value: i64) -> sessions_status;
}
extern "C" {
    /// See [`sessions_session_set_null`].
    pub fn sessions_session_set_uint64(session: *mut sessions_session, key: *const c_char, key_len: usize, value: u64) -> sessions_status;
}
extern "C" {
    /// See [`sessions_session_set_null`].
    pub fn sessions_session_set_double(session: *mut sessions_session, key: *const c_char, key_len: usize, value: f64) -> sessions_status;
}
extern "C" {
    /// See [`sessions_session_set_null`].
    pub fn sessions_session_set_string(session: *mut sessions_session, key: *const c_char, key_len: usize, value: *const c_char, value_len: usize) -> sessions_status;
}
extern "C" {
    /// Sets a value from JSON text of any type: RFC 8259, UTF-8, no name twice in one object, no lone surrogates, no text
    /// around the value but white space, at most 64 arrays and objects inside each other. error may be NULL; its message
    /// names the place. SESSIONS_OK, SESSIONS_E_INVALID (not such a text), SESSIONS_E_LIMIT (also: nested too deep). Since
    /// 0.1.
    pub fn sessions_session_set_json(session: *mut sessions_session, key: *const c_char, key_len: usize, json: *const c_char, json_len: usize, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Replaces the whole content by that of a JSON object: as sessions_session_clear() and setting every member in its
    /// order. Statuses as for sessions_session_set_json(), which every member's value must satisfy. Since 0.1.
    pub fn sessions_session_from_json(session: *mut sessions_session, json: *const c_char, json_len: usize, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Adds delta to an integer; a missing key counts as 0. Increments of parallel requests add up, on backends that keep
    /// sessions in a store. result may be NULL; it receives the sum as this session sees it. SESSIONS_OK, SESSIONS_E_TYPE
    /// (the value is no number), SESSIONS_E_RANGE (it, the sum, or the sum of all deltas since the last commit is no
    /// int64), SESSIONS_E_LIMIT. Since 0.1.
    pub fn sessions_session_increment(session: *mut sessions_session, key: *const c_char, key_len: usize, delta: i64, result: *mut i64) -> sessions_status;
}
extern "C" {
    /// Removes a key. A stored session without keys is still a session: sessions_session_clear() ends it. SESSIONS_OK,
    /// SESSIONS_E_NOT_FOUND (nothing changed). Since 0.1.
    pub fn sessions_session_remove(session: *mut sessions_session, key: *const c_char, key_len: usize) -> sessions_status;
}
extern "C" {
    /// Reads a string and removes its key, for messages that are shown once. The string belongs to the session as if read by
    /// sessions_session_get_string(). SESSIONS_OK, SESSIONS_E_NOT_FOUND, SESSIONS_E_TYPE (nothing is removed). Since 0.1.
    pub fn sessions_session_pop_string(session: *mut sessions_session, key: *const c_char, key_len: usize, value: *mut *const c_char, value_len: *mut usize) -> sessions_status;
}
extern "C" {
    /// Reads a value of any type as JSON text and removes its key. SESSIONS_OK, SESSIONS_E_NOT_FOUND. Since 0.1.
    pub fn sessions_session_pop_json(session: *mut sessions_session, key: *const c_char, key_len: usize, json: *mut *const c_char, json_len: *mut usize) -> sessions_status;
}
extern "C" {
    /// Removes everything, also what parallel requests have added meanwhile. When nothing is set afterwards, commit ends the
    /// session as sessions_session_destroy() does, unless it is known to be gone already. SESSIONS_OK, SESSIONS_E_INVALID
    /// (session is NULL), SESSIONS_E_NOMEM. Since 0.1.
    pub fn sessions_session_clear(session: *mut sessions_session) -> sessions_status;
}
extern "C" {
    /// Makes the next commit or regenerate depend on a key: it is done only if the key still holds what it did when this
    /// session was loaded, or is still missing; that it was changed and changed back meanwhile is not seen. Otherwise
    /// nothing is written, the outcome is SESSIONS_OUTCOME_CONFLICT, sessions_session_contested_key() names the key, and the
    /// session shows what is stored, without the changes: make them again and commit. With that, "set if unchanged" is this
    /// call and a set of the same key. It works in every commit mode, whether the key is there or not and whether this
    /// session has changed it already; it lasts until a commit has written, be it only a renewal, or ended in a conflict.
    /// Ending a session depends on nothing, nor does a commit without changes. On backends that keep sessions in cookies,
    /// and for a session that is not stored yet, there is nobody else: it does nothing.
    ///
    /// SESSIONS_OK
    /// SESSIONS_E_MISUSE   after sessions_session_clear() or sessions_session_from_json(), until they are committed: what
    ///                     was loaded is not known any more, so call it before them
    ///
    /// Uses the session. Since 0.1.
    pub fn sessions_session_require_unchanged(session: *mut sessions_session, key: *const c_char, key_len: usize) -> sessions_status;
}
extern "C" {
    /// Writes what this request did, and works out the Set-Cookie lines and the outcome.
    ///
    /// A new session with no content is neither stored nor sent. Changes are written key by key: parallel requests that
    /// change different keys of a stored session all keep their changes, increments add up; for what else may meet, see
    /// sessions_config_set_commit_mode(). A session that was used but not changed is renewed, see
    /// sessions_config_set_renew_after_seconds(). Afterwards the session may be used and committed again; a commit with
    /// nothing to do is SESSIONS_OUTCOME_UNCHANGED and gives the same lines.
    ///
    /// error may be NULL; receives what went wrong. On every failure the session stays as it was, with its changes, and
    /// there are the lines of the last call that succeeded.
    ///
    /// SESSIONS_OK              sessions_session_outcome() says what happened
    /// SESSIONS_E_INVALID       session is NULL
    /// SESSIONS_E_LIMIT         the Set-Cookie line would have more than 4,096 bytes, and browsers would drop it: put less
    ///                          into the session, or use a backend that keeps it in a store. In a store: with what parallel
    ///                          requests have added, the session would exceed its limits; memory: also when it alone is
    ///                          larger than max_bytes
    /// SESSIONS_E_TYPE, SESSIONS_E_RANGE         an increment met what a parallel request has stored there
    /// SESSIONS_E_UNAVAILABLE   the store could not be asked; nothing was written
    /// SESSIONS_E_BUSY, SESSIONS_E_FULL, SESSIONS_E_READ_ONLY, SESSIONS_E_CORRUPT, SESSIONS_E_NEWER
    ///                          the store can be asked but not written; nothing was written
    /// SESSIONS_E_UNKNOWN       the store did not answer in time; whether it wrote is not known. Committing again does
    ///                          not repeat what was written: unless the mode is last write, it writes only if the session
    ///                          is stored as it was loaded, and otherwise, as when the first one was written after all, the
    ///                          outcome is CONFLICT and the session shows what is stored. redis: what the network delivers
    ///                          only after that has no effect, within a minute and unless a codec is set
    /// SESSIONS_E_RANDOM, SESSIONS_E_CALLBACK    a random number that was needed could not be had; nothing was written
    /// SESSIONS_E_NOMEM, SESSIONS_E_INTERNAL
    ///
    /// Since 0.1.
    pub fn sessions_session_commit(session: *mut sessions_session, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Moves the session to a new id, with the changes that were made so far, and ends the old id at once: call it when a
    /// user logs in or gains rights, against session fixation. A session that has no id yet is committed. On backends that
    /// keep sessions in cookies this writes a fresh cookie; the old one remains valid until it expires. Outcomes:
    /// REGENERATED, CREATED, UNCHANGED (a new session without content), DESTROYED (cleared and nothing set since), GONE,
    /// CONFLICT. Statuses as for sessions_session_commit(). Since 0.1.
    pub fn sessions_session_regenerate(session: *mut sessions_session, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Ends the session at once: the store forgets it, and the lines delete the browser's cookie. The handle is then an
    /// empty new session; what is set afterwards belongs to a session with a new id. Outcomes: DESTROYED, UNCHANGED (the
    /// request had no session cookie). When loading has failed with SESSIONS_E_CORRUPT or SESSIONS_E_NEWER, the cookie is
    /// deleted, DESTROYED, while what is stored stays until it expires; after an outage nothing is done, UNCHANGED: the user
    /// is still logged in. Statuses as for sessions_session_commit(); when SESSIONS_E_CORRUPT or SESSIONS_E_NEWER comes only
    /// now, the next call deletes the cookie likewise. Since 0.1.
    pub fn sessions_session_destroy(session: *mut sessions_session, error: *mut *mut sessions_error) -> sessions_status;
}
extern "C" {
    /// Returns a SESSIONS_OUTCOME_...: what the last commit, regenerate or destroy that succeeded did;
    /// SESSIONS_OUTCOME_UNCHANGED before the first and when session is NULL. Since 0.1.
    pub fn sessions_session_outcome(session: *const sessions_session) -> i32;
}
extern "C" {
    /// Returns 1 when the last destroy or regenerate that succeeded was done by a Redis server, but no replica of it
    /// confirmed in the time allowed that it has it too: should that server fail at once, the old session may be alive
    /// again. 0 in all other cases: also when the backend was not told to wait for a replica, and when session is NULL.
    /// Since 0.1.
    pub fn sessions_session_degraded(session: *const sessions_session) -> i32;
}
extern "C" {
    /// Returns how many keys parallel requests had changed too, as far as the last commit or regenerate met them: with
    /// outcome MERGED or REGENERATED keys that this session set and that now hold its value, or that it edited and that
    /// stay removed; with outcome CONFLICT keys that it had read or required to be unchanged, or when it had counted,
    /// iterated or read all of them, those that were changed, added or removed. A commit that replaces everything, in the
    /// mode last write or after sessions_session_clear() or sessions_session_from_json(), names none, unless it was in doubt
    /// after SESSIONS_E_UNKNOWN. 0 when session is NULL. Since 0.1.
    pub fn sessions_session_contested_count(session: *const sessions_session) -> usize;
}
extern "C" {
    /// Reads one of those keys, index 0 to count - 1. It belongs to the session. SESSIONS_OK, SESSIONS_E_INVALID,
    /// SESSIONS_E_NOT_FOUND (index out of bounds). Since 0.1.
    pub fn sessions_session_contested_key(session: *const sessions_session, index: usize, key: *mut *const c_char, key_len: *mut usize) -> sessions_status;
}
extern "C" {
    /// Returns how many Set-Cookie lines the response must carry: 0 or more; 0 when session is NULL. Since 0.1.
    pub fn sessions_session_cookie_count(session: *const sessions_session) -> usize;
}
extern "C" {
    /// Reads one line, index 0 to count - 1: the complete value of a Set-Cookie header, without the header's name. It
    /// belongs to the session. SESSIONS_OK, SESSIONS_E_INVALID, SESSIONS_E_NOT_FOUND (index out of bounds). Since 0.1.
    pub fn sessions_session_cookie_line(session: *const sessions_session, index: usize, line: *mut *const c_char, line_len: *mut usize) -> sessions_status;
}
extern "C" {
    /// Returns 1 when the response depends on the session cookie, so that caches may only give it to those who send the
    /// same, and it must carry `Vary: Cookie`: the session was used, if only by asking whether a key exists, regenerated or
    /// destroyed, even if that found nothing to do. Otherwise 0, also when it must not be cached at all, or session is NULL.
    /// Since 0.1.
    pub fn sessions_session_varies_by_cookie(session: *const sessions_session) -> i32;
}
extern "C" {
    /// Returns 1 when the response must not be stored by caches, so that it must carry `Cache-Control: private, no-store`
    /// (RFC 9111; some caches heed only one of the two): it has a line, or may show content of a session. Otherwise 0, also
    /// when session is NULL. Since 0.1.
    pub fn sessions_session_must_not_be_cached(session: *const sessions_session) -> i32;
}

// ---- <sessions/status.h> ----

/// Statuses. A code never changes its meaning and is never reused; new ones are added. Callers that do not know a code
/// go by its category. All since 0.1.
pub const SESSIONS_OK: i32 = 0;
/// of <sessions/queue.h>: the call is under way, and will call back
pub const SESSIONS_PENDING: i32 = 1;
/// an argument is not acceptable: NULL, not UTF-8, not JSON, out of bounds, contradictory
pub const SESSIONS_E_INVALID: i32 = -101;
/// the call came at the wrong time, such as loading a session twice
pub const SESSIONS_E_MISUSE: i32 = -102;
/// the value has another type than the one asked for
pub const SESSIONS_E_TYPE: i32 = -103;
/// the number cannot be represented in the type asked for without losing something
pub const SESSIONS_E_RANGE: i32 = -104;
/// there is no such key, or no such index
pub const SESSIONS_E_NOT_FOUND: i32 = -105;
/// a limit would be exceeded: content bytes, keys, depth, bytes of a Set-Cookie line
pub const SESSIONS_E_LIMIT: i32 = -106;
/// this build, backend or format cannot do it
pub const SESSIONS_E_UNSUPPORTED: i32 = -107;
/// the session or the queue was freed while the call was under way: a write may be applied or not
pub const SESSIONS_E_CANCELED: i32 = -108;
/// the store could not be asked; nothing was changed
pub const SESSIONS_E_UNAVAILABLE: i32 = -201;
/// the time allowed ran out before the store answered; nothing was changed
pub const SESSIONS_E_TIMEOUT: i32 = -202;
/// the time allowed ran out before it was known whether anything was changed: it may be applied or not, or not even have been handed over
pub const SESSIONS_E_UNKNOWN: i32 = -203;
/// the system's random source failed, so nothing was written
pub const SESSIONS_E_RANDOM: i32 = -204;
/// others kept the store, or this session, busy for the time allowed; nothing was changed
pub const SESSIONS_E_BUSY: i32 = -205;
/// the store has no room left; nothing was changed
pub const SESSIONS_E_FULL: i32 = -206;
/// the store may not be written to; nothing was changed
pub const SESSIONS_E_READ_ONLY: i32 = -207;
/// what is stored is damaged, or was not written by libsessions; nothing was changed
pub const SESSIONS_E_CORRUPT: i32 = -301;
/// a newer libsessions has written it: update this one; nothing was changed
pub const SESSIONS_E_NEWER: i32 = -302;
/// out of memory
pub const SESSIONS_E_NOMEM: i32 = -401;
/// a defect of libsessions or of a library under it; please report it
pub const SESSIONS_E_INTERNAL: i32 = -402;
/// it reported a failure
pub const SESSIONS_E_CALLBACK: i32 = -501;
/// SESSIONS_OK, SESSIONS_PENDING
pub const SESSIONS_CATEGORY_OK: i32 = 0;
/// -101 to -199
pub const SESSIONS_CATEGORY_CALLER: i32 = 1;
/// -201 to -299
pub const SESSIONS_CATEGORY_ENVIRONMENT: i32 = 2;
/// -301 to -399
pub const SESSIONS_CATEGORY_STORED_DATA: i32 = 3;
/// -401 to -499
pub const SESSIONS_CATEGORY_INTERNAL: i32 = 4;
/// -501 to -599
pub const SESSIONS_CATEGORY_CALLBACK: i32 = 5;
extern "C" {
    /// Returns the name of a status as it stands in this header, such as "SESSIONS_E_LIMIT", or "SESSIONS_E_?" for a number
    /// that is no status of this version. The string is constant. Any thread. Since 0.1.
    pub fn sessions_status_name(status: sessions_status) -> *const c_char;
}
extern "C" {
    /// Returns one sentence that says what a status means and what to do: for functions that give no error object, and for
    /// numbers that are no status of this version. The string is constant. Any thread. Since 0.1.
    pub fn sessions_status_message(status: sessions_status) -> *const c_char;
}
extern "C" {
    /// Returns the SESSIONS_CATEGORY_... of a status, also of one that this version does not know, or -1 for a number
    /// outside all categories. Any thread. Since 0.1.
    pub fn sessions_status_category(status: sessions_status) -> i32;
}
extern "C" {
    /// Returns the status that the failed call returned; SESSIONS_OK when error is NULL. Any thread. Since 0.1.
    pub fn sessions_error_status(error: *const sessions_error) -> sessions_status;
}
extern "C" {
    /// Returns one line of text, UTF-8 without control characters, that says what was wrong and what to do about it; "" when
    /// error is NULL. It belongs to the error. It never holds a key, an id, a cookie's value or session content. Any thread.
    /// Since 0.1.
    pub fn sessions_error_message(error: *const sessions_error) -> *const c_char;
}
extern "C" {
    /// Frees an error; NULL does nothing. Any thread. Since 0.1.
    pub fn sessions_error_free(error: *mut sessions_error);
}

// ---- <sessions/types.h> ----

/// SESSIONS_OK, SESSIONS_PENDING or a negative code of <sessions/status.h>. Since 0.1.
pub type sessions_status = i32;
/// Where session content lives. Share freely between threads. Since 0.1.
#[repr(C)]
pub struct sessions_backend {
    _opaque: Opaque,
}
/// Cookie attributes, lifetimes, keys, limits and hooks. One thread at a time. Since 0.1.
#[repr(C)]
pub struct sessions_config {
    _opaque: Opaque,
}
/// A backend with a copy of a config; immutable. Share freely between threads. Since 0.1.
#[repr(C)]
pub struct sessions_manager {
    _opaque: Opaque,
}
/// One request's session. One thread at a time; may move between threads. Since 0.1.
#[repr(C)]
pub struct sessions_session {
    _opaque: Opaque,
}
/// Results of calls that nobody waits for. One thread at a time. Since 0.1.
#[repr(C)]
pub struct sessions_queue {
    _opaque: Opaque,
}
/// What went wrong in one call; immutable. Since 0.1.
#[repr(C)]
pub struct sessions_error {
    _opaque: Opaque,
}
/// Called exactly once with the user data that was given with a callback, when the library will never use it again: also
/// when the function that took the callback failed. It may run on any thread that frees a handle. Since 0.1.
pub type sessions_destroy_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void)>;

// ---- <sessions/version.h> ----

/// Of the headers that this was written from.
pub const SESSIONS_VERSION_MAJOR: i32 = 0;
/// Of the headers that this was written from.
pub const SESSIONS_VERSION_MINOR: i32 = 1;
/// Of the headers that this was written from.
pub const SESSIONS_VERSION_PATCH: i32 = 0;
extern "C" {
    /// Returns the version of the library that is running, such as "0.1.0". It may be newer than the headers the caller was
    /// compiled with. The string is constant and lives as long as the library is loaded. Any thread. Since 0.1.
    pub fn sessions_version() -> *const c_char;
}

/// Accepted as the length of any input string: the string ends at its first NUL byte.
pub const SESSIONS_NUL_TERMINATED: usize = usize::MAX;
