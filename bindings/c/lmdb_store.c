/* The database has, under each key, a head and behind it the blob. Keys are digests, so that their order is by chance:
 * a put that looks at its neighbours finds what has expired anywhere, sooner or later. */
#include "lmdb_store.h"

#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY = SESSIONS_CUSTOM_KEY_BYTES, NEIGHBOURS = 4 };

struct store {
  MDB_env *env;
  MDB_dbi dbi;
};

struct head {
  uint64_t version;
  int64_t expires, ended;
};

static sessions_status status_of(int code) {
  return code == MDB_MAP_FULL || code == ENOSPC         ? SESSIONS_E_FULL
         : code == EACCES || code == EROFS              ? SESSIONS_E_READ_ONLY
         : code == MDB_READERS_FULL                     ? SESSIONS_E_BUSY
         : code == MDB_CORRUPTED || code == MDB_INVALID ? SESSIONS_E_CORRUPT
                                                        : SESSIONS_E_UNAVAILABLE;
}

static void fail(sessions_custom_call *call, int code) {
  sessions_custom_failed(call, status_of(code), mdb_strerror(code), SESSIONS_NUL_TERMINATED);
}

/* NULL when it has failed and said so. */
static MDB_txn *begin(const struct store *store, unsigned flags, sessions_custom_call *call) {
  MDB_txn *txn = NULL;
  int code = mdb_txn_begin(store->env, NULL, flags, &txn);
  if (code != 0) {
    fail(call, code);
  }
  return txn;
}

/* Commits unless something has failed. */
static int end(MDB_txn *txn, int code) { return code == 0 ? mdb_txn_commit(txn) : (mdb_txn_abort(txn), code); }

static void finish(sessions_custom_call *call, MDB_txn *txn, int code) {
  code = end(txn, code);
  if (code == 0) {
    sessions_custom_done(call);
  } else if (code == MDB_KEYEXIST) {
    sessions_custom_conflict(call);
  } else {
    fail(call, code);
  }
}

static int read_head(const MDB_val *value, struct head *head) {
  memcpy(head, value->mv_data, value->mv_size < sizeof *head ? 0 : sizeof *head);
  return value->mv_size < sizeof *head ? MDB_CORRUPTED : 0;
}

static void on_get(void *user_data, const unsigned char *key, sessions_custom_call *call) {
  const struct store *store = user_data;
  MDB_val name = {KEY, (void *)(uintptr_t)key}, value;
  struct head head;
  MDB_txn *txn = begin(store, MDB_RDONLY, call);
  if (txn != NULL) {
    int code = mdb_get(txn, store->dbi, &name, &value);
    if (code == 0 && (code = read_head(&value, &head)) == 0) {
      sessions_custom_found(call, (const char *)value.mv_data + sizeof head, value.mv_size - sizeof head, head.version);
    } else if (code == MDB_NOTFOUND) {
      sessions_custom_missing(call);
    } else {
      fail(call, code);
    }
    mdb_txn_abort(txn);
  }
}

/* MDB_KEYEXIST when the version is another; that of what is not there is 0. */
static int compare(MDB_txn *txn, MDB_dbi dbi, MDB_val *name, uint64_t expected) {
  struct head head = {0, 0, 0};
  MDB_val value;
  int code = mdb_get(txn, dbi, name, &value);
  code = code == MDB_NOTFOUND ? 0 : code == 0 ? read_head(&value, &head) : code;
  return code == 0 && head.version != expected ? MDB_KEYEXIST : code;
}

struct count {
  int64_t blobs, bytes;
};

/* Looks at so many records from a key on, drops and counts those that have expired, up to `most`; or with most 0,
 * drops none and counts sessions. */
static int look(MDB_txn *txn, MDB_dbi dbi, const MDB_val *from, size_t looks, int64_t most, int64_t now,
                struct count *count) {
  MDB_val name = *from, value;
  struct head head;
  MDB_cursor *cursor;
  int code = mdb_cursor_open(txn, dbi, &cursor);
  if (code != 0) {
    return code;
  }
  code = mdb_cursor_get(cursor, &name, &value, MDB_SET_RANGE);
  while (code == 0 && looks-- > 0 && (most == 0 || count->blobs < most)) {
    code = read_head(&value, &head);
    if (code == 0 && (most == 0 || head.expires < now)) {
      count->blobs += most != 0 || !head.ended;
      count->bytes += (int64_t)value.mv_size;
      code = most == 0 ? 0 : mdb_cursor_del(cursor, 0);
    }
    code = code != 0 ? code : mdb_cursor_get(cursor, &name, &value, MDB_NEXT);
  }
  mdb_cursor_close(cursor);
  return code == MDB_NOTFOUND ? 0 : code;
}

static void on_put(void *user_data, const unsigned char *key, const void *blob, size_t blob_len, uint64_t expected,
                   uint64_t version, int64_t expires, int64_t now, int32_t ended, sessions_custom_call *call) {
  const struct store *store = user_data;
  const struct head head = {version, expires, ended};
  MDB_val name = {KEY, (void *)(uintptr_t)key}, value = {sizeof head + blob_len, NULL};
  struct count count = {0, 0};
  MDB_txn *txn = begin(store, 0, call);
  if (txn != NULL) {
    int code = compare(txn, store->dbi, &name, expected);
    if (code == 0 && (code = mdb_put(txn, store->dbi, &name, &value, MDB_RESERVE)) == 0) {
      memcpy(value.mv_data, &head, sizeof head);
      memcpy((char *)value.mv_data + sizeof head, blob, blob_len);
      code = look(txn, store->dbi, &name, 1 + NEIGHBOURS, NEIGHBOURS, now, &count);
    }
    finish(call, txn, code);
  }
}

static void on_remove(void *user_data, const unsigned char *key, uint64_t expected, sessions_custom_call *call) {
  const struct store *store = user_data;
  MDB_val name = {KEY, (void *)(uintptr_t)key};
  MDB_txn *txn = begin(store, 0, call);
  if (txn != NULL) {
    int code = compare(txn, store->dbi, &name, expected);
    finish(call, txn, code != 0 ? code : mdb_del(txn, store->dbi, &name, NULL));
  }
}

static void count_all(const struct store *store, unsigned flags, int64_t most, int64_t now,
                      sessions_custom_call *call) {
  const MDB_val first = {1, ""};
  struct count count = {0, 0};
  MDB_txn *txn = begin(store, flags, call);
  int code = txn == NULL ? 0 : end(txn, look(txn, store->dbi, &first, SIZE_MAX, most, now, &count));
  if (code != 0) {
    fail(call, code);
  } else if (txn != NULL) {
    sessions_custom_counted(call, count.blobs, count.bytes);
  }
}

static void on_sweep(void *user_data, int64_t most, int64_t now, sessions_custom_call *call) {
  count_all(user_data, 0, most, now, call);
}

static void on_statistics(void *user_data, sessions_custom_call *call) { count_all(user_data, MDB_RDONLY, 0, 0, call); }

static void on_destroy(void *user_data) {
  struct store *store = user_data;
  mdb_env_close(store == NULL ? NULL : store->env);
  free(store);
}

static int open_database(struct store *store, const char *directory) {
  MDB_txn *txn;
  int code = mdb_env_create(&store->env);
  if (code == 0 && (code = mdb_env_set_mapsize(store->env, (size_t)1 << 30)) == 0 &&
      (code = mdb_env_open(store->env, directory, MDB_NOTLS, 0600)) == 0 &&
      (code = mdb_txn_begin(store->env, NULL, 0, &txn)) == 0) {
    code = end(txn, mdb_dbi_open(txn, NULL, 0, &store->dbi));
  }
  return code;
}

sessions_status sessions_conformance_backend(const char *argument, sessions_backend **backend, sessions_error **error) {
  const sessions_custom_store table = {sizeof table, 0, on_get, on_put, on_remove, on_sweep, NULL, on_statistics, NULL};
  struct store *store = calloc(1, sizeof *store);
  int code = store == NULL ? ENOMEM : argument == NULL ? EINVAL : open_database(store, argument);
  if (code == 0) {
    return sessions_backend_new_custom(&table, store, on_destroy, backend, error);
  }
  on_destroy(store);
  fprintf(stderr, "lmdb_store: %s: %s\n", argument == NULL ? "a directory is needed" : argument, mdb_strerror(code));
  *backend = NULL;
  if (error != NULL) {
    *error = NULL;
  }
  return argument == NULL ? SESSIONS_E_INVALID : status_of(code);
}
