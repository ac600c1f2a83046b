/* Preloaded into a program with an event loop: ends it when the thread that runs the loop makes a call that may wait
 * for anything but the loop's own events. It watches from the first time that the loop waits until it is stopped; then
 * it tells how often a lock was held by another thread, and for how long at most. Locks are never held while their
 * holder waits, but it may have lost its processor. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static atomic_int is_watching; /* -1: not any more */

static int is_loop(void) { return is_watching > 0 && syscall(SYS_gettid) == getpid(); }

static void refuse(const char *name) {
  static const char words[] = " on the loop's thread may wait\n";
  if (!is_loop()) return;
  is_watching = 0;
  if (syscall(SYS_write, 2, name, strlen(name)) < 0 || syscall(SYS_write, 2, words, sizeof words - 1) < 0) abort();
  _exit(97);
}

/* Sockets, and what is no file (eventfd and its like), that are not in non-blocking mode. Pipes may: libuv has one for
 * its signals. */
static void refuse_blocking(const char *name, int descriptor, int flags) {
  struct stat file;
  int saved = errno;
  if (is_loop() && (flags & MSG_DONTWAIT) == 0 && (fcntl(descriptor, F_GETFL) & O_NONBLOCK) == 0 &&
      fstat(descriptor, &file) == 0 && (S_ISSOCK(file.st_mode) || (file.st_mode & S_IFMT) == 0))
    refuse(name);
  errno = saved;
}

static void *next(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (found == NULL) abort();
  return found;
}

/* The newest of several versions. */
static void *next_condition(const char *name) {
  void *found = dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2");
  return found != NULL ? found : next(name);
}

#define FORWARD(type, name, types, ...) \
  {                                     \
    type(*real) types;                  \
    *(void **)(&real) = next(#name);    \
    return real(__VA_ARGS__);           \
  }

static atomic_int loop_epoll = -1;

/* The loop waits for its events in the epoll that was first waited for. */
static void watch_epoll(const char *name, int epoll, int timeout) {
  if (is_watching == 0 && syscall(SYS_gettid) == getpid()) {
    loop_epoll = epoll;
    is_watching = 1;
  }
  if (epoll != loop_epoll && timeout != 0) refuse(name);
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout) {
  watch_epoll("epoll_wait", epoll, timeout);
  FORWARD(int, epoll_wait, (int, struct epoll_event *, int, int), epoll, events, most, timeout)
}

int epoll_pwait(int epoll, struct epoll_event *events, int most, int timeout, const sigset_t *mask) {
  watch_epoll("epoll_pwait", epoll, timeout);
  FORWARD(int, epoll_pwait, (int, struct epoll_event *, int, int, const sigset_t *), epoll, events, most, timeout, mask)
}

static unsigned long lock_waits;
static uint64_t longest_lock_wait; /* nanoseconds */

void uv_stop(void *loop) {
  void (*real)(void *);
  is_watching = -1;
  fprintf(stderr, "locks: %lu %" PRIu64 "\n", lock_waits, longest_lock_wait / 1000);
  *(void **)(&real) = next("uv_stop");
  real(loop);
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

int pthread_mutex_lock(pthread_mutex_t *mutex) {
  static int (*real)(pthread_mutex_t *);
  if (real == NULL) *(void **)(&real) = next("pthread_mutex_lock");
  if (!is_loop() || pthread_mutex_trylock(mutex) != 0) {
    uint64_t begun = is_loop() ? now() : 0;
    int done = real(mutex);
    if (begun != 0) {
      uint64_t waited = now() - begun;
      lock_waits++;
      if (waited > longest_lock_wait) longest_lock_wait = waited;
    }
    return done;
  }
  return 0;
}

int poll(struct pollfd *descriptors, nfds_t count, int timeout) {
  if (timeout != 0) refuse("poll");
  FORWARD(int, poll, (struct pollfd *, nfds_t, int), descriptors, count, timeout)
}

int ppoll(struct pollfd *descriptors, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
  refuse("ppoll");
  FORWARD(int, ppoll, (struct pollfd *, nfds_t, const struct timespec *, const sigset_t *), descriptors, count, timeout,
          mask)
}

int select(int count, fd_set *readable, fd_set *writable, fd_set *exceptional, struct timeval *timeout) {
  refuse("select");
  FORWARD(int, select, (int, fd_set *, fd_set *, fd_set *, struct timeval *), count, readable, writable, exceptional,
          timeout)
}

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex) {
  int (*real)(pthread_cond_t *, pthread_mutex_t *);
  refuse("pthread_cond_wait");
  *(void **)(&real) = next_condition("pthread_cond_wait");
  return real(condition, mutex);
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until) {
  int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
  refuse("pthread_cond_timedwait");
  *(void **)(&real) = next_condition("pthread_cond_timedwait");
  return real(condition, mutex, until);
}

int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock,
                           const struct timespec *until) {
  refuse("pthread_cond_clockwait");
  FORWARD(int, pthread_cond_clockwait, (pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *),
          condition, mutex, clock, until)
}

int sem_wait(sem_t *semaphore) {
  refuse("sem_wait");
  FORWARD(int, sem_wait, (sem_t *), semaphore)
}

int sem_timedwait(sem_t *semaphore, const struct timespec *until) {
  refuse("sem_timedwait");
  FORWARD(int, sem_timedwait, (sem_t *, const struct timespec *), semaphore, until)
}

int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until) {
  refuse("sem_clockwait");
  FORWARD(int, sem_clockwait, (sem_t *, clockid_t, const struct timespec *), semaphore, clock, until)
}

int pthread_join(pthread_t thread, void **result) {
  refuse("pthread_join");
  FORWARD(int, pthread_join, (pthread_t, void **), thread, result)
}

int pthread_rwlock_rdlock(pthread_rwlock_t *lock) {
  if (is_loop() && pthread_rwlock_tryrdlock(lock) == 0) return 0;
  refuse("pthread_rwlock_rdlock");
  FORWARD(int, pthread_rwlock_rdlock, (pthread_rwlock_t *), lock)
}

int pthread_rwlock_wrlock(pthread_rwlock_t *lock) {
  if (is_loop() && pthread_rwlock_trywrlock(lock) == 0) return 0;
  refuse("pthread_rwlock_wrlock");
  FORWARD(int, pthread_rwlock_wrlock, (pthread_rwlock_t *), lock)
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
  refuse("getaddrinfo");
  FORWARD(int, getaddrinfo, (const char *, const char *, const struct addrinfo *, struct addrinfo **), host, service,
          hints, found)
}

int nanosleep(const struct timespec *time, struct timespec *left) {
  refuse("nanosleep");
  FORWARD(int, nanosleep, (const struct timespec *, struct timespec *), time, left)
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *left) {
  refuse("clock_nanosleep");
  FORWARD(int, clock_nanosleep, (clockid_t, int, const struct timespec *, struct timespec *), clock, flags, time, left)
}

unsigned int sleep(unsigned int seconds) {
  refuse("sleep");
  FORWARD(unsigned int, sleep, (unsigned int), seconds)
}

int usleep(useconds_t time) {
  refuse("usleep");
  FORWARD(int, usleep, (useconds_t), time)
}

int flock(int descriptor, int operation) {
  if ((operation & LOCK_NB) == 0) refuse("flock");
  FORWARD(int, flock, (int, int), descriptor, operation)
}

/* What follows the command is a pointer or an int: both are passed alike. */
#define FORWARD_FCNTL(name)                                            \
  {                                                                    \
    va_list rest;                                                      \
    void *argument;                                                    \
    if (command == F_SETLKW || command == F_OFD_SETLKW) refuse(#name); \
    va_start(rest, command);                                           \
    argument = va_arg(rest, void *);                                   \
    va_end(rest);                                                      \
    FORWARD(int, name, (int, int, ...), descriptor, command, argument) \
  }

int fcntl(int descriptor, int command, ...) FORWARD_FCNTL(fcntl)

    int fcntl64(int descriptor, int command, ...) FORWARD_FCNTL(fcntl64)

        int fsync(int descriptor) {
  refuse("fsync");
  FORWARD(int, fsync, (int), descriptor)
}

int fdatasync(int descriptor) {
  refuse("fdatasync");
  FORWARD(int, fdatasync, (int), descriptor)
}

int connect(int descriptor, __CONST_SOCKADDR_ARG address, socklen_t length) {
  refuse_blocking("connect", descriptor, 0);
  FORWARD(int, connect, (int, __CONST_SOCKADDR_ARG, socklen_t), descriptor, address, length)
}

ssize_t recv(int descriptor, void *bytes, size_t size, int flags) {
  refuse_blocking("recv", descriptor, flags);
  FORWARD(ssize_t, recv, (int, void *, size_t, int), descriptor, bytes, size, flags)
}

ssize_t send(int descriptor, const void *bytes, size_t size, int flags) {
  refuse_blocking("send", descriptor, flags);
  FORWARD(ssize_t, send, (int, const void *, size_t, int), descriptor, bytes, size, flags)
}

ssize_t recvfrom(int descriptor, void *bytes, size_t size, int flags, __SOCKADDR_ARG address, socklen_t *length) {
  refuse_blocking("recvfrom", descriptor, flags);
  FORWARD(ssize_t, recvfrom, (int, void *, size_t, int, __SOCKADDR_ARG, socklen_t *), descriptor, bytes, size, flags,
          address, length)
}

ssize_t sendto(int descriptor, const void *bytes, size_t size, int flags, __CONST_SOCKADDR_ARG address,
               socklen_t length) {
  refuse_blocking("sendto", descriptor, flags);
  FORWARD(ssize_t, sendto, (int, const void *, size_t, int, __CONST_SOCKADDR_ARG, socklen_t), descriptor, bytes, size,
          flags, address, length)
}

ssize_t recvmsg(int descriptor, struct msghdr *message, int flags) {
  refuse_blocking("recvmsg", descriptor, flags);
  FORWARD(ssize_t, recvmsg, (int, struct msghdr *, int), descriptor, message, flags)
}

ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
  refuse_blocking("sendmsg", descriptor, flags);
  FORWARD(ssize_t, sendmsg, (int, const struct msghdr *, int), descriptor, message, flags)
}

ssize_t readv(int descriptor, const struct iovec *parts, int count) {
  refuse_blocking("readv", descriptor, 0);
  FORWARD(ssize_t, readv, (int, const struct iovec *, int), descriptor, parts, count)
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  refuse_blocking("writev", descriptor, 0);
  FORWARD(ssize_t, writev, (int, const struct iovec *, int), descriptor, parts, count)
}

ssize_t read(int descriptor, void *bytes, size_t size) {
  refuse_blocking("read", descriptor, 0);
  FORWARD(ssize_t, read, (int, void *, size_t), descriptor, bytes, size)
}

ssize_t write(int descriptor, const void *bytes, size_t size) {
  refuse_blocking("write", descriptor, 0);
  FORWARD(ssize_t, write, (int, const void *, size_t), descriptor, bytes, size)
}
