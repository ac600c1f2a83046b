// OpenSSL's error queue belongs to the host: whatever we cause in it is taken out again.
#pragma once

#include <string>
#include <vector>

namespace sessions::crypto {

class ErrorQueueMark {
 public:
  ErrorQueueMark() noexcept;
  ~ErrorQueueMark();

  // All has gone well, and calls that go well leave nothing in the queue: if it was empty, it needs no second look,
  // which costs as much as hashing forty bytes.
  void nothing_failed() noexcept { may_have_failed_ = false; }

  ErrorQueueMark(const ErrorQueueMark&) = delete;
  ErrorQueueMark& operator=(const ErrorQueueMark&) = delete;
  ErrorQueueMark(ErrorQueueMark&&) = delete;
  ErrorQueueMark& operator=(ErrorQueueMark&&) = delete;

 private:
  const bool is_set_;  // an empty queue takes no mark
  bool may_have_failed_ = true;
};

// For calls that empty the queue themselves, as handshakes do: what is in it meanwhile is ours alone. Marks that the
// host has set on its errors are lost.
class ErrorsSetAside {
 public:
  ErrorsSetAside();  // throws std::bad_alloc
  ~ErrorsSetAside();

  // As ErrorQueueMark's.
  void nothing_failed() noexcept { may_have_failed_ = false; }

  ErrorsSetAside(const ErrorsSetAside&) = delete;
  ErrorsSetAside& operator=(const ErrorsSetAside&) = delete;
  ErrorsSetAside(ErrorsSetAside&&) = delete;
  ErrorsSetAside& operator=(ErrorsSetAside&&) = delete;

 private:
  struct Entry {
    unsigned long code;
    std::string file;
    int line;
    std::string function;
    std::string data;
  };

  std::vector<Entry> entries_;
  bool may_have_failed_ = true;
};

}  // namespace sessions::crypto
