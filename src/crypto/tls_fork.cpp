#include <pthread.h>

#include <crypto/tls_fork.hpp>
#include <mutex>
#include <new>

namespace sessions::crypto {

namespace {

constinit std::mutex mutex;
constinit bool is_registered = false;

void lock() { mutex.lock(); }
void unlock() { mutex.unlock(); }

}  // namespace

// The system forgets what was registered when the library is unloaded.
HandshakeLock::HandshakeLock() {
  std::unique_lock held(mutex);
  if (!is_registered) {
    if (pthread_atfork(&lock, &unlock, &unlock) != 0) {
      throw std::bad_alloc();
    }
    is_registered = true;
  }
  held.release();
}

HandshakeLock::~HandshakeLock() { mutex.unlock(); }

}  // namespace sessions::crypto
