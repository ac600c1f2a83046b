// What the server is told of a commit whose values go through a codec: only what the client has made of it.
#pragma once

#include <base/result.hpp>
#include <span>
#include <store/codec.hpp>
#include <store/store.hpp>
#include <string>
#include <vector>

namespace sessions::store::redis {

// As long as the commit and the records last.
class CodedChanges {
 public:
  // The commit's changes, in which what a key holds in the end stands for each value and sum. `found` is the record as
  // it was stored; what else it holds is added when no codec has touched it yet. `merged` is what it becomes.
  static Result<CodedChanges> make(const Commit& commit, const Record& found, const Record& merged, const Codec& codec);

  CodedChanges(CodedChanges&&) noexcept = default;
  CodedChanges& operator=(CodedChanges&&) noexcept = default;
  CodedChanges(const CodedChanges&) = delete;
  CodedChanges& operator=(const CodedChanges&) = delete;
  ~CodedChanges() = default;

  std::span<const Change> changes() const noexcept { return changes_; }

 private:
  CodedChanges() = default;

  std::vector<std::string> values_;  // never more than were reserved: changes point to them
  std::vector<Change> changes_;
};

}  // namespace sessions::store::redis
