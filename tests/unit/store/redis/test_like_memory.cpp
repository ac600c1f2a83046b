// What Redis does with changes is what merge() does: thousands of the same calls to both, and the same answers.
#include <algorithm>
#include <map>
#include <random>
#include <store/memory.hpp>
#include <string>
#include <vector>

#include "../../../support/catch.hpp"
#include "../../../support/codecs.hpp"
#include "../../../support/redis_store.hpp"
#include "../../../support/store.hpp"

using namespace sessions;
using namespace sessions::store;
using testing::ask;
using Kind = Change::Kind;

namespace {

constexpr std::int64_t lifetime = 100;

const std::vector<std::string> names = {"a", "b", "n", "", std::string("k\0l", 3), "\xc3\xa4", "@", "."};
const std::vector<std::string> values = {"1",
                                         "-1",
                                         "0",
                                         "-0",
                                         "true",
                                         "\"x\"",
                                         "\"7\"",
                                         "{\"a:b\":2}",
                                         "1.0",
                                         "1e3",
                                         "999999999999999",
                                         "-999999999999999",
                                         "1000000000000000",
                                         "9007199254740993",
                                         "9223372036854775807",
                                         "-9223372036854775808",
                                         "9223372036854775808",
                                         "100000000000000000000000000000000"};
const std::vector<std::int64_t> deltas = {
    0, 1, -1, 7, 999'999'999'999'999, -1'000'000'000'000'000, 9'007'199'254'740'993, INT64_MAX, INT64_MIN};

std::string describe(const std::optional<Record>& record) {
  if (!record) {
    return "gone";
  }
  const Record::Head head = record->head();
  std::string text = std::to_string(head.generation) + "/" + std::to_string(head.version);
  for (const std::int64_t time : {head.times.created, head.times.written, head.times.expires}) {
    text += " " + std::to_string(time);
  }
  return text + " " + testing::text(record);
}

class Both {
 public:
  Both(unsigned seed, std::shared_ptr<const Codec> codec)
      : random_(seed), redis_(testing::open_redis(transport())), codec_(std::move(codec)) {
    testing::tell(testing::shared_redis_server(), {"FLUSHALL"});
  }

  void step() {
    switch (draw(12)) {
      case 0:
        return create();
      case 1:
        return destroy();
      case 2:
        return touch();
      case 3:
        return regenerate();
      case 4:
        return let_time_pass();
      case 5:
      case 6:
        return look();
      default:
        return commit();
    }
  }

 private:
  struct Seen {
    std::uint64_t generation = 1;
    std::uint64_t version = 1;
    std::map<std::string, std::string> fields;
  };

  static std::shared_ptr<redis::Transport> transport() {
    return std::make_shared<testing::BlockingTransport>(testing::shared_redis_server());
  }

  std::size_t draw(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_); }
  template <class T>
  const T& any(const std::vector<T>& all) {
    return all[draw(all.size())];
  }
  Key key() { return {static_cast<char>(draw(5))}; }
  Call call() const { return {now_, std::chrono::minutes(1), codec_}; }

  template <class Reply, class Make, class Describe>
  void compare(const char* what, Make make, Describe describe) {
    const auto from_memory = ask<Reply>(memory_, [&](auto done) { make(memory_, std::move(done)); });
    const auto from_redis = ask<Reply>(*redis_, [&](auto done) { make(*redis_, std::move(done)); });
    INFO(what << " at " << now_);
    INFO((from_redis ? std::string() : from_redis.error().message));
    REQUIRE(static_cast<bool>(from_memory) == static_cast<bool>(from_redis));
    if (from_memory) {
      REQUIRE(describe(*from_redis) == describe(*from_memory));
    } else {
      REQUIRE(from_redis.error().status == from_memory.error().status);
      REQUIRE(from_redis.error().message == from_memory.error().message);
    }
  }

  void compare_record(const Key& key) {
    compare<std::optional<Record>>(
        "load", [&](Store& store, auto done) { store.load(key, call(), std::move(done)); }, describe);
  }

  static std::string describe_commit(const Committed& committed) {
    std::string text = std::to_string(static_cast<int>(committed.outcome));
    for (const std::string& contested : committed.keys) {
      text += " " + contested;
    }
    const bool may_be_head = committed.outcome == Committed::Outcome::applied;
    return may_be_head ? text : text + ": " + describe(committed.record);
  }

  // What somebody keeps in mind from now on.
  void look() {
    const Key at = key();
    compare_record(at);
    const auto record =
        ask<std::optional<Record>>(memory_, [&](auto done) { memory_.load(at, call(), std::move(done)); });
    if (*record) {
      Seen& seen = any_seen();
      seen = {(*record)->head().generation, (*record)->head().version, {}};
      Record::Reader reader(**record);
      for (std::size_t i = 0; i < (*record)->field_count(); ++i) {
        const Field field = reader.next();
        seen.fields[std::string(field.key)] = field.value;
      }
    }
  }

  Seen& any_seen() { return seen_[draw(seen_.size())]; }

  void create() {
    std::vector<Field> fields;
    for (const std::string& name : names) {
      if (draw(2) == 0) {
        fields.push_back({name, any(values)});
      }
    }
    std::shuffle(fields.begin(), fields.end(), random_);
    const std::int64_t deadline = draw(3) == 0 ? now_ + 150 : no_deadline;
    const Record record({1 + draw(2), 1, {now_, now_, deadline, now_ + lifetime}}, {}, fields);
    const Key at = key();
    compare<bool>(
        "create", [&](Store& store, auto done) { store.create(at, record, call(), std::move(done)); },
        [](bool created) { return created; });
    compare_record(at);
  }

  void destroy() {
    const Key at = key();
    compare<Destroyed>(
        "destroy", [&](Store& store, auto done) { store.destroy(at, now_ + 60, call(), std::move(done)); },
        [](const Destroyed& destroyed) { return destroyed.was_there; });
    compare_record(at);
  }

  void touch() {
    const Key at = key();
    const std::uint64_t generation = any_seen().generation;
    compare<Committed>(
        "touch",
        [&](Store& store, auto done) { store.touch(at, generation, now_ + lifetime, call(), std::move(done)); },
        describe_commit);
    compare_record(at);
  }

  // Points into `seen`.
  std::optional<std::string_view> seen_of(const Seen& seen, const std::string& name) {
    const auto found = seen.fields.find(name);
    return found == seen.fields.end() ? std::nullopt : std::optional<std::string_view>(found->second);
  }

  template <class Use>
  void with_commit(Use use) {
    const Seen& seen = any_seen();
    std::vector<Change> changes(draw(5));
    for (Change& change : changes) {
      const std::string& name = any(names);
      change.kind = any(std::vector{Kind::set, Kind::remove, Kind::increment, Kind::increment});
      change.key = name;
      change.value = change.kind == Kind::set ? std::string_view(any(values)) : std::string_view();
      change.delta = change.kind == Kind::increment ? any(deltas) : 0;
      change.seen = seen_of(seen, name);
    }
    std::vector<Precondition> preconditions(draw(4) == 0 ? draw(3) : 0);
    for (Precondition& precondition : preconditions) {
      const std::string& name = any(names);
      precondition = {name, draw(5) == 0 ? std::optional<std::string_view>(any(values)) : seen_of(seen, name)};
    }
    Commit commit;
    commit.generation = seen.generation;
    commit.version = seen.version;
    commit.expires = now_ + lifetime;
    commit.max_bytes = draw(4) == 0 ? draw(80) : SIZE_MAX;
    commit.clear = draw(6) == 0;
    commit.changes = changes;
    commit.preconditions = preconditions;
    if (draw(10) == 0) {
      commit.only_version = seen.version;
    }
    // Otherwise Redis draws one, and forgets others because of it.
    ++unique_;
    commit.attempt = {39, unique_, unique_};
    use(commit);
  }

  void commit() {
    with_commit([&](Commit& commit) {
      if (draw(3) == 0) {
        sequence_ += draw(3) == 0 ? 1 : 0;
        commit.attempt = {40 + draw(3), sequence_ + draw(3), sequence_};
      }
      const Key at = key();
      compare<Committed>(
          "commit", [&](Store& store, auto done) { store.commit(at, commit, call(), std::move(done)); },
          describe_commit);
      compare_record(at);
    });
  }

  void regenerate() {
    with_commit([&](const Commit& commit) {
      const Key from = key();
      const Destination to{key(), 1 + draw(2)};
      compare<Committed>(
          "regenerate",
          [&](Store& store, auto done) { store.regenerate(from, to, commit, now_ + 60, call(), std::move(done)); },
          describe_commit);
      compare_record(from);
      compare_record(to.key);
    });
  }

  // Memory drops what has expired when it likes; then both have.
  void let_time_pass() {
    now_ += static_cast<std::int64_t>(draw(40));
    // The server's clock does not go with this one: what only one of them has forgotten is not tried again.
    if (now_ - first_attempt_ > 60) {
      sequence_ += 3;
      first_attempt_ = now_;
    }
    compare<std::int64_t>(
        "sweep", [&](Store& store, auto done) { store.sweep(1'000, call(), std::move(done)); },
        [](std::int64_t dropped) { return dropped; });
    compare<Statistics>(
        "statistics", [&](Store& store, auto done) { store.statistics(call(), std::move(done)); },
        [](const Statistics& counted) { return counted.sessions; });
  }

  std::mt19937 random_;
  std::int64_t now_ = 1'700'000'000;
  std::int64_t first_attempt_ = now_;
  std::uint64_t sequence_ = 1;
  std::uint64_t unique_ = 0;
  Memory memory_{MemoryBounds{}};
  std::shared_ptr<redis::Redis> redis_;
  const std::shared_ptr<const Codec> codec_;
  std::vector<Seen> seen_ = std::vector<Seen>(4);
};

}  // namespace

TEST_CASE("Redis and the memory store agree about thousands of random calls") {
  const auto codec = GENERATE(as<std::shared_ptr<const Codec>>{}, nullptr, std::make_shared<testing::Reversal>(),
                              std::make_shared<testing::Sealing>());
  for (unsigned seed = 1; seed <= 8; ++seed) {
    INFO("seed " << seed);
    Both both(seed, codec);
    for (int i = 0; i < 1'500; ++i) {
      both.step();
    }
  }
}
