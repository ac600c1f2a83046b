// What a record is after a commit: the one place that says so, for every store that keeps whole records.
#pragma once

#include <base/result.hpp>
#include <store/record.hpp>
#include <store/store.hpp>

namespace sessions::store {

// `record` may be expired or a tombstone. When the outcome is applied or merged, the answer's record is what to store;
// otherwise nothing is to be stored. Status type or range when an increment does not fit what is there, limit when the
// result would be too large, busy when too many commits are being remembered.
Result<Committed> merge(const Record& record, const Commit& commit, std::int64_t now);

// What to say of a commit that fails with status type, range, limit or busy.
Error refused(Status status);

// Commits that a record remembers at the most, and for how long unless they are settled: nothing is tried again after
// that.
inline constexpr std::size_t most_remembered = 1'024;
inline constexpr std::int64_t remembered_seconds = 60;

// What destroy leaves behind, and regenerate under the old key. It remembers the commits that the record did.
Record tombstone(const Record& record, std::int64_t now, std::int64_t ended_until);

// Neither a tombstone nor expired.
bool is_alive(const Record::Head& head, std::int64_t now) noexcept;

}  // namespace sessions::store
