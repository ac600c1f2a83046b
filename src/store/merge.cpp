#include <algorithm>
#include <array>
#include <base/limits.hpp>
#include <iterator>
#include <json/number.hpp>
#include <memory_resource>
#include <store/merge.hpp>

namespace sessions::store {

namespace {

// On the stack as long as they are few.
using Fields = std::pmr::vector<Field>;

Fields::iterator find(Fields& fields, std::string_view key) {
  return std::find_if(fields.begin(), fields.end(), [key](const Field& field) { return field.key == key; });
}

std::optional<std::string_view> value_of(Fields& fields, std::string_view key) {
  const auto found = find(fields, key);
  return found == fields.end() ? std::nullopt : std::optional(found->value);
}

Fields fields_of(const Record& record, std::size_t room, std::pmr::memory_resource& memory) {
  Fields fields(&memory);
  fields.reserve(record.field_count() + room);
  Record::Reader reader(record);
  for (std::size_t i = 0; i < record.field_count(); ++i) {
    fields.push_back(reader.next());
  }
  return fields;
}

std::size_t bytes_of(const Fields& fields) noexcept {
  std::size_t bytes = 0;
  for (const Field& field : fields) {
    bytes += field.key.size() + field.value.size();
  }
  return bytes;
}

void set(Fields& fields, std::string_view key, std::string_view value) {
  const auto found = find(fields, key);
  if (found == fields.end()) {
    fields.push_back({key, value});
  } else {
    *found = {key, value};
  }
}

void remove(Fields& fields, std::string_view key) {
  const auto found = find(fields, key);
  if (found != fields.end()) {
    fields.erase(found);
  }
}

// The digits of the sum are kept in `digits`, which must not move afterwards.
Result<void> increment(Fields& fields, const Change& change, std::string& digits) {
  std::int64_t sum = change.delta;
  if (const auto value = value_of(fields, change.key)) {
    const Status status = json::add(*value, change.delta, sum);
    if (status != Status::ok) {
      return refused(status);
    }
  }
  digits = std::to_string(sum);
  set(fields, change.key, digits);
  return {};
}

bool is_increment(const Change& change) noexcept { return change.kind == Change::Kind::increment; }

// False when all that are remembered may still be tried again.
bool remember(std::vector<Applied>& applied, const Commit& commit, std::int64_t now) {
  if (commit.attempt.writer == 0) {
    return true;
  }
  const auto is_done = [&](const Applied& a) {
    const bool is_settled = a.writer == commit.attempt.writer && a.sequence < commit.attempt.settled;
    return is_settled || a.time + remembered_seconds < now;
  };
  applied.erase(std::remove_if(applied.begin(), applied.end(), is_done), applied.end());
  if (applied.size() >= most_remembered) {
    return false;
  }
  applied.push_back({commit.attempt.writer, commit.attempt.sequence, now});
  return true;
}

bool was_applied(const std::vector<Applied>& applied, const Attempt& attempt) {
  return attempt.writer != 0 && std::any_of(applied.begin(), applied.end(), [&](const Applied& a) {
           return a.writer == attempt.writer && a.sequence == attempt.sequence;
         });
}

std::vector<std::string> broken(Fields& fields, const Commit& commit) {
  std::vector<std::string> keys;
  for (const Precondition& precondition : commit.preconditions) {
    if (value_of(fields, precondition.key) != precondition.value) {
      keys.emplace_back(precondition.key);
    }
  }
  return keys;
}

// A removal beats the edit of a writer who had still seen the field; replacing everything is no edit.
bool is_beaten(Fields& fields, const Commit& commit, const Change& change) {
  return !commit.clear && change.seen && change.kind != Change::Kind::remove &&
         find(fields, change.key) == fields.end();
}

// What others have changed where this commit sets or removes, or removed where it increments. Who replaces everything
// does not say what was there.
std::vector<std::string> contested(Fields& fields, const Commit& commit) {
  std::vector<std::string> keys;
  if (commit.clear) {
    return keys;
  }
  for (const Change& change : commit.changes) {
    const bool is_contested =
        is_increment(change) ? is_beaten(fields, commit, change) : value_of(fields, change.key) != change.seen;
    if (is_contested && std::find(keys.begin(), keys.end(), change.key) == keys.end()) {
      keys.emplace_back(change.key);
    }
  }
  return keys;
}

// `sums` keeps the digits that fields point to.
Result<void> apply(Fields& fields, std::span<const Change> changes, std::vector<std::string>& sums) {
  sums.reserve(static_cast<std::size_t>(std::count_if(changes.begin(), changes.end(), is_increment)));
  for (const Change& change : changes) {
    switch (change.kind) {
      case Change::Kind::set:
        set(fields, change.key, change.value);
        break;
      case Change::Kind::remove:
        remove(fields, change.key);
        break;
      case Change::Kind::increment:
        if (Result<void> done = increment(fields, change, sums.emplace_back()); !done) {
          return done;
        }
        break;
    }
  }
  return {};
}

}  // namespace

Error refused(Status status) {
  switch (status) {
    case Status::type:
      return {status, "a parallel request stored something else than a number where this one increments"};
    case Status::range:
      return {status, "an increment would leave the range of 64-bit integers, with what a parallel request stored"};
    case Status::limit:
      return {status, "with what parallel requests have stored, the session would become too large"};
    default:
      return {Status::busy, "too many commits are changing one session at once: try again"};
  }
}

bool is_alive(const Record::Head& head, std::int64_t now) noexcept {
  return !head.ended && head.times.expires >= now && head.times.deadline >= now;
}

Record tombstone(const Record& record, std::int64_t now, std::int64_t ended_until) {
  Record::Head head = record.head();
  head.ended = true;
  head.coded = false;
  head.version += 1;
  head.times.written = now;
  head.times.expires = ended_until;
  return {head, record.applied(), {}};
}

Result<Committed> merge(const Record& record, const Commit& commit, std::int64_t now) {
  using Outcome = Committed::Outcome;
  Record::Head head = record.head();
  if (!is_alive(head, now)) {
    return Committed{Outcome::gone, std::nullopt, {}};
  }
  if (head.generation != commit.generation) {
    return Committed{Outcome::stale, std::nullopt, {}};
  }
  std::vector<Applied> applied = record.applied();
  if (was_applied(applied, commit.attempt)) {
    return Committed{Outcome::duplicate, record, {}};
  }
  std::array<std::byte, 256 * sizeof(Field)> room;
  std::pmr::monotonic_buffer_resource memory(room.data(), room.size());
  Fields fields = fields_of(record, commit.changes.size(), memory);
  std::vector<std::string> keys = broken(fields, commit);
  if (!keys.empty() || commit.only_version.value_or(head.version) != head.version) {
    return Committed{Outcome::conflict, record, std::move(keys)};
  }
  const bool is_first = head.version == commit.version;
  std::span<const Change> changes = commit.changes;
  std::vector<Change> unbeaten;
  if (!is_first) {
    keys = contested(fields, commit);
    std::copy_if(changes.begin(), changes.end(), std::back_inserter(unbeaten),
                 [&](const Change& change) { return !is_beaten(fields, commit, change); });
    changes = unbeaten;
  }
  const std::size_t former_count = fields.size();
  const std::size_t former_bytes = bytes_of(fields);
  if (commit.clear) {
    fields.clear();
  }
  std::vector<std::string> sums;
  if (Result<void> done = apply(fields, changes, sums); !done) {
    return std::move(done.error());
  }
  const std::size_t bytes = bytes_of(fields);
  if (fields.size() > std::max(limits::keys, former_count) || bytes > std::max(commit.max_bytes, former_bytes)) {
    return refused(Status::limit);
  }
  if (!remember(applied, commit, now)) {
    return refused(Status::busy);
  }
  head.version += commit.clear || !commit.changes.empty() ? 1 : 0;  // renewing is no change
  head.times.written = std::max(head.times.written, now);
  head.times.expires = std::min(commit.expires, head.times.deadline);
  return Committed{is_first ? Outcome::applied : Outcome::merged, Record(head, applied, fields), std::move(keys)};
}

}  // namespace sessions::store
