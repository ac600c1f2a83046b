// What the contract says, in as few lines as possible: sessions and requests without a store, against which the real
// ones are compared. It knows the public headers only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace conformance {

struct Operation {
  enum class Kind { load, get, read_all, set, increment, remove, clear, commit, regenerate, destroy };

  Kind kind;
  std::string key;
  std::string json;
  std::int64_t delta = 0;
};

std::string to_text(const Operation& operation);

// Keys in the order in which they were first set.
class ModelContent {
 public:
  using Members = std::vector<std::pair<std::string, std::string>>;

  const std::string* find(const std::string& key) const;
  void set(const std::string& key, const std::string& json);
  void remove(const std::string& key);
  void clear() { members_.clear(); }
  const Members& members() const noexcept { return members_; }
  std::string json() const;

 private:
  Members members_;
};

class ModelStore {
 public:
  struct Stored {
    ModelContent content;
    int version = 0;
    bool is_alive = true;
  };

  std::size_t create(const ModelContent& content);
  Stored& at(std::size_t id) { return sessions_[id]; }
  std::size_t count() const noexcept { return sessions_.size(); }

 private:
  std::vector<Stored> sessions_;
};

class ModelRequest {
 public:
  // With `renews`, use is renewed at once; otherwise never.
  ModelRequest(ModelStore& store, std::int32_t mode, bool renews) : store_(&store), mode_(mode), renews_(renews) {}

  // Of the session with this id.
  void perform(const Operation& operation, std::size_t id);

  // After a commit, regenerate or destroy.
  std::int32_t outcome() const noexcept { return outcome_; }
  const std::vector<std::string>& contested() const noexcept { return contested_; }
  // May be named too.
  const std::vector<std::string>& removed() const noexcept { return removed_; }

  const ModelContent& content() const noexcept { return content_; }
  std::optional<std::size_t> id() const noexcept { return id_; }

 private:
  struct Change {
    enum class Kind { set, increment, remove };
    Kind kind;
    std::int64_t delta = 0;
  };

  void load(std::size_t id);
  void read(const std::string& key);
  void set(const std::string& key, const std::string& json);
  void increment(const std::string& key, std::int64_t delta);
  void remove(const std::string& key);
  void clear();
  void commit(bool moves);
  void destroy();
  bool is_conflict(ModelStore::Stored& stored);
  void write(ModelStore::Stored& stored);
  void adopt(const ModelStore::Stored& stored);

  ModelStore* store_;
  std::int32_t mode_;
  bool renews_;
  std::optional<std::size_t> id_;
  bool has_cookie_ = false;
  bool is_gone_ = false;
  ModelContent seen_;
  int version_ = 0;
  ModelContent content_;
  std::map<std::string, Change> changes_;
  bool cleared_ = false;
  bool is_used_ = false;
  std::set<std::string> reads_;
  bool has_read_all_ = false;
  std::int32_t outcome_ = 0;
  std::vector<std::string> contested_;
  std::vector<std::string> removed_;
};

}  // namespace conformance
