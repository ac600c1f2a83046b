#include <store/store.hpp>

namespace sessions::store {

void Store::wait_for(Awaited& answer, Deadline deadline) {
  while (!answer.is_delivered() && std::chrono::steady_clock::now() < deadline) {
    answer.wait(deadline);
  }
}

}  // namespace sessions::store
