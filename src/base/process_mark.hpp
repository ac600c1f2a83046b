// Whether this is still the process that made something, or a fork's child.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace sessions {

class ProcessMark {
 public:
  ProcessMark() noexcept;
  ProcessMark(const ProcessMark&) = delete;
  ProcessMark& operator=(const ProcessMark&) = delete;
  ProcessMark(ProcessMark&&) = delete;
  ProcessMark& operator=(ProcessMark&&) = delete;
  ~ProcessMark();

  bool is_mine() const noexcept;

 private:
  const pid_t process_;
  std::size_t page_size_ = 0;
  volatile char* page_ = nullptr;  // a page that the kernel empties in a child; null where it does not
};

}  // namespace sessions
