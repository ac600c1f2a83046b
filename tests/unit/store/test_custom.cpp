#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <store/custom.hpp>
#include <store/dialogue.hpp>
#include <string>
#include <vector>

#include "../../support/catch.hpp"

using namespace sessions;
using namespace sessions::store;

namespace {

using Kind = Change::Kind;

constexpr std::int64_t now = 1'700'000'000;
constexpr Key a = {'a'};
constexpr Key b = {'b'};

// Blobs in memory that the test can interfere with at every question, and that answer when the test says so.
class TestBlobs final : public Blobs {
 public:
  struct Blob {
    std::string bytes;
    std::uint64_t version;
  };

  // Looks at the number of the question, from 1; a status is the answer to it.
  std::function<std::optional<BlobAnswer>(int question)> instead = [](int) { return std::nullopt; };
  int lost_answer = 0;  // the number of the question whose answer is Status::unknown
  bool is_lost_when_done = false;
  bool is_deferring = false;
  std::deque<std::function<void()>> deferred;
  std::map<Key, Blob> blobs;
  int questions = 0;
  int puts = 0;

  void get(const Key& key, Dialogue& dialogue) override {
    ask(dialogue, [this, &key]() -> BlobAnswer {
      const auto found = blobs.find(key);
      if (found == blobs.end()) {
        return BlobMissing();
      }
      auto read = read_blob(found->second.bytes, found->second.version);
      return read ? BlobAnswer(std::move(*read)) : BlobAnswer(read.error());
    });
  }

  void put(const Key& key, const BlobWrite& write, Dialogue& dialogue) override {
    ++puts;
    ask(dialogue, [this, &key, write]() -> BlobAnswer {
      if (version_of(key) != write.expected) {
        return BlobConflict();
      }
      blobs[key] = {std::string(write.blob), write.version};
      return BlobDone();
    });
  }

  void remove(const Key& key, std::uint64_t expected, Dialogue& dialogue) override {
    ask(dialogue, [this, &key, expected]() -> BlobAnswer {
      if (version_of(key) != expected) {
        return BlobConflict();
      }
      blobs.erase(key);
      return BlobDone();
    });
  }

  void sweep(std::int64_t, std::int64_t, Dialogue& dialogue) override { dialogue.answer(BlobsCounted{0, 0}); }
  void ping(Dialogue& dialogue) override { dialogue.answer(BlobDone()); }
  void statistics(Dialogue& dialogue) override { dialogue.answer(BlobsCounted{0, 0}); }

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

 private:
  std::uint64_t version_of(const Key& key) const {
    const auto found = blobs.find(key);
    return found == blobs.end() ? 0 : found->second.version;
  }

  void ask(Dialogue& dialogue, std::function<BlobAnswer()> work_out) {
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

struct World {
  std::shared_ptr<TestBlobs> blobs = std::make_shared<TestBlobs>();
  std::unique_ptr<Store> store = std::make_unique<Custom>(blobs);
  std::chrono::milliseconds timeout = std::chrono::minutes(5);

  template <class Reply, class Start>
  Result<Reply> ask(Start start) {
    const Call call(now, timeout);
    auto answer = std::make_shared<Answer<Reply>>();
    start(call, Completion<Reply>(answer));
    blobs->answer_all();
    store->wait_for(*answer, std::chrono::steady_clock::now() + std::chrono::minutes(5));
    REQUIRE(answer->is_delivered());
    return answer->take();
  }

  void create(const Key& key) {
    const std::vector<Field> fields = {{"k", "1"}};
    const Record record({7, 1, {now, now, no_deadline, now + 1000}, false}, {}, fields);
    REQUIRE(*ask<bool>([&](const Call& call, auto done) { store->create(key, record, call, std::move(done)); }));
  }

  // With texts that are gone when the call returns.
  Result<Committed> write(const Key* to) {
    auto texts = std::make_unique<std::vector<std::string>>(std::vector<std::string>{"key", "\"value\"", "k", "1"});
    const std::string_view key = (*texts)[0];
    const std::string_view value = (*texts)[1];
    const std::vector<Change> changes = {{Kind::set, key, value, 0, {}}, {Kind::increment, (*texts)[2], {}, 5, "1"}};
    const std::vector<Precondition> preconditions = {{"nothing", {}}};
    Commit commit;
    commit.generation = 7;
    commit.version = 1;
    commit.expires = now + 1000;
    commit.changes = changes;
    commit.preconditions = preconditions;
    return ask<Committed>([&](const Call& call, auto done) {
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

  std::string text(const Key& key) {
    auto found =
        ask<std::optional<Record>>([&](const Call& call, auto done) { store->load(key, call, std::move(done)); });
    REQUIRE(found);
    if (!*found) {
      return "gone";
    }
    std::string text;
    Record::Reader reader(**found);
    for (std::size_t i = 0; i < (*found)->field_count(); ++i) {
      const Field field = reader.next();
      text += std::string(field.key) + "=" + std::string(field.value) + " ";
    }
    return text;
  }
};

}  // namespace

TEST_CASE("at once or later, with arguments that are gone by then") {
  World world;
  world.blobs->is_deferring = GENERATE(false, true);
  world.create(a);
  const auto committed = world.write(nullptr);
  REQUIRE(committed);
  CHECK(committed->outcome == Committed::Outcome::applied);
  CHECK(world.text(a) == "k=6 key=\"value\" ");
  const auto moved = world.write(&b);
  REQUIRE(moved);
  CHECK(moved->outcome == Committed::Outcome::merged);
  CHECK(moved->record->head().generation == 8);
  CHECK(world.text(a) == "gone");
  CHECK(world.text(b) == "k=11 key=\"value\" ");
  CHECK(world.blobs->blobs.size() == 2);
}

TEST_CASE("fifty thousand conflicts in a row need no more stack than one") {
  World world;
  world.create(a);
  world.blobs->is_deferring = GENERATE(false, true);
  const int before = world.blobs->puts;
  int conflicts = 50'000;
  world.blobs->instead = [&](int) -> std::optional<BlobAnswer> {
    const bool is_put = world.blobs->puts > before && world.blobs->questions % 2 == 1;
    return is_put && conflicts-- > 0 ? std::optional<BlobAnswer>(BlobConflict()) : std::nullopt;
  };
  REQUIRE(world.write(nullptr));
  CHECK(conflicts < 0);
  CHECK(world.blobs->puts - before == 50'001);
}

TEST_CASE("whichever question fails, the caller learns why, and the session is where it was or has moved") {
  const int failing = GENERATE(1, 2, 3, 4);
  World world;
  world.create(a);
  const int before = world.blobs->questions;
  world.blobs->instead = [&](int question) -> std::optional<BlobAnswer> {
    return question == before + failing ? std::optional<BlobAnswer>(Error{static_cast<Status>(-555), "mine"})
                                        : std::nullopt;
  };
  const auto moved = world.write(&b);
  if (failing == 4) {  // get, put, put: there is no fourth
    CHECK(moved);
    return;
  }
  REQUIRE_FALSE(moved);
  CHECK(moved.error().status == static_cast<Status>(-555));
  CHECK(moved.error().message == "mine");
  world.blobs->instead = [](int) { return std::nullopt; };
  CHECK(world.text(a) == "k=1 ");
  CHECK(world.text(b) == "gone");
  CHECK(world.blobs->blobs.size() == 1);
}

TEST_CASE("a put whose answer was lost is looked for: what was done is done") {
  const bool is_done = GENERATE(true, false);
  World world;
  world.blobs->is_deferring = GENERATE(false, true);
  SECTION("create") {
    const int before = world.blobs->questions;
    world.blobs->lose_answer(before + 1, is_done);
    const std::vector<Field> fields = {{"k", "1"}};
    const Record record({7, 1, {now, now, no_deadline, now + 1000}, false}, {}, fields);
    const auto created =
        world.ask<bool>([&](const Call& call, auto done) { world.store->create(a, record, call, std::move(done)); });
    CHECK((created ? Status::ok : created.error().status) == (is_done ? Status::ok : Status::unknown));
    CHECK(world.text(a) == (is_done ? "k=1 " : "gone"));
  }
  SECTION("commit") {
    world.create(a);
    world.blobs->lose_answer(world.blobs->questions + 2, is_done);
    const auto committed = world.write(nullptr);
    CHECK((committed ? Status::ok : committed.error().status) == (is_done ? Status::ok : Status::unknown));
    CHECK(world.text(a) == (is_done ? "k=6 key=\"value\" " : "k=1 "));
  }
  SECTION("destroy") {
    world.create(a);
    world.blobs->lose_answer(world.blobs->questions + 2, is_done);
    const auto destroyed = world.ask<Destroyed>(
        [&](const Call& call, auto done) { world.store->destroy(a, now + 3600, call, std::move(done)); });
    CHECK((destroyed ? Status::ok : destroyed.error().status) == (is_done ? Status::ok : Status::unknown));
    CHECK(world.text(a) == (is_done ? "gone" : "k=1 "));
  }
  SECTION("regenerate, the new record") {
    world.create(a);
    world.blobs->lose_answer(world.blobs->questions + 2, is_done);
    const auto moved = world.write(&b);
    CHECK((moved ? Status::ok : moved.error().status) == (is_done ? Status::ok : Status::unknown));
    CHECK(world.text(a) == (is_done ? "gone" : "k=1 "));
    CHECK(world.text(b) == (is_done ? "k=6 key=\"value\" " : "gone"));
  }
  SECTION("regenerate, the tombstone") {
    world.create(a);
    world.blobs->lose_answer(world.blobs->questions + 3, is_done);
    const auto moved = world.write(&b);
    CHECK((moved ? Status::ok : moved.error().status) == (is_done ? Status::ok : Status::unknown));
    CHECK(world.text(a) == (is_done ? "gone" : "k=1 "));
    CHECK(world.text(b) == "k=6 key=\"value\" ");  // the old one may end still
  }
}

TEST_CASE("a put whose answer was lost has certainly not been done when somebody else's was") {
  World world;
  world.create(a);
  const bool is_move = GENERATE(false, true);
  const int before = world.blobs->questions;
  const int lost = before + (is_move ? 3 : 2);
  world.blobs->instead = [&](int question) -> std::optional<BlobAnswer> {
    if (question != lost) {
      return std::nullopt;
    }
    const std::vector<Field> fields = {{"k", "10"}};
    const Record other({7, 2, {now, now, no_deadline, now + 1000}, false}, {}, fields);
    world.blobs->blobs[a] = {std::string(other.bytes()), 2};
    return Error{Status::unknown, "lost"};
  };
  const auto written = world.write(is_move ? &b : nullptr);
  REQUIRE(written);
  CHECK(written->outcome == Committed::Outcome::merged);
  CHECK(world.text(is_move ? b : a) == "k=15 key=\"value\" ");
  CHECK(world.text(is_move ? a : b) == "gone");
}

TEST_CASE("of two equal writes at the same moment, one that is in doubt does not take the other's for its own") {
  World world;
  world.create(a);
  constexpr Key c = {'c'};
  const bool is_move = GENERATE(false, true);
  const int lost = world.blobs->questions + (is_move ? 3 : 2);
  world.blobs->instead = [&](int question) -> std::optional<BlobAnswer> {
    if (question != lost) {
      return std::nullopt;
    }
    World other{world.blobs};
    CHECK(other.write(is_move ? &c : nullptr)->outcome == Committed::Outcome::applied);
    return Error{Status::unknown, "lost"};
  };
  const auto written = world.write(is_move ? &b : nullptr);
  REQUIRE(written);
  CHECK(written->outcome == (is_move ? Committed::Outcome::gone : Committed::Outcome::merged));
  CHECK(world.text(a) == (is_move ? "gone" : "k=11 key=\"value\" "));
  CHECK(world.text(b) == "gone");
  CHECK(world.text(c) == (is_move ? "k=6 key=\"value\" " : "gone"));
}

TEST_CASE("a put whose answer was lost stays unknown when nobody can be asked, or others have written over it") {
  World world;
  world.create(a);
  const Key* to = GENERATE(as<const Key*>(), nullptr, &b);
  const bool can_ask = GENERATE(false, true);
  const int lost = world.blobs->questions + (to != nullptr ? 3 : 2);
  world.blobs->lose_answer(lost, true);
  world.blobs->instead = [&](int question) -> std::optional<BlobAnswer> {
    if (question == lost + 1 && can_ask) {
      world.blobs->blobs[a].version += 1;
    } else if (question == lost + 1) {
      return Error{Status::unavailable, "down"};
    }
    return std::nullopt;
  };
  const auto written = world.write(to);
  REQUIRE_FALSE(written);
  CHECK(written.error().status == Status::unknown);
  CHECK(world.text(to != nullptr ? b : a) == "k=6 key=\"value\" ");
}

TEST_CASE("what is thrown before a question is answered is the answer to it") {
  const int failing = GENERATE(1, 2, 3);
  World world;
  world.create(a);
  const int before = world.blobs->questions;
  world.blobs->instead = [&](int question) -> std::optional<BlobAnswer> {
    if (question == before + failing) {
      throw std::bad_alloc();
    }
    return std::nullopt;
  };
  const auto moved = world.write(&b);
  REQUIRE_FALSE(moved);
  CHECK(moved.error().status == Status::nomem);
  CHECK(world.text(a) == "k=1 ");
  CHECK(world.blobs->blobs.size() == 1);
}

TEST_CASE("regenerate writes the new record over when the old one has changed meanwhile") {
  World world;
  world.create(a);
  const int before = world.blobs->puts;
  int meddled = 0;
  world.blobs->instead = [&](int) -> std::optional<BlobAnswer> {
    if (meddled < 3 && world.blobs->puts == before + 2 * (meddled + 1)) {
      world.blobs->blobs[a].version += 10;
      ++meddled;
    }
    return std::nullopt;
  };
  const auto moved = world.write(&b);
  REQUIRE(moved);
  CHECK(meddled == 3);
  CHECK(world.blobs->blobs[b].version == 4);
  CHECK(world.text(a) == "gone");
  CHECK(world.text(b) == "k=6 key=\"value\" ");
}

TEST_CASE("what others keep overtaking ends busy, and leaves nothing behind") {
  World world;
  world.create(a);
  world.timeout = std::chrono::milliseconds(10);
  const Key* to = GENERATE(as<const Key*>(), nullptr, &b);
  world.blobs->instead = [&](int) -> std::optional<BlobAnswer> {
    world.blobs->blobs[a].version = 1'000'000 + static_cast<std::uint64_t>(world.blobs->questions);
    return std::nullopt;
  };
  const auto written = world.write(to);
  REQUIRE_FALSE(written);
  CHECK(written.error().status == Status::busy);
  world.blobs->instead = [](int) { return std::nullopt; };
  CHECK(world.text(a) == "k=1 ");
  CHECK(world.blobs->blobs.size() == 1);
}

TEST_CASE("blobs that are records, but not of ours") {
  const auto status_of = [](const Record::Head& head, std::vector<Applied> applied, std::vector<Field> fields) {
    const auto found = read_blob(Record(head, applied, fields).bytes(), 1);
    return found ? Status::ok : found.error().status;
  };
  const Times good{now, now, no_deadline, now + 1000};
  CHECK(status_of({1, 1, good, false}, {{1, 1, now}}, {{"k", "1"}, {"", "null"}}) == Status::ok);
  for (const Times& times : {Times{-1, now, no_deadline, now}, Times{now, INT64_MIN, no_deadline, now},
                             Times{now, now, INT64_MAX - 1, now}, Times{now, now, no_deadline, INT64_MAX}}) {
    CHECK(status_of({1, 1, times, false}, {}, {}) == Status::corrupt);
  }
  CHECK(status_of({1, 1, good, false}, {{1, 1, INT64_MAX}}, {}) == Status::corrupt);
  for (const std::string_view value : {"", " 1", "1 ", "\"", "{\"a\":1,\"a\":2}", "\"\xff\"", "tru"}) {
    CHECK(status_of({1, 1, good, false}, {}, {{"k", value}}) == Status::corrupt);
  }
  CHECK(status_of({1, 1, good, false}, {}, {{"\xff", "1"}}) == Status::corrupt);
  CHECK(status_of({1, 1, good, false}, {}, std::vector<Field>(1024, {"k", "1"})) == Status::ok);
  CHECK(status_of({1, 1, good, false}, {}, std::vector<Field>(1025, {"k", "1"})) == Status::corrupt);
}
