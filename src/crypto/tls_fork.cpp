#include <pthread.h>

#include <crypto/tls_fork.hpp>
#include <mutex>
#include <new>

namespace sessions::crypto {

namespace {

constinit std::mutex mutex;
constinit std::once_flag registered;

void lock() { mutex.lock(); }
void unlock() { mutex.unlock(); }

}  // namespace

// Registers first: a fork that knows nothing of the lock must not find it taken. The system forgets what was registered
// when the library is unloaded.
HandshakeLock::HandshakeLock() {
  std::call_once(registered, [] {
    if (pthread_atfork(&lock, &unlock, &unlock) != 0) {
      throw std::bad_alloc();
    }
  });
  lock();
}

HandshakeLock::~HandshakeLock() { mutex.unlock(); }

}  // namespace sessions::crypto
