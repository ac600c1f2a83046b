#include <sys/eventfd.h>
#include <unistd.h>

#include <base/event.hpp>

namespace sessions {

Event::Event() noexcept : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Event::~Event() {
  if (descriptor_ != -1) {
    close(descriptor_);
  }
}

void Event::set() const noexcept { static_cast<void>(eventfd_write(descriptor_, 1)); }

void Event::clear() const noexcept {
  eventfd_t ignored = 0;
  static_cast<void>(eventfd_read(descriptor_, &ignored));
}

}  // namespace sessions
