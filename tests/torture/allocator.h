/* An allocator that counts, and fails where it is told to, in all threads. One of them tells it. */
#ifndef ALLOCATOR_H
#define ALLOCATOR_H

enum { ALLOCATOR_NEVER = -1 };

/* From now on allocations are counted. The one with the index `fail_at` fails, and with `on_and_on` all after it. */
void allocator_watch(long fail_at, int on_and_on);

/* Ends that; returns how many allocations there were. */
long allocator_unwatch(void);

/* Whether one has failed since allocator_watch(). */
int allocator_has_failed(void);

/* How many allocations of the whole process have not been freed. */
long allocator_live(void);

#endif
