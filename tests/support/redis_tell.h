/* Speaks to a Redis server past the library, for programs in C. */
#ifndef REDIS_TELL_H
#define REDIS_TELL_H

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Gives the first line of the reply to a command; nothing when the connection was killed meanwhile. */
static inline void redis_tell(const char *socket_path, const char *command, char *reply, size_t size) {
  struct sockaddr_un address = {AF_UNIX, ""};
  int connection = socket(AF_UNIX, SOCK_STREAM, 0);
  size_t length = 0;
  ssize_t received = 1;
  strncpy(address.sun_path, socket_path, sizeof address.sun_path - 1);
  if (connect(connection, (struct sockaddr *)&address, sizeof address) == 0 &&
      send(connection, command, strlen(command), MSG_NOSIGNAL) > 0) {
    while (received > 0 && length + 1 < size && memchr(reply, '\n', length) == NULL) {
      received = recv(connection, reply + length, size - 1 - length, 0);
      length += received > 0 ? (size_t)received : 0;
    }
  }
  reply[length] = '\0';
  close(connection);
}

#endif
