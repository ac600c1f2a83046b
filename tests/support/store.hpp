// Talking to a store, and stores that pass calls on to another one.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <store/store.hpp>
#include <string>
#include <utility>
#include <vector>

#include "ask.hpp"
#include "catch.hpp"

namespace sessions::testing {

// "key=value key=value", or "gone".
inline std::string text(const std::optional<store::Record>& record) {
  if (!record) {
    return "gone";
  }
  std::string text;
  store::Record::Reader reader(*record);
  for (std::size_t i = 0; i < record->field_count(); ++i) {
    const store::Field field = reader.next();
    text += (i == 0 ? "" : " ") + std::string(field.key) + "=" + std::string(field.value);
  }
  return text;
}

// The texts of a commit, which their owner may take back as soon as the call has returned.
class OwnedCommit {
 public:
  explicit OwnedCommit(const store::Commit& commit) : commit_(commit) {
    for (const store::Change& change : commit.changes) {
      changes_.push_back({change.kind, keep(change.key), keep(change.value), change.delta, keep(change.seen)});
    }
    for (const store::Precondition& precondition : commit.preconditions) {
      preconditions_.push_back({keep(precondition.key), keep(precondition.value)});
    }
    commit_.changes = changes_;
    commit_.preconditions = preconditions_;
  }
  OwnedCommit(const OwnedCommit&) = delete;
  OwnedCommit& operator=(const OwnedCommit&) = delete;
  OwnedCommit(OwnedCommit&&) = delete;
  OwnedCommit& operator=(OwnedCommit&&) = delete;
  ~OwnedCommit() = default;

  const store::Commit& get() const noexcept { return commit_; }

 private:
  std::string_view keep(std::string_view text) { return texts_.emplace_back(text); }
  std::optional<std::string_view> keep(std::optional<std::string_view> text) {
    return text ? std::optional(keep(*text)) : std::nullopt;
  }

  store::Commit commit_;
  std::deque<std::string> texts_;
  std::vector<store::Change> changes_;
  std::vector<store::Precondition> preconditions_;
};

// Passes every call on, when and if the class that is made of it says so.
class ForwardingStore : public store::Store {
 public:
  explicit ForwardingStore(std::shared_ptr<store::Store> inner) : inner_(std::move(inner)) {}

  void load(const store::Key& key, const store::Call& call,
            store::Completion<std::optional<store::Record>> done) override {
    pass(std::move(done), [=, this](auto answer) { inner_->load(key, made_of(call), std::move(answer)); });
  }
  void create(const store::Key& key, const store::Record& record, const store::Call& call,
              store::Completion<bool> done) override {
    pass(std::move(done), [=, this](auto answer) { inner_->create(key, record, made_of(call), std::move(answer)); });
  }
  store::Attempt commit(const store::Key& key, const store::Commit& commit, const store::Call& call,
                        store::Completion<store::Committed> done) override {
    pass(std::move(done), [=, this, copy = std::make_shared<OwnedCommit>(commit)](auto answer) {
      inner_->commit(key, copy->get(), made_of(call), std::move(answer));
    });
    return {};
  }
  void touch(const store::Key& key, std::uint64_t generation, std::int64_t expires, const store::Call& call,
             store::Completion<store::Committed> done) override {
    pass(std::move(done),
         [=, this](auto answer) { inner_->touch(key, generation, expires, made_of(call), std::move(answer)); });
  }
  store::Attempt regenerate(const store::Key& from, const store::Destination& to, const store::Commit& commit,
                            std::int64_t ended_until, const store::Call& call,
                            store::Completion<store::Committed> done) override {
    pass(std::move(done), [=, this, copy = std::make_shared<OwnedCommit>(commit)](auto answer) {
      inner_->regenerate(from, to, copy->get(), ended_until, made_of(call), std::move(answer));
    });
    return {};
  }
  void destroy(const store::Key& key, std::int64_t ended_until, const store::Call& call,
               store::Completion<store::Destroyed> done) override {
    pass(std::move(done),
         [=, this](auto answer) { inner_->destroy(key, ended_until, made_of(call), std::move(answer)); });
  }
  void sweep(std::int64_t most, const store::Call& call, store::Completion<std::int64_t> done) override {
    pass(std::move(done), [=, this](auto answer) { inner_->sweep(most, made_of(call), std::move(answer)); });
  }
  void ping(const store::Call& call, store::Completion<std::monostate> done) override {
    pass(std::move(done), [=, this](auto answer) { inner_->ping(made_of(call), std::move(answer)); });
  }
  void statistics(const store::Call& call, store::Completion<store::Statistics> done) override {
    pass(std::move(done), [=, this](auto answer) { inner_->statistics(made_of(call), std::move(answer)); });
  }

 protected:
  // Receives each call, to be made once or dropped.
  virtual void forward(std::function<void()> call) = 0;

  // What the other store is told.
  virtual store::Call made_of(const store::Call& call) const { return call; }

  // An error to answer with instead.
  virtual std::optional<Error> refusal() { return std::nullopt; }

 private:
  template <class Reply, class Make>
  void pass(store::Completion<Reply> done, Make make) {
    if (std::optional<Error> error = refusal()) {
      done(std::move(*error));
      return;
    }
    auto kept = std::make_shared<store::Completion<Reply>>(std::move(done));
    forward([make, kept] { make(std::move(*kept)); });
  }

  std::shared_ptr<store::Store> inner_;
};

}  // namespace sessions::testing
