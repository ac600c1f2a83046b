// The contract of a store: records by key, changed field by field. CONTRACT.md has it in full; in short:
//
// A store has no clock and makes no ids: times, keys and generations come with every call. It keeps nothing but what it
// was told to create. create never overwrites. commit, touch and regenerate never create. commit is one step: all of
// its changes or none. load may return a record that has expired: the caller tests it; for everything else it is gone.
// Texts and spans in arguments are valid until the call returns; a store that answers later copies what it needs. A
// call may throw std::bad_alloc before it has changed anything. Stores are safe from many threads.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <store/answer.hpp>
#include <store/call.hpp>
#include <store/record.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sessions::store {

// A digest of the session id: whoever reads the store learns no id.
using Key = std::array<char, 32>;

struct Change {
  enum class Kind { set, remove, increment };

  Kind kind;
  std::string_view key;
  std::string_view value = {};                // set: JSON text
  std::int64_t delta = 0;                     // increment
  std::optional<std::string_view> seen = {};  // what the writer saw there, to tell when it overwrites something else
};

// The field holds this text, or with none it is not there.
struct Precondition {
  std::string_view key;
  std::optional<std::string_view> value;
};

// Who commits for the how-manieth time: a commit that is tried again has the same two numbers and only one effect.
struct Attempt {
  std::uint64_t writer = 0;  // 0: this commit is never tried again
  std::uint64_t sequence = 0;
  std::uint64_t settled = 0;  // none of this writer's with a lower sequence is ever tried again
};

struct Commit {
  std::uint64_t generation = 0;  // of the record that was loaded
  std::uint64_t version = 0;     // likewise: another version means that somebody else has committed since
  Record loaded = {};            // itself, if it is at hand
  Attempt attempt;
  std::span<const Attempt> voided;   // earlier ones, of which it is not known whether they still come: they must not
  std::int64_t expires = 0;          // capped by the record's deadline
  std::size_t max_bytes = SIZE_MAX;  // of all keys and values; what is larger already may still shrink
  std::optional<std::uint64_t> only_version;  // a precondition on everything
  std::span<const Precondition> preconditions;
  bool clear = false;  // first of all, remove every field
  std::span<const Change> changes;
};

struct Committed {
  enum class Outcome {
    applied,
    merged,     // applied to what somebody else had committed meanwhile, but for edits of what they had removed
    duplicate,  // this attempt had been applied before
    conflict,   // a precondition does not hold: nothing was changed
    gone,       // there is no such session any more
    stale       // another session is under the key
  };

  Outcome outcome = Outcome::gone;
  std::optional<Record> record;   // as it is now; none when gone or stale
  std::vector<std::string> keys;  // conflict: of the preconditions that do not hold; merged: of what both have changed
  std::optional<Record::Head> head = {};  // applied: may stand for the record, whose fields the writer knows
  bool degraded = false;                  // done, but no replica has confirmed that it has it too
};

struct Destroyed {
  bool was_there = false;
  bool degraded = false;  // as above
};

// Where a session moves to.
struct Destination {
  Key key;
  std::uint64_t generation;
};

struct Statistics {
  std::int64_t sessions = 0;
  std::int64_t bytes = 0;
};

class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  Store(Store&&) = delete;
  Store& operator=(Store&&) = delete;
  virtual ~Store() = default;

  // Whether every call has answered when it returns. Then nobody has to keep the answer for longer.
  virtual bool answers_at_once() const noexcept { return false; }

  // Whether a call may wait for something before it returns.
  virtual bool may_block() const noexcept { return true; }

  // Returns when the answer is there, or the deadline has passed. A store may do its own work meanwhile, and rouse
  // another caller to go on with it: who has been roused and waits no longer waits once more, until a moment that is
  // past, so that it is left to the next.
  virtual void wait_for(Awaited& answer, Deadline deadline);

  // Makes whoever is in wait_for() see that the answer is there, when it did not come from the store.
  virtual void nudge() noexcept {}

  // None when there is none.
  virtual void load(const Key& key, const Call& call, Completion<std::optional<Record>> done) = 0;

  // Answers false when the key is taken, by a session or by the tombstone of one.
  virtual void create(const Key& key, const Record& record, const Call& call, Completion<bool> done) = 0;

  // Returns, before it is answered, what to void when it is made again because nobody knows what became of it; writer 0
  // when it cannot take effect any more by then.
  virtual Attempt commit(const Key& key, const Commit& commit, const Call& call, Completion<Committed> done) = 0;

  // Renews: a commit without changes, which conflicts with none. Outcome applied, merged, gone or stale.
  virtual void touch(const Key& key, std::uint64_t generation, std::int64_t expires, const Call& call,
                     Completion<Committed> done) = 0;

  // Moves the record, with the changes, from one key to another: nobody ever sees both or neither. The old key keeps a
  // tombstone until `ended_until`. Returns what commit() returns.
  virtual Attempt regenerate(const Key& from, const Destination& to, const Commit& commit, std::int64_t ended_until,
                             const Call& call, Completion<Committed> done) = 0;

  // Leaves a tombstone until `ended_until`.
  virtual void destroy(const Key& key, std::int64_t ended_until, const Call& call, Completion<Destroyed> done) = 0;

  // Drops some of what has expired, `most` at a time. Answers how many it dropped.
  virtual void sweep(std::int64_t most, const Call& call, Completion<std::int64_t> done) = 0;

  virtual void ping(const Call& call, Completion<std::monostate> done) = 0;

  virtual void statistics(const Call& call, Completion<Statistics> done) = 0;
};

}  // namespace sessions::store
