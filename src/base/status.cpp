#include <base/status.hpp>

namespace sessions {

Error::Error(Status kind, std::string words) noexcept : status(kind), message(std::move(words)) {}
Error::Error(const Error& other) = default;
Error::Error(Error&& other) noexcept = default;
Error& Error::operator=(const Error& other) = default;
Error& Error::operator=(Error&& other) noexcept = default;
Error::~Error() = default;

}  // namespace sessions
