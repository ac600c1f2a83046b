#include <base/status.hpp>
#include <new>

namespace sessions {

Error::Error(Status kind, std::string words) noexcept : status(kind), message(std::move(words)) {}
Error::Error(const Error& other) = default;
Error::Error(Error&& other) noexcept = default;
Error& Error::operator=(const Error& other) = default;
Error& Error::operator=(Error&& other) noexcept = default;
Error::~Error() = default;

Error in_words(Status status, std::string_view words) noexcept {
  try {
    return {status, std::string(words)};
  } catch (const std::bad_alloc&) {
    return {status, {}};
  }
}

}  // namespace sessions
