// TLS and forks, which exclude each other.
#pragma once

namespace sessions::crypto {

// Whoever makes or frees a context or a connection, shakes hands, or reads, since tickets may come, has OpenSSL take
// locks that all threads of the process share. The child of a fork would find them taken by threads that it does not
// have, so fork waits until nobody is there.
class HandshakeLock {
 public:
  // Throws std::bad_alloc, but only when none was made before.
  HandshakeLock();
  HandshakeLock(const HandshakeLock&) = delete;
  HandshakeLock& operator=(const HandshakeLock&) = delete;
  HandshakeLock(HandshakeLock&&) = delete;
  HandshakeLock& operator=(HandshakeLock&&) = delete;
  ~HandshakeLock();
};

}  // namespace sessions::crypto
