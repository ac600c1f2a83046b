// OpenSSL's error queue belongs to the host: whatever we cause in it is taken out again.
#pragma once

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

}  // namespace sessions::crypto
