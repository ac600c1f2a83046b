#include <sys/mman.h>
#include <unistd.h>

#include <base/process_mark.hpp>

namespace sessions {

// getpid() would do, but it is a system call, and this is asked once or twice in every request.
ProcessMark::ProcessMark() noexcept : process_(getpid()), page_size_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
#ifdef MADV_WIPEONFORK
  void* page = mmap(nullptr, page_size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) {
    return;
  }
  if (madvise(page, page_size_, MADV_WIPEONFORK) != 0) {
    munmap(page, page_size_);
    return;
  }
  page_ = static_cast<volatile char*>(page);
  *page_ = 1;
#endif
}

ProcessMark::~ProcessMark() {
  if (page_ != nullptr) {
    munmap(const_cast<char*>(page_), page_size_);
  }
}

bool ProcessMark::is_mine() const noexcept { return page_ != nullptr ? *page_ == 1 : process_ == getpid(); }

}  // namespace sessions
