// Who keeps the content between two requests: a store, under the id in the cookie, or the cookie itself.
#pragma once

#include <base/result.hpp>
#include <cstdint>
#include <manager/ask.hpp>
#include <manager/config.hpp>
#include <manager/session_id.hpp>
#include <new>
#include <session/content.hpp>
#include <store/store.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sessions::manager {

// What loading found. The numbers are those of <sessions/session.h>.
enum class Origin : std::int32_t { fresh = 0, restored, malformed, signature, expired, future, unknown, content };

using store::Call;

// A session that exists outside of its handle.
struct Kept {
  std::int64_t written = 0;
  SessionId id;  // in a store: with the key that follows from it
  store::Key key{};
  std::uint64_t generation = 0;  // in a store: of the record, with the version that the content shows
  std::uint64_t version = 0;
  // In a store: the change that is being made; whether changes of this version may have been written, and which of them
  // may be written still.
  store::Attempt asked = {};
  bool is_in_doubt = false;
  std::vector<store::Attempt> under_way = {};

  // Nobody knows what becomes of the change that is being made. Without memory for it, one that is written still is not
  // kept from that.
  void doubt() noexcept {
    is_in_doubt = true;
    try {
      if (asked.writer != 0) {
        under_way.push_back(asked);
      }
    } catch (const std::bad_alloc&) {
      return;
    }
  }
};

enum class Write { create, save, touch, regenerate };

// Whether what is kept has another version afterwards.
inline bool changes_version(Write write) noexcept { return write == Write::save || write == Write::regenerate; }

// The keys are those of store::Committed.
struct Written {
  enum class Outcome { applied, merged, conflict, gone };

  Outcome outcome;
  std::vector<std::string> keys;
  bool degraded = false;  // as store::Committed
};

// Writing is two steps, so that whatever needs memory is done before the first lasting effect. What may have to wait
// for a store says Status::pending with `asked` open, and is called again with the same arguments when that has its
// answer. Share freely between threads.
class Keeper {
 public:
  Keeper() = default;
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;
  Keeper(Keeper&&) = delete;
  Keeper& operator=(Keeper&&) = delete;
  virtual ~Keeper() = default;

  // Whether it ever says so.
  virtual bool may_wait() const noexcept = 0;

  // Looks up what a cookie's value stands for. When that is Origin::restored, the content and `kept` are filled in. The
  // error says that nobody could be asked.
  virtual Result<Origin> find(std::string_view cookie_value, const Call& call, session::Content& content, Kept& kept,
                              Asked& asked) const = 0;

  // Appends the cookie's value after the write, and sees to the room for what follows. `next` is
  // what the session will be kept as.
  virtual Result<void> append_value(Write write, const Kept& kept, const session::Content& content, const Call& call,
                                    std::string& line, std::optional<Kept>& next) const = 0;

  // Whether the cookie has another value after the write.
  virtual bool changes_value(Write write) const noexcept = 0;

  // Writes. Unless it is gone, the content is then what is kept, without changes, and `kept` says what that is.
  virtual Result<Written> perform(Write write, CommitMode mode, std::optional<Kept>& next, session::Content& content,
                                  const Call& call, Kept& kept, Asked& asked) const = 0;

  virtual Result<store::Destroyed> destroy(const Kept& kept, const Call& call, Asked& asked) const = 0;

  // Whether the time of the last write is kept, so that it can be enforced and renewing can wait.
  virtual bool keeps_time() const noexcept = 0;
};

}  // namespace sessions::manager
