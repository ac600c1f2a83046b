// Key bytes: wiped when they are no longer needed.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace sessions::crypto {

class Secret {
 public:
  explicit Secret(std::string_view bytes) : bytes_(bytes.begin(), bytes.end()) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(const Secret&) = delete;
  Secret& operator=(Secret&&) noexcept = delete;
  ~Secret();

  std::string_view view() const noexcept { return {bytes_.data(), bytes_.size()}; }

 private:
  std::vector<char> bytes_;
};

void wipe(std::span<char> bytes) noexcept;

// Key bytes on the stack.
template <std::size_t Size>
struct SecretArray {
  SecretArray() = default;
  SecretArray(const SecretArray&) = delete;
  SecretArray& operator=(const SecretArray&) = delete;
  SecretArray(SecretArray&&) = delete;
  SecretArray& operator=(SecretArray&&) = delete;
  ~SecretArray() { wipe(bytes); }

  std::string_view view() const noexcept { return {bytes.data(), bytes.size()}; }

  std::array<char, Size> bytes{};
};

// In time that depends on the sizes alone.
bool equal(std::string_view a, std::string_view b) noexcept;

}  // namespace sessions::crypto
