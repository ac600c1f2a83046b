// A value, or the error that prevented it. All since 0.1.
#pragma once

#include <exception>
#include <sessions/error.hpp>
#include <type_traits>
#include <utility>
#include <variant>

#ifdef __cpp_exceptions
#include <stdexcept>
#endif

namespace sessions {
inline namespace v0 {

#ifdef __cpp_exceptions
// What value_or_throw() throws; what() is the message of the error.
class Exception : public std::runtime_error {
 public:
  explicit Exception(const Error& error) : std::runtime_error(error.message().data()), status_(error.status()) {}

  Status status() const noexcept { return status_; }

  Category category() const noexcept { return v0::category(status_); }

 private:
  Status status_;
};
#endif

// Asking for the value when there is an error, or for the error when there is a value, ends the program by
// std::terminate(): it is never a wild access.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) noexcept(std::is_nothrow_move_constructible_v<T>) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) noexcept : held_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const noexcept { return held_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& operator*() & noexcept { return value_of<0>(held_); }
  const T& operator*() const& noexcept { return value_of<0>(held_); }
  // By value, so that `for (auto key : *session.keys())` does not outlive what it walks through.
  T operator*() && noexcept(std::is_nothrow_move_constructible_v<T>) { return std::move(value_of<0>(held_)); }
  T* operator->() noexcept { return &value_of<0>(held_); }
  const T* operator->() const noexcept { return &value_of<0>(held_); }

  const Error& error() const& noexcept { return value_of<1>(held_); }
  Error error() && noexcept { return std::move(value_of<1>(held_)); }

  // The status of the error, or Status::ok.
  Status status() const noexcept { return has_value() ? Status::ok : error().status(); }

  template <class U>
  T value_or(U&& other) const& {
    return has_value() ? **this : static_cast<T>(std::forward<U>(other));
  }
  template <class U>
  T value_or(U&& other) && {
    return has_value() ? *std::move(*this) : static_cast<T>(std::forward<U>(other));
  }

#ifdef __cpp_exceptions
  // The value; throws Exception when there is an error. Takes the value out of a result that is kept, as
  // std::move(result).value_or_throw() says.
  T value_or_throw() && {
    if (!has_value()) {
      throw Exception(error());
    }
    return *std::move(*this);
  }
  const T& value_or_throw() const& {
    if (!has_value()) {
      throw Exception(error());
    }
    return **this;
  }
#endif

 private:
  template <std::size_t Index, class Held>
  static auto& value_of(Held& held) noexcept {
    auto* const found = std::get_if<Index>(&held);
    if (found == nullptr) {
      std::terminate();
    }
    return *found;
  }

  std::variant<T, Error> held_;
};

// Of calls that give no value.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() noexcept : error_(Status::ok) {}
  Result(Error error) noexcept : error_(std::move(error)) {}

  bool has_value() const noexcept { return error_.status() == Status::ok; }
  explicit operator bool() const noexcept { return has_value(); }

  const Error& error() const& noexcept {
    check_error();
    return error_;
  }
  Error error() && noexcept {
    check_error();
    return std::move(error_);
  }

  Status status() const noexcept { return error_.status(); }

#ifdef __cpp_exceptions
  void value_or_throw() const {
    if (!has_value()) {
      throw Exception(error_);
    }
  }
#endif

 private:
  void check_error() const noexcept {
    if (has_value()) {
      std::terminate();
    }
  }

  Error error_;
};

}  // namespace v0
}  // namespace sessions
