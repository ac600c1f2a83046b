#include <sessions.h>

#include <algorithm>
#include <conformance/model.hpp>

namespace conformance {

std::string to_text(const Operation& operation) {
  using Kind = Operation::Kind;
  switch (operation.kind) {
    case Kind::load:
      return "load";
    case Kind::get:
      return "get " + operation.key;
    case Kind::read_all:
      return "read all";
    case Kind::set:
      return "set " + operation.key + " = " + operation.json;
    case Kind::increment:
      return "increment " + operation.key + " by " + std::to_string(operation.delta);
    case Kind::remove:
      return "remove " + operation.key;
    case Kind::clear:
      return "clear";
    case Kind::commit:
      return "commit";
    case Kind::regenerate:
      return "regenerate";
    case Kind::destroy:
      return "destroy";
  }
  return {};
}

// ---- content ----

const std::string* ModelContent::find(const std::string& key) const {
  for (const auto& [name, json] : members_) {
    if (name == key) {
      return &json;
    }
  }
  return nullptr;
}

void ModelContent::set(const std::string& key, const std::string& json) {
  for (auto& [name, value] : members_) {
    if (name == key) {
      value = json;
      return;
    }
  }
  members_.emplace_back(key, json);
}

void ModelContent::remove(const std::string& key) {
  members_.erase(
      std::remove_if(members_.begin(), members_.end(), [&key](const auto& member) { return member.first == key; }),
      members_.end());
}

std::string ModelContent::json() const {
  std::string text = "{";
  for (const auto& [name, json] : members_) {
    text += (text.size() > 1 ? ",\"" : "\"") + name + "\":" + json;
  }
  return text + "}";
}

std::size_t ModelStore::create(const ModelContent& content) {
  sessions_.push_back({content, 0, true});
  return sessions_.size() - 1;
}

// ---- a request ----

void ModelRequest::perform(const Operation& operation, std::size_t id) {
  using Kind = Operation::Kind;
  is_used_ = is_used_ || (operation.kind != Kind::load && operation.kind != Kind::commit);
  switch (operation.kind) {
    case Kind::load:
      return load(id);
    case Kind::get:
      return read(operation.key);
    case Kind::read_all:
      has_read_all_ = !cleared_;
      return;
    case Kind::set:
      return set(operation.key, operation.json);
    case Kind::increment:
      return increment(operation.key, operation.delta);
    case Kind::remove:
      return remove(operation.key);
    case Kind::clear:
      return clear();
    case Kind::commit:
      return commit(false);
    case Kind::regenerate:
      return commit(true);
    case Kind::destroy:
      return destroy();
  }
}

void ModelRequest::load(std::size_t id) {
  has_cookie_ = true;
  if (store_->at(id).is_alive) {
    id_ = id;
    adopt(store_->at(id));
  }
}

void ModelRequest::adopt(const ModelStore::Stored& stored) {
  seen_ = stored.content;
  content_ = stored.content;
  version_ = stored.version;
  changes_.clear();
  cleared_ = false;
  reads_.clear();
  has_read_all_ = false;
}

// What is read after a clear is the request's own.
void ModelRequest::read(const std::string& key) {
  if (!cleared_) {
    reads_.insert(key);
  }
}

void ModelRequest::set(const std::string& key, const std::string& json) {
  content_.set(key, json);
  changes_[key] = {Change::Kind::set, 0};
}

void ModelRequest::increment(const std::string& key, std::int64_t delta) {
  const std::string* old = content_.find(key);
  content_.set(key, std::to_string((old == nullptr ? 0 : std::stoll(*old)) + delta));
  const auto change = changes_.find(key);
  if (change == changes_.end() || change->second.kind == Change::Kind::remove) {
    changes_[key] = {Change::Kind::increment, delta};
  } else {
    change->second.delta += delta;
  }
}

void ModelRequest::remove(const std::string& key) {
  if (content_.find(key) == nullptr) {
    return read(key);  // the answer says so
  }
  content_.remove(key);
  if (seen_.find(key) != nullptr && !cleared_) {
    changes_[key] = {Change::Kind::remove, 0};
  } else {
    changes_.erase(key);
  }
}

void ModelRequest::clear() {
  content_.clear();
  changes_.clear();
  reads_.clear();
  has_read_all_ = false;
  cleared_ = true;
}

bool ModelRequest::is_conflict(ModelStore::Stored& stored) {
  if (mode_ != SESSIONS_COMMIT_STRICT) {
    return false;
  }
  const bool has_changed_since = has_read_all_ && stored.version != version_;
  std::set<std::string> about = reads_;
  for (const ModelContent* content : {&seen_, &stored.content}) {
    for (const auto& [key, _] : content->members()) {
      if (has_changed_since) {
        about.insert(key);
      }
    }
  }
  for (const std::string& key : about) {
    const std::string* then = seen_.find(key);
    const std::string* now = stored.content.find(key);
    if ((then == nullptr) != (now == nullptr) || (then != nullptr && *then != *now)) {
      contested_.push_back(key);
    }
  }
  return !contested_.empty() || has_changed_since;
}

void ModelRequest::write(ModelStore::Stored& stored) {
  if (mode_ == SESSIONS_COMMIT_LAST_WRITE) {
    stored.content = content_;
    return;
  }
  const ModelContent before = stored.content;
  if (cleared_) {
    stored.content.clear();
  }
  for (const auto& [key, change] : changes_) {
    if (change.kind == Change::Kind::remove) {
      removed_.push_back(key);
      stored.content.remove(key);
    }
  }
  for (const auto& [key, json] : content_.members()) {
    const auto change = changes_.find(key);
    if (change == changes_.end()) {
      continue;
    }
    const std::string* then = cleared_ ? nullptr : seen_.find(key);
    const std::string* now = before.find(key);
    const bool is_beaten = then != nullptr && now == nullptr;
    const bool is_set = change->second.kind == Change::Kind::set;
    const bool has_changed = (then == nullptr) != (now == nullptr) || (then != nullptr && *then != *now);
    if (!cleared_ && (is_beaten || (is_set && has_changed))) {
      contested_.push_back(key);
    }
    if (is_beaten) {
      continue;
    }
    if (is_set) {
      stored.content.set(key, json);
    } else {
      const std::string* there = stored.content.find(key);
      stored.content.set(key, std::to_string((there == nullptr ? 0 : std::stoll(*there)) + change->second.delta));
    }
  }
}

void ModelRequest::commit(bool moves) {
  contested_.clear();
  removed_.clear();
  const bool changes_something = cleared_ || !changes_.empty();
  outcome_ = SESSIONS_OUTCOME_UNCHANGED;
  if (is_gone_) {
    outcome_ = SESSIONS_OUTCOME_GONE;
    return;
  }
  if (!is_used_) {
    return;
  }
  is_used_ = false;
  if (content_.members().empty() && cleared_) {
    return destroy();
  }
  if (!id_) {
    if (!content_.members().empty()) {
      id_ = store_->create(content_);
      adopt(store_->at(*id_));
      outcome_ = SESSIONS_OUTCOME_CREATED;
    }
    return;
  }
  if (!changes_something && !moves && !renews_) {
    return;
  }
  ModelStore::Stored& stored = store_->at(*id_);
  if (!stored.is_alive) {
    is_gone_ = true;
    outcome_ = SESSIONS_OUTCOME_GONE;
    return;
  }
  if (!changes_something && !moves) {
    outcome_ = SESSIONS_OUTCOME_TOUCHED;
    return adopt(stored);
  }
  if (is_conflict(stored)) {
    outcome_ = SESSIONS_OUTCOME_CONFLICT;
    return adopt(stored);
  }
  const bool is_first = stored.version == version_;
  write(stored);
  ++stored.version;
  outcome_ = is_first ? SESSIONS_OUTCOME_SAVED : SESSIONS_OUTCOME_MERGED;
  if (moves) {
    stored.is_alive = false;
    outcome_ = SESSIONS_OUTCOME_REGENERATED;
    id_ = store_->create(ModelContent(stored.content));
  }
  adopt(store_->at(*id_));
}

void ModelRequest::destroy() {
  contested_.clear();
  if (id_) {
    store_->at(*id_).is_alive = false;
  }
  outcome_ = id_ || has_cookie_ ? SESSIONS_OUTCOME_DESTROYED : SESSIONS_OUTCOME_UNCHANGED;
  id_.reset();
  has_cookie_ = false;
  is_gone_ = false;
  is_used_ = false;
  adopt({});
}

}  // namespace conformance
