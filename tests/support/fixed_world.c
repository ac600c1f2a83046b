/* Preloaded into a program that uses the library: gives it the time and the random numbers of the directory
 * $FIXED_WORLD, which a test changes while the program runs and which several programs may share.
 *
 *   clock    seconds since 1970
 *   drawn    how many session ids were drawn: the next one is the 32 decimal digits of that number plus one */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { id_bytes = 32, number_bytes = 32 };

/* To be counted, the file is locked: no two programs get the same number. */
static long long read_number(const char *name, int is_counted) {
  char path[4096], text[number_bytes] = "";
  const char *directory = getenv("FIXED_WORLD");
  if (!directory) abort();
  snprintf(path, sizeof path, "%s/%s", directory, name);
  int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0 || (is_counted && flock(file, LOCK_EX) != 0)) abort();
  if (pread(file, text, sizeof text - 1, 0) <= 0) abort();
  long long number = atoll(text) + is_counted;
  if (is_counted) {
    int size = snprintf(text, sizeof text, "%lld\n", number);
    if (pwrite(file, text, (size_t)size, 0) != size) abort();
  }
  close(file);
  return number;
}

time_t time(time_t *seconds) {
  int saved = errno;
  time_t now = (time_t)read_number("clock", 0);
  errno = saved;
  if (seconds) *seconds = now;
  return now;
}

/* Other sizes are no ids: what tells the writers of a store apart has to differ. */
int getentropy(void *bytes, size_t size) {
  char digits[id_bytes + 1];
  if (size != id_bytes) return getrandom(bytes, size, 0) == (ssize_t)size ? 0 : -1;
  snprintf(digits, sizeof digits, "%0*lld", id_bytes, read_number("drawn", 1));
  memcpy(bytes, digits, size);
  return 0;
}
