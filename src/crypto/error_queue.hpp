// OpenSSL's error queue belongs to the host: whatever we cause in it is taken out again.
#pragma once

namespace sessions::crypto {

class ErrorQueueMark {
 public:
  ErrorQueueMark() noexcept;
  ~ErrorQueueMark();
  ErrorQueueMark(const ErrorQueueMark&) = delete;
  ErrorQueueMark& operator=(const ErrorQueueMark&) = delete;
  ErrorQueueMark(ErrorQueueMark&&) = delete;
  ErrorQueueMark& operator=(ErrorQueueMark&&) = delete;
};

}  // namespace sessions::crypto
