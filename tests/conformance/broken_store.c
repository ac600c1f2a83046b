/* A custom store for the conformance kit, sound or with a defect that the kit has to find. The argument chooses:
 *
 *   ok            sound
 *   ok-changes    sound, and makes each change in one step
 *   lost-update   at one put in a thousand it forgets to compare versions when that would matter next
 *   let-go        makes each change in one step, but holds no lock from when it reads to when it stores
 *   halfway       makes each change in one step, but stores only the first write of a move
 *   keeps         says that it has removed a record, and has not
 *   forgets       drops tombstones before their time when it is swept
 *   upserts       at a put that expects a version it creates what is not there
 *   resurrect:N   at the N-th read of a tombstone it finds what was there before, and lets a put with that version go
 *                 through
 */
#include <support/blob_store.h>

sessions_status sessions_conformance_backend(const char *argument, sessions_backend **backend, sessions_error **error);

static int lose_an_update(struct blob_store *store, const struct blob *there, uint64_t expected) {
  static const int64_t often = 1000;
  (void)there;
  (void)expected;
  if (store->puts / often <= store->overlooked) {
    return 0;
  }
  store->overlooked++;
  return 1;
}

static int sound(struct blob_store *store, const struct blob *there, uint64_t expected) {
  (void)store;
  (void)there;
  (void)expected;
  return 0;
}

sessions_status sessions_conformance_backend(const char *argument, sessions_backend **backend, sessions_error **error) {
  static const char resurrect[] = "resurrect:";
  sessions_custom_store table = blob_store_table(0);
  struct blob_store *store = blob_store_new(0);
  if (store == NULL) {
    return SESSIONS_E_NOMEM;
  }
  argument = argument == NULL ? "" : argument;
  store->lets_go = strcmp(argument, "let-go") == 0;
  store->stops_halfway = strcmp(argument, "halfway") == 0;
  if (store->lets_go || store->stops_halfway || strcmp(argument, "ok-changes") == 0) {
    table = blob_store_table(BLOB_CHANGES);
    return sessions_backend_new_custom(&table, store, blob_store_destroy, backend, error);
  }
  if (strncmp(argument, resurrect, sizeof resurrect - 1) == 0) {
    store->resurrects = (int)strtol(argument + sizeof resurrect - 1, NULL, 10);
  }
  store->keeps = strcmp(argument, "keeps") == 0;
  store->forgets = strcmp(argument, "forgets") == 0;
  store->upserts = strcmp(argument, "upserts") == 0;
  if (strcmp(argument, "lost-update") == 0) {
    store->overlooks = lose_an_update;
  } else if (store->keeps || store->forgets || store->upserts || store->resurrects > 0 || strcmp(argument, "ok") == 0) {
    store->overlooks = sound;
  }
  if (store->overlooks == NULL) { /* refused by the library, with a message */
    return sessions_backend_new_custom(NULL, store, blob_store_destroy, backend, error);
  }
  return sessions_backend_new_custom(&table, store, blob_store_destroy, backend, error);
}
