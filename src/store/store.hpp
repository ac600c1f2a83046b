// The contract of a store: records by key, changed field by field.
//
// A store has no clock and makes no ids: times and keys come with every call. It keeps nothing but what it was told to
// create:
//   - create never overwrites. commit, touch and regenerate never create: on a key that is not there, or whose record
//   has expired, they
//     answer none. So a session that was destroyed is not brought back by a request that was under way.
//   - commit is one step: all of its changes or none. Sessions loaded from one key that change different fields both
//   keep their changes,
//     increments add up, on the same field the last commit wins.
//   - load may return a record whose `expires` has passed: the caller tests it.
// Texts and spans in arguments are valid until the call returns; a store that answers later copies what it needs. A
// call may throw std::bad_alloc before it has changed anything. Stores are safe from many threads.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <store/answer.hpp>
#include <store/record.hpp>
#include <string_view>

namespace sessions::store {

// A digest of the session id: whoever reads the store learns no id.
using Key = std::array<char, 32>;

struct Change {
  enum class Kind { set, remove, increment };

  Kind kind;
  std::string_view key;
  std::string_view value;  // set: JSON text
  std::int64_t delta = 0;  // increment
};

// Applied in this order: clear, then each change. A set or an increment of a new key appends it; an increment of a
// missing key starts from 0; the removal of a missing key does nothing.
struct Changes {
  bool clear = false;
  std::span<const Change> each;
};

// The record as it is after the call; none when it is gone.
using Found = std::optional<Record>;

class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  Store(Store&&) = delete;
  Store& operator=(Store&&) = delete;
  virtual ~Store() = default;

  virtual void load(const Key& key, std::int64_t now, Completion<Found> done) = 0;

  // Answers none when the key is taken.
  virtual void create(const Key& key, const Record& record, Completion<Found> done) = 0;

  // Of `times` the store keeps its own `created`.
  virtual void commit(const Key& key, const Changes& changes, const Times& times, Completion<Found> done) = 0;

  virtual void touch(const Key& key, const Times& times, Completion<Found> done) = 0;

  // Moves the record, with the changes, from one key to another: nobody ever sees both or neither.
  virtual void regenerate(const Key& from, const Key& to, const Changes& changes, const Times& times,
                          Completion<Found> done) = 0;

  // Answers true when there was a record.
  virtual void destroy(const Key& key, std::int64_t now, Completion<bool> done) = 0;
};

}  // namespace sessions::store
