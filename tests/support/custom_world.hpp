// A custom store whose blobs the test can interfere with.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <store/custom.hpp>
#include <store/dialogue.hpp>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"

namespace sessions::testing {

// Blobs in memory that the test can interfere with at every question, and that answer when the test says so.
class TestBlobs : public store::Blobs {
 public:
  struct Blob {
    std::string bytes;
    std::uint64_t version;
  };

  // Looks at the number of the question, from 1; a status is the answer to it.
  std::function<std::optional<store::BlobAnswer>(int question)> instead = [](int) { return std::nullopt; };
  int lost_answer = 0;  // the number of the question whose answer is Status::unknown
  bool is_lost_when_done = false;
  bool is_deferring = false;
  std::deque<std::function<void()>> deferred;
  std::map<store::Key, Blob> blobs;
  int questions = 0;
  int puts = 0;

  void get(const store::Key& key, store::Dialogue& dialogue) override {
    ask(dialogue, [this, &key]() -> store::BlobAnswer {
      const auto found = blobs.find(key);
      if (found == blobs.end()) {
        return store::BlobMissing();
      }
      auto read = store::read_blob(found->second.bytes, found->second.version);
      return read ? store::BlobAnswer(std::move(*read)) : store::BlobAnswer(read.error());
    });
  }

  void put(const store::Key& key, const store::BlobWrite& write, store::Dialogue& dialogue) override {
    ++puts;
    ask(dialogue, [this, &key, write]() -> store::BlobAnswer {
      if (version_of(key) != write.expected) {
        return store::BlobConflict();
      }
      blobs[key] = {std::string(write.blob), write.version};
      return store::BlobDone();
    });
  }

  void remove(const store::Key& key, std::uint64_t expected, store::Dialogue& dialogue) override {
    ask(dialogue, [this, &key, expected]() -> store::BlobAnswer {
      if (version_of(key) != expected) {
        return store::BlobConflict();
      }
      blobs.erase(key);
      return store::BlobDone();
    });
  }

  void sweep(std::int64_t, std::int64_t, store::Dialogue& dialogue) override {
    dialogue.answer(store::BlobsCounted{0, 0});
  }
  void ping(store::Dialogue& dialogue) override { dialogue.answer(store::BlobDone()); }
  void statistics(store::Dialogue& dialogue) override { dialogue.answer(store::BlobsCounted{0, 0}); }

  // The store will not know what became of that question.
  void lose_answer(int question, bool is_done) {
    lost_answer = question;
    is_lost_when_done = is_done;
  }

  // Answers what is open, and what is asked then, until nothing is.
  void answer_all() {
    while (!deferred.empty()) {
      const auto answer = std::move(deferred.front());
      deferred.pop_front();
      answer();
    }
  }

 protected:
  std::uint64_t version_of(const store::Key& key) const {
    const auto found = blobs.find(key);
    return found == blobs.end() ? 0 : found->second.version;
  }

  void ask(store::Dialogue& dialogue, std::function<store::BlobAnswer()> work_out) {
    auto other = instead(++questions);
    if (questions == lost_answer) {
      other = Error{Status::unknown, "lost"};
      if (is_lost_when_done) {
        work_out();
      }
    }
    auto answer = [&dialogue, work_out, other] { dialogue.answer(other ? *other : work_out()); };
    if (is_deferring) {
      deferred.push_back(answer);
    } else {
      answer();
    }
  }
};

// A custom store over them, with a session {"k":1} of generation 7 once create() was called.
struct CustomWorld {
  static constexpr std::int64_t now = 1'700'000'000;
  static constexpr store::Key a = {'a'};
  static constexpr store::Key b = {'b'};

  std::shared_ptr<TestBlobs> blobs = std::make_shared<TestBlobs>();
  std::unique_ptr<store::Store> store = std::make_unique<store::Custom>(blobs);
  std::chrono::milliseconds timeout = std::chrono::minutes(5);

  template <class Reply, class Start>
  Result<Reply> ask(Start start) {
    const store::Call call(now, timeout);
    auto answer = std::make_shared<store::Answer<Reply>>();
    start(call, store::Completion<Reply>(answer));
    blobs->answer_all();
    store->wait_for(*answer, std::chrono::steady_clock::now() + std::chrono::minutes(5));
    REQUIRE(answer->is_delivered());
    return answer->take();
  }

  void create(const store::Key& key) {
    const std::vector<store::Field> fields = {{"k", "1"}};
    const store::Record record({7, 1, {now, now, store::no_deadline, now + 1000}, false}, {}, fields);
    REQUIRE(*ask<bool>([&](const store::Call& call, auto done) { store->create(key, record, call, std::move(done)); }));
  }

  // With texts that are gone when the call returns.
  Result<store::Committed> write(const store::Key* to) {
    auto texts = std::make_unique<std::vector<std::string>>(std::vector<std::string>{"key", "\"value\"", "k", "1"});
    const std::string_view key = (*texts)[0];
    const std::string_view value = (*texts)[1];
    const std::vector<store::Change> changes = {{store::Change::Kind::set, key, value, 0, {}},
                                                {store::Change::Kind::increment, (*texts)[2], {}, 5, "1"}};
    const std::vector<store::Precondition> preconditions = {{"nothing", {}}};
    store::Commit commit;
    commit.generation = 7;
    commit.version = 1;
    commit.expires = now + 1000;
    commit.changes = changes;
    commit.preconditions = preconditions;
    return ask<store::Committed>([&](const store::Call& call, auto done) {
      if (to == nullptr) {
        store->commit(a, commit, call, std::move(done));
      } else {
        store->regenerate(a, {*to, 8}, commit, now + 3600, call, std::move(done));
      }
      for (std::string& text : *texts) {
        text.assign(text.size(), 'x');
      }
      texts.reset();
    });
  }

  std::string text(const store::Key& key) {
    auto found = ask<std::optional<store::Record>>(
        [&](const store::Call& call, auto done) { store->load(key, call, std::move(done)); });
    REQUIRE(found);
    if (!*found) {
      return "gone";
    }
    std::string text;
    store::Record::Reader reader(**found);
    for (std::size_t i = 0; i < (*found)->field_count(); ++i) {
      const store::Field field = reader.next();
      text += std::string(field.key) + "=" + std::string(field.value) + " ";
    }
    return text;
  }
};

}  // namespace sessions::testing
