/* Takes the place of the C library's allocator, for the program and for all libraries that it uses. */
#include "allocator.h"

#include <errno.h>
#include <stddef.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *pointer);

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *old, size_t size);
void *memalign(size_t alignment, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
int posix_memalign(void **pointer, size_t alignment, size_t size);
void free(void *pointer);

static int is_watching;
static int has_failed;
static int goes_on;
static long failing_index;
static long watched;
static long live;

void allocator_watch(long fail_at, int on_and_on) {
  failing_index = fail_at;
  goes_on = on_and_on;
  watched = 0;
  has_failed = 0;
  __atomic_store_n(&is_watching, 1, __ATOMIC_RELEASE);
}

long allocator_unwatch(void) {
  __atomic_store_n(&is_watching, 0, __ATOMIC_RELEASE);
  return __atomic_load_n(&watched, __ATOMIC_RELAXED);
}

int allocator_has_failed(void) { return __atomic_load_n(&has_failed, __ATOMIC_RELAXED); }

long allocator_live(void) { return __atomic_load_n(&live, __ATOMIC_RELAXED); }

static void add_live(long count) { __atomic_fetch_add(&live, count, __ATOMIC_RELAXED); }

static int must_fail(void) {
  long index;
  if (!__atomic_load_n(&is_watching, __ATOMIC_ACQUIRE)) {
    return 0;
  }
  index = __atomic_fetch_add(&watched, 1, __ATOMIC_RELAXED);
  if (failing_index == ALLOCATOR_NEVER || index < failing_index || (index > failing_index && !goes_on)) {
    return 0;
  }
  __atomic_store_n(&has_failed, 1, __ATOMIC_RELAXED);
  errno = ENOMEM;
  return 1;
}

static void *counted(void *pointer) {
  add_live(pointer != NULL ? 1 : 0);
  return pointer;
}

void *malloc(size_t size) { return must_fail() ? NULL : counted(__libc_malloc(size)); }

void *calloc(size_t count, size_t size) { return must_fail() ? NULL : counted(__libc_calloc(count, size)); }

void *realloc(void *old, size_t size) {
  void *pointer;
  if (must_fail()) {
    return NULL;
  }
  pointer = __libc_realloc(old, size);
  if (old == NULL) {
    return counted(pointer);
  }
  add_live(pointer == NULL && size == 0 ? -1 : 0);
  return pointer;
}

void *memalign(size_t alignment, size_t size) { return must_fail() ? NULL : counted(__libc_memalign(alignment, size)); }

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **pointer, size_t alignment, size_t size) {
  void *made = memalign(alignment, size);
  if (made == NULL) {
    return ENOMEM;
  }
  *pointer = made;
  return 0;
}

void free(void *pointer) {
  add_live(pointer != NULL ? -1 : 0);
  __libc_free(pointer);
}
