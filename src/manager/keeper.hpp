// Who keeps the content between two requests: a store, under the id in the cookie, or the cookie itself.
#pragma once

#include <base/clock.hpp>
#include <base/result.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <session/content.hpp>
#include <store/store.hpp>
#include <string>
#include <string_view>

namespace sessions::manager {

// What loading found. The numbers are those of <sessions/session.h>.
enum class Origin : std::int32_t { fresh = 0, restored, malformed, signature, expired, future, unknown, content };

// One call of the host: when it is made, and until when it may wait.
class Call {
 public:
  Call(std::int64_t now, std::chrono::milliseconds timeout) : now_(now), timeout_(timeout) {}

  std::int64_t now() const noexcept { return now_; }

  // Counted from the first time that something has to wait; until then nobody looks at that clock.
  Deadline deadline() const {
    if (!deadline_) {
      deadline_ = std::chrono::steady_clock::now() + timeout_;
    }
    return *deadline_;
  }

 private:
  std::int64_t now_;
  std::chrono::milliseconds timeout_;
  mutable std::optional<Deadline> deadline_;
};

// A session that exists outside of its handle.
struct Kept {
  std::int64_t written = 0;
  std::string cookie_value;  // in a store: the id, and the key that follows from it
  store::Key key{};
};

enum class Write { create, save, touch, regenerate };

// Writing is two steps, so that whatever needs memory is done before the first lasting effect. Share freely between
// threads.
class Keeper {
 public:
  Keeper() = default;
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;
  Keeper(Keeper&&) = delete;
  Keeper& operator=(Keeper&&) = delete;
  virtual ~Keeper() = default;

  // Looks up what a cookie's value stands for. When that is Origin::restored, the content and `kept` are filled in. The
  // error says that nobody could be asked.
  virtual Result<Origin> find(std::string_view cookie_value, const Call& call, session::Content& content,
                              Kept& kept) const = 0;

  // Appends the cookie's value after the write.
  virtual Result<void> append_value(Write write, const Kept& kept, const session::Content& content, const Call& call,
                                    std::string& line) const = 0;

  // Writes; afterwards the content has no changes, and `kept` is what is kept now. False when the session is gone: then
  // nothing was written.
  virtual Result<bool> perform(Write write, std::string_view next_value, session::Content& content, const Call& call,
                               Kept& kept) const = 0;

  virtual Result<void> destroy(const Kept& kept, const Call& call) const = 0;

  // The most bytes that a value can have when that does not depend on the content, else 0.
  virtual std::size_t fixed_value_size() const noexcept = 0;

  // Whether the time of the last write is kept, so that it can be enforced and renewing can wait.
  virtual bool keeps_time() const noexcept = 0;
};

}  // namespace sessions::manager
