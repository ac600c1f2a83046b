// A commit with the texts that it points to, for a store that answers after the call has returned.
#pragma once

#include <store/store.hpp>
#include <string>
#include <vector>

namespace sessions::store {

class OwnedCommit {
 public:
  explicit OwnedCommit(const Commit& commit);
  OwnedCommit(const OwnedCommit&) = delete;
  OwnedCommit& operator=(const OwnedCommit&) = delete;
  OwnedCommit(OwnedCommit&&) = delete;
  OwnedCommit& operator=(OwnedCommit&&) = delete;
  ~OwnedCommit() = default;

  const Commit& operator*() const noexcept { return commit_; }

 private:
  Commit commit_;
  std::vector<Attempt> voided_;
  std::string texts_;
  std::vector<Precondition> preconditions_;
  std::vector<Change> changes_;
};

}  // namespace sessions::store
