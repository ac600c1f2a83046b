/* A custom store in memory, in C and C++: all that <sessions/custom.h> asks for, which answers at once or, as one over
 * a network would, from a thread of its own. */
#ifndef BLOB_STORE_H
#define BLOB_STORE_H

#include <pthread.h>
#include <sched.h>
#include <sessions.h>
#include <stdlib.h>
#include <string.h>

enum { BLOB_BUCKETS = 4096 };

/* How a store works, to be combined with "|". */
enum {
  BLOB_LATER = 1,  /* it answers from a thread of its own */
  BLOB_CHANGES = 2 /* it makes each change in one step */
};

struct blob {
  struct blob *next;
  unsigned char key[SESSIONS_CUSTOM_KEY_BYTES];
  uint64_t version;
  int64_t expires;
  size_t size;
  unsigned char *bytes;
  int32_t ended;
  struct blob *former; /* what a tombstone has replaced, in a store that resurrects it */
};

/* Arguments of a callback, which are valid until it has answered. */
struct blob_job {
  struct blob_job *next;
  void (*run)(struct blob_job *job);
  struct blob_store *store;
  const unsigned char *key;
  const void *bytes;
  size_t size;
  uint64_t expected;
  uint64_t version;
  int64_t expires;
  int64_t most;
  int32_t ended;
  sessions_custom_call *call;
};

struct blob_store {
  pthread_mutex_t mutex;
  struct blob *buckets[BLOB_BUCKETS];
  int64_t count;
  int64_t bytes;

  /* For stores with a defect: whether a put that expects another version goes through nevertheless; may be NULL. */
  int (*overlooks)(struct blob_store *store, const struct blob *there, uint64_t expected);
  int64_t puts;
  int64_t overlooked;
  int stops_halfway; /* of a change only the first write is stored */
  int lets_go;       /* a change holds no lock while it is decided */
  int keeps;         /* remove says that it has removed, and has not */
  int forgets;       /* a sweep drops tombstones before their time */
  int upserts;       /* a put that expects a version creates when there is nothing */
  int resurrects;    /* at which read of a tombstone it finds what was there before; 0: never */

  int has_thread;
  int is_closing;
  pthread_t thread;
  pthread_cond_t changed;
  struct blob_job *first;
  struct blob_job *last;
};

/* ---- what is asked ---- */

static inline struct blob **blob_place(struct blob_store *store, const unsigned char *key) {
  struct blob **place = &store->buckets[((size_t)key[0] << 8 | key[1]) % BLOB_BUCKETS];
  while (*place != NULL && memcmp((*place)->key, key, SESSIONS_CUSTOM_KEY_BYTES) != 0) {
    place = &(*place)->next;
  }
  return place;
}

static inline void blob_count(struct blob_store *store, const struct blob *blob, int times) {
  store->count += blob->ended ? 0 : times;
  store->bytes += times * (int64_t)blob->size;
}

static inline void blob_free(struct blob *blob) {
  if (blob != NULL) {
    blob_free(blob->former);
    free(blob->bytes);
    free(blob);
  }
}

/* Takes it out of the table. */
static inline struct blob *blob_take(struct blob_store *store, struct blob **place) {
  struct blob *taken = *place;
  *place = taken->next;
  blob_count(store, taken, -1);
  return taken;
}

static inline void blob_insert(struct blob_store *store, struct blob **place, struct blob *blob) {
  blob->next = *place;
  *place = blob;
  blob_count(store, blob, 1);
}

static inline void blob_resurrect(struct blob_store *store, struct blob **place) {
  struct blob *tombstone = blob_take(store, place);
  blob_insert(store, place, tombstone->former);
  tombstone->former = NULL;
  blob_free(tombstone);
}

static inline void blob_no_memory(sessions_custom_call *call) {
  sessions_custom_failed(call, SESSIONS_E_FULL, NULL, 0);
}

static inline void blob_get(struct blob_job *job) {
  struct blob **place;
  const struct blob *found;
  unsigned char *copy = NULL;
  size_t size = 0;
  uint64_t version = 0;
  pthread_mutex_lock(&job->store->mutex);
  place = blob_place(job->store, job->key);
  if (*place != NULL && (*place)->former != NULL && --job->store->resurrects == 0) {
    blob_resurrect(job->store, place);
  }
  found = *place;
  if (found != NULL) {
    size = found->size;
    version = found->version;
    copy = (unsigned char *)malloc(size + 1);
    if (copy != NULL) {
      memcpy(copy, found->bytes, size);
    }
  }
  pthread_mutex_unlock(&job->store->mutex);
  if (job->store->keeps) {
    sched_yield(); /* so that others read too before this one writes: only then is anything removed */
  }
  if (version == 0) {
    sessions_custom_missing(job->call);
  } else if (copy == NULL) {
    blob_no_memory(job->call);
  } else {
    sessions_custom_found(job->call, copy, size, version);
  }
  free(copy);
}

static inline int blob_may_write(struct blob_store *store, const struct blob *there, uint64_t expected) {
  return (there == NULL ? 0 : there->version) == expected || (there == NULL && store->upserts) ||
         (there != NULL && expected != 0 && store->overlooks != NULL && store->overlooks(store, there, expected));
}

/* NULL when there is no memory. */
static inline struct blob *blob_new(const unsigned char *key, const void *bytes, size_t size, uint64_t version,
                                    int64_t expires, int32_t ended) {
  struct blob *made = (struct blob *)calloc(1, sizeof *made);
  if (made == NULL || (made->bytes = (unsigned char *)malloc(size + 1)) == NULL) {
    free(made);
    return NULL;
  }
  memcpy(made->key, key, sizeof made->key);
  memcpy(made->bytes, bytes, size);
  made->version = version;
  made->expires = expires;
  made->size = size;
  made->ended = ended;
  return made;
}

static inline void blob_replace(struct blob_store *store, struct blob *made) {
  struct blob **place = blob_place(store, made->key);
  struct blob *former = *place == NULL ? NULL : blob_take(store, place);
  if (store->resurrects > 0 && made->ended) {
    made->former = former;
  } else {
    blob_free(former);
  }
  blob_insert(store, place, made);
}

static inline void blob_put(struct blob_job *job) {
  struct blob_store *store = job->store;
  struct blob *made = blob_new(job->key, job->bytes, job->size, job->version, job->expires, job->ended);
  int is_written;
  if (made == NULL) {
    blob_no_memory(job->call);
    return;
  }
  pthread_mutex_lock(&store->mutex);
  store->puts++;
  is_written = blob_may_write(store, *blob_place(store, job->key), job->expected);
  if (is_written) {
    blob_replace(store, made);
  }
  pthread_mutex_unlock(&store->mutex);
  if (is_written) {
    sessions_custom_done(job->call);
  } else {
    blob_free(made);
    sessions_custom_conflict(job->call);
  }
}

static inline const sessions_custom_write *blob_decide(struct blob_store *store, const struct blob *there,
                                                       sessions_custom_call *call) {
  const sessions_custom_write *writes;
  unsigned char *copy;
  size_t size;
  uint64_t version;
  if (there == NULL) {
    return sessions_custom_decide(call, NULL, 0, 0);
  }
  if (!store->lets_go) {
    return sessions_custom_decide(call, there->bytes, there->size, there->version);
  }
  size = there->size;
  version = there->version;
  copy = (unsigned char *)malloc(size + 1);
  if (copy == NULL) {
    return NULL;
  }
  memcpy(copy, there->bytes, size);
  pthread_mutex_unlock(&store->mutex);
  writes = sessions_custom_decide(call, copy, size, version);
  free(copy);
  pthread_mutex_lock(&store->mutex);
  return writes;
}

static inline void blob_change(struct blob_job *job) {
  struct blob_store *store = job->store;
  struct blob *made[2] = {NULL, NULL};
  const sessions_custom_write *write;
  size_t count = 0;
  size_t i;
  int has_memory = 1;
  int is_new = 1;
  pthread_mutex_lock(&store->mutex);
  write = blob_decide(store, *blob_place(store, job->key), job->call);
  for (; write != NULL && has_memory; write = store->stops_halfway ? NULL : write->next) {
    made[count] = blob_new(write->key, write->blob, write->blob_len, write->version, write->expires, write->ended);
    has_memory = made[count++] != NULL;
    is_new = is_new && (write->expected != 0 || *blob_place(store, write->key) == NULL);
  }
  for (i = 0; i < count; i++) {
    if (has_memory && is_new) {
      blob_replace(store, made[i]);
    } else {
      blob_free(made[i]);
    }
  }
  pthread_mutex_unlock(&store->mutex);
  if (!has_memory) {
    blob_no_memory(job->call);
  } else if (!is_new) {
    sessions_custom_conflict(job->call);
  } else {
    sessions_custom_done(job->call);
  }
}

static inline void blob_remove(struct blob_job *job) {
  struct blob **place;
  int is_there;
  pthread_mutex_lock(&job->store->mutex);
  place = blob_place(job->store, job->key);
  is_there = *place != NULL && (*place)->version == job->expected;
  if (is_there && !job->store->keeps) {
    blob_free(blob_take(job->store, place));
  }
  pthread_mutex_unlock(&job->store->mutex);
  if (is_there) {
    sessions_custom_done(job->call);
  } else {
    sessions_custom_conflict(job->call);
  }
}

static inline void blob_sweep(struct blob_job *job) {
  int64_t blobs = 0;
  int64_t bytes;
  size_t i;
  pthread_mutex_lock(&job->store->mutex);
  bytes = job->store->bytes;
  for (i = 0; i < BLOB_BUCKETS; i++) {
    struct blob **place = &job->store->buckets[i];
    while (*place != NULL && blobs < job->most) {
      if ((*place)->expires < job->expires || (job->store->forgets && (*place)->ended)) {
        blob_free(blob_take(job->store, place));
        blobs++;
      } else {
        place = &(*place)->next;
      }
    }
  }
  bytes -= job->store->bytes;
  pthread_mutex_unlock(&job->store->mutex);
  sessions_custom_counted(job->call, blobs, bytes);
}

static inline void blob_ping(struct blob_job *job) { sessions_custom_done(job->call); }

static inline void blob_statistics(struct blob_job *job) {
  int64_t blobs;
  int64_t bytes;
  pthread_mutex_lock(&job->store->mutex);
  blobs = job->store->count;
  bytes = job->store->bytes;
  pthread_mutex_unlock(&job->store->mutex);
  sessions_custom_counted(job->call, blobs, bytes);
}

/* ---- at once or later ---- */

static inline void *blob_work(void *user_data);

static inline void blob_do(const struct blob_job *job) {
  struct blob_store *store = job->store;
  struct blob_job copy = *job;
  struct blob_job *later;
  if (!store->has_thread) {
    copy.run(&copy);
    return;
  }
  later = (struct blob_job *)malloc(sizeof *later);
  if (later == NULL) {
    blob_no_memory(job->call);
    return;
  }
  *later = *job;
  pthread_mutex_lock(&store->mutex);
  if (store->last == NULL) {
    store->first = later;
  } else {
    store->last->next = later;
  }
  store->last = later;
  pthread_cond_signal(&store->changed);
  pthread_mutex_unlock(&store->mutex);
}

static inline void blob_store_free(struct blob_store *store) {
  size_t i;
  for (i = 0; i < BLOB_BUCKETS; i++) {
    while (store->buckets[i] != NULL) {
      blob_free(blob_take(store, &store->buckets[i]));
    }
  }
  pthread_cond_destroy(&store->changed);
  pthread_mutex_destroy(&store->mutex);
  free(store);
}

static inline void *blob_work(void *user_data) {
  struct blob_store *store = (struct blob_store *)user_data;
  pthread_mutex_lock(&store->mutex);
  for (;;) {
    struct blob_job *job = store->first;
    if (job == NULL && store->is_closing) {
      break;
    }
    if (job == NULL) {
      pthread_cond_wait(&store->changed, &store->mutex);
      continue;
    }
    store->first = job->next;
    store->last = store->first == NULL ? NULL : store->last;
    pthread_mutex_unlock(&store->mutex);
    job->run(job);
    free(job);
    pthread_mutex_lock(&store->mutex);
  }
  pthread_mutex_unlock(&store->mutex);
  if (store->is_closing == 2) {
    blob_store_free(store);
  }
  return NULL;
}

/* The destroy function. On its own thread, where it can be after an answer that nobody waited for, it cannot join. */
static inline void blob_store_destroy(void *user_data) {
  struct blob_store *store = (struct blob_store *)user_data;
  if (store->has_thread) {
    int is_own = pthread_equal(pthread_self(), store->thread);
    pthread_mutex_lock(&store->mutex);
    store->is_closing = is_own ? 2 : 1;
    pthread_cond_signal(&store->changed);
    pthread_mutex_unlock(&store->mutex);
    if (is_own) {
      pthread_detach(store->thread);
      return;
    }
    pthread_join(store->thread, NULL);
  }
  blob_store_free(store);
}

/* ---- the callbacks ---- */

static inline struct blob_job blob_job_new(void *user_data, void (*run)(struct blob_job *), const unsigned char *key,
                                           sessions_custom_call *call) {
  struct blob_job job;
  memset(&job, 0, sizeof job);
  job.run = run;
  job.store = (struct blob_store *)user_data;
  job.key = key;
  job.call = call;
  return job;
}

static inline void blob_on_get(void *user_data, const unsigned char *key, sessions_custom_call *call) {
  struct blob_job job = blob_job_new(user_data, blob_get, key, call);
  blob_do(&job);
}

static inline void blob_on_put(void *user_data, const unsigned char *key, const void *bytes, size_t size,
                               uint64_t expected, uint64_t version, int64_t expires, int64_t now, int32_t ended,
                               sessions_custom_call *call) {
  struct blob_job job = blob_job_new(user_data, blob_put, key, call);
  (void)now;
  job.bytes = bytes;
  job.size = size;
  job.expected = expected;
  job.version = version;
  job.ended = ended;
  job.expires = expires;
  blob_do(&job);
}

static inline void blob_on_change(void *user_data, const unsigned char *key, sessions_custom_call *call) {
  struct blob_job job = blob_job_new(user_data, blob_change, key, call);
  blob_do(&job);
}

static inline void blob_on_remove(void *user_data, const unsigned char *key, uint64_t expected,
                                  sessions_custom_call *call) {
  struct blob_job job = blob_job_new(user_data, blob_remove, key, call);
  job.expected = expected;
  blob_do(&job);
}

static inline void blob_on_sweep(void *user_data, int64_t most, int64_t now, sessions_custom_call *call) {
  struct blob_job job = blob_job_new(user_data, blob_sweep, NULL, call);
  job.most = most;
  job.expires = now;
  blob_do(&job);
}

static inline void blob_on_ping(void *user_data, sessions_custom_call *call) {
  struct blob_job job = blob_job_new(user_data, blob_ping, NULL, call);
  blob_do(&job);
}

static inline void blob_on_statistics(void *user_data, sessions_custom_call *call) {
  struct blob_job job = blob_job_new(user_data, blob_statistics, NULL, call);
  blob_do(&job);
}

static inline sessions_custom_store blob_store_table(int ways) {
  sessions_custom_store table;
  memset(&table, 0, sizeof table);
  table.size = sizeof table;
  table.get = blob_on_get;
  table.put = blob_on_put;
  table.remove = blob_on_remove;
  table.sweep = blob_on_sweep;
  table.ping = blob_on_ping;
  table.statistics = blob_on_statistics;
  table.change = (ways & BLOB_CHANGES) != 0 ? blob_on_change : NULL;
  return table;
}

/* NULL when there is no memory or no thread. */
static inline struct blob_store *blob_store_new(int ways) {
  struct blob_store *store = (struct blob_store *)calloc(1, sizeof *store);
  if (store == NULL) {
    return NULL;
  }
  pthread_mutex_init(&store->mutex, NULL);
  pthread_cond_init(&store->changed, NULL);
  store->has_thread = (ways & BLOB_LATER) != 0;
  if (store->has_thread && pthread_create(&store->thread, NULL, blob_work, store) != 0) {
    store->has_thread = 0;
    blob_store_free(store);
    return NULL;
  }
  return store;
}

/* The whole as a backend. */
static inline sessions_status blob_store_open(int ways, sessions_backend **backend, sessions_error **error) {
  const sessions_custom_store table = blob_store_table(ways);
  struct blob_store *store = blob_store_new(ways);
  if (store == NULL) {
    return SESSIONS_E_NOMEM;
  }
  return sessions_backend_new_custom(&table, store, blob_store_destroy, backend, error);
}

#endif
