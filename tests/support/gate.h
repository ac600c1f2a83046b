/* A custom store that answers when the test wants it to, for programs in C. */
#ifndef GATE_H
#define GATE_H

#include <support/blob_store.h>
#include <support/check.h>

/* How it answers: at once, at once but blocking while it is shut, from a thread of its own, or at once but keeping what
 * comes while it is shut. */
enum { ANSWERS, BLOCKS, ANSWERS_LATER, HOLDS };

struct gated_call {
  struct blob_job job;
  struct gated_call *next;
};

/* Blobs behind a gate: while it is shut, calls wait in it, or are kept until it opens. */
struct gate {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  int mode;
  int is_open;
  int arrived; /* how many calls the shut gate has seen */
  struct gated_call *kept;
  struct blob_store *blobs;
  int destroyed;
};

static inline void gate_pass(struct gate *gate, struct blob_job job) {
  job.store = gate->blobs;
  pthread_mutex_lock(&gate->mutex);
  if (!gate->is_open) {
    gate->arrived++;
    pthread_cond_broadcast(&gate->changed);
  }
  while (!gate->is_open && gate->mode == BLOCKS) {
    pthread_cond_wait(&gate->changed, &gate->mutex);
  }
  if (!gate->is_open) {
    struct gated_call *call = malloc(sizeof *call);
    call->job = job;
    call->next = gate->kept;
    gate->kept = call;
    pthread_mutex_unlock(&gate->mutex);
    return;
  }
  pthread_mutex_unlock(&gate->mutex);
  blob_do(&job);
}

static inline void gate_get(void *user_data, const unsigned char *key, sessions_custom_call *call) {
  gate_pass(user_data, blob_job_new(NULL, blob_get, key, call));
}

static inline void gate_put(void *user_data, const unsigned char *key, const void *bytes, size_t size,
                            uint64_t expected, uint64_t version, int64_t expires, int64_t now, int32_t ended,
                            sessions_custom_call *call) {
  struct blob_job job = blob_job_new(NULL, blob_put, key, call);
  (void)now;
  job.bytes = bytes;
  job.size = size;
  job.expected = expected;
  job.version = version;
  job.ended = ended;
  job.expires = expires;
  gate_pass(user_data, job);
}

static inline void gate_remove(void *user_data, const unsigned char *key, uint64_t expected,
                               sessions_custom_call *call) {
  struct blob_job job = blob_job_new(NULL, blob_remove, key, call);
  job.expected = expected;
  gate_pass(user_data, job);
}

static inline void gate_destroy(void *user_data) {
  struct gate *gate = user_data;
  pthread_mutex_lock(&gate->mutex);
  gate->destroyed++;
  pthread_cond_broadcast(&gate->changed);
  pthread_mutex_unlock(&gate->mutex);
}

static inline void gate_shut(struct gate *gate) {
  pthread_mutex_lock(&gate->mutex);
  gate->is_open = 0;
  gate->arrived = 0;
  pthread_mutex_unlock(&gate->mutex);
}

/* Opens it, and answers what it has kept. */
static inline void gate_open(struct gate *gate) {
  struct gated_call *call;
  pthread_mutex_lock(&gate->mutex);
  gate->is_open = 1;
  call = gate->kept;
  gate->kept = NULL;
  pthread_cond_broadcast(&gate->changed);
  pthread_mutex_unlock(&gate->mutex);
  while (call != NULL) {
    struct gated_call *next = call->next;
    blob_do(&call->job);
    free(call);
    call = next;
  }
}

static inline void gate_await(struct gate *gate, int calls) {
  pthread_mutex_lock(&gate->mutex);
  while (gate->arrived < calls) {
    pthread_cond_wait(&gate->changed, &gate->mutex);
  }
  pthread_mutex_unlock(&gate->mutex);
}

static inline sessions_backend *gate_begin(struct gate *gate, int mode) {
  sessions_custom_store table;
  sessions_backend *backend = NULL;
  memset(gate, 0, sizeof *gate);
  memset(&table, 0, sizeof table);
  pthread_mutex_init(&gate->mutex, NULL);
  pthread_cond_init(&gate->changed, NULL);
  gate->mode = mode;
  gate->is_open = 1;
  gate->blobs = blob_store_new(mode == ANSWERS_LATER ? BLOB_LATER : 0);
  REQUIRE(gate->blobs != NULL);
  table.size = sizeof table;
  table.get = gate_get;
  table.put = gate_put;
  table.remove = gate_remove;
  CHECK_OK(sessions_backend_new_custom(&table, gate, gate_destroy, &backend, &failure));
  return backend;
}

/* Until everything has let go of it: that can be a late answer. */
static inline void gate_await_destroyed(struct gate *gate) {
  pthread_mutex_lock(&gate->mutex);
  while (gate->destroyed == 0) {
    pthread_cond_wait(&gate->changed, &gate->mutex);
  }
  CHECK_INT(gate->destroyed, 1);
  pthread_mutex_unlock(&gate->mutex);
}

static inline void gate_end(struct gate *gate) {
  gate_await_destroyed(gate);
  blob_store_destroy(gate->blobs);
  pthread_cond_destroy(&gate->changed);
  pthread_mutex_destroy(&gate->mutex);
}

#endif
