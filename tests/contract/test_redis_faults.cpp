// Every byte that goes between the library and a Redis server, lost, late, damaged or with something between: whatever
// happens, nobody is told what is not so, and nobody is given what is another's.
#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <store/redis/multiplexer.hpp>
#include <store/redis/redis.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../support/catch.hpp"
#include "../support/fault_proxy.hpp"
#include "../support/redis_store.hpp"
#include "../support/store.hpp"

using namespace sessions;
using namespace sessions::store;
using testing::Fault;
using testing::FaultPlan;
using testing::FaultProxy;
using testing::text;
using Outcome = Committed::Outcome;

namespace {

constexpr std::int64_t now = 1'700'000'000;
constexpr std::int64_t expires = now + 1'000;
constexpr std::chrono::milliseconds timeout{2'000};
constexpr std::uint64_t generation = 7;
constexpr std::uint64_t moved = 8;
constexpr const char* mine = "\"mine-mine-mine\"";
constexpr const char* hers = "\"hers-hers-hers\"";
const std::string my_text = "owner=" + std::string(mine) + " n=0";
const std::string her_text = "owner=" + std::string(hers) + " n=0";

Key key_of(std::uint32_t number, char role) {
  Key key{};
  key[0] = role;
  for (std::size_t i = 0; i < 4; ++i) {
    key[i + 1] = static_cast<char>(number >> (8 * i));
  }
  return key;
}

// commit_text: the server does not know the script. commit_merged: somebody else has changed another field. The next
// two are refused, for a reason that is gone when what was lost arrives. The last two wait for a replica, of which
// there is none.
enum class Dialogue {
  open,
  load,
  load_nobody,
  create,
  commit,
  commit_text,
  commit_merged,
  commit_in_conflict,
  commit_over_limit,
  touch,
  regenerate,
  destroy,
  regenerate_confirmed,
  destroy_confirmed
};

constexpr std::array dialogues = {Dialogue::open,
                                  Dialogue::load,
                                  Dialogue::load_nobody,
                                  Dialogue::create,
                                  Dialogue::commit,
                                  Dialogue::commit_text,
                                  Dialogue::commit_merged,
                                  Dialogue::commit_in_conflict,
                                  Dialogue::commit_over_limit,
                                  Dialogue::touch,
                                  Dialogue::regenerate,
                                  Dialogue::destroy,
                                  Dialogue::regenerate_confirmed,
                                  Dialogue::destroy_confirmed};

// Somebody else has set a field of my session, and removes it before what was lost arrives.
constexpr bool is_contested(Dialogue dialogue) {
  return dialogue == Dialogue::commit_merged || dialogue == Dialogue::commit_in_conflict ||
         dialogue == Dialogue::commit_over_limit;
}

constexpr bool is_confirmed(Dialogue dialogue) {
  return dialogue == Dialogue::regenerate_confirmed || dialogue == Dialogue::destroy_confirmed;
}

// Everybody signs in and selects a database.
store::redis::Options options_at(const std::string& path) {
  store::redis::Options options;
  options.path = path;
  options.user = "app";
  options.password = "hunter2";
  options.database = 1;
  return options;
}

// A call that was made, and perhaps answered.
template <class Reply>
struct Asked {
  std::shared_ptr<Answer<Reply>> answer = std::make_shared<Answer<Reply>>();

  Completion<Reply> done() const { return Completion<Reply>(answer); }

  // As the manager does.
  Result<Reply> wait(Store& store, const Call& call, Status late) const {
    store.wait_for(*answer, call.deadline());
    return answer->is_delivered() ? answer->take() : Result<Reply>(Error{late, {}});
  }
};

// One session of mine and one of hers, seen without faults.
class Scene {
 public:
  Scene() {
    const testing::RedisServer& server = testing::shared_redis_server();
    testing::tell(server, {"FLUSHALL"});
    testing::tell(server, {"CONFIG", "SET", "hz", "500"});  // how often it looks whether a WAIT is over
    testing::tell(server, {"ACL", "SETUSER", "app", "on", ">hunter2", "~*", "+@all"});
    store_ = testing::open_redis(std::make_shared<store::redis::Client>(options_at(path()), nullptr));
  }

  void begin() {
    ++number_;
    create(mine_, mine);
    create(hers_, hers);
  }

  // By somebody else.
  void change_mine(const Change& change) {
    Commit commit;
    commit.generation = generation;
    commit.expires = expires;
    commit.changes = {&change, 1};
    const Call call(now, std::chrono::minutes(5));
    const Asked<Committed> asked;
    store_->commit(key(mine_), commit, call, asked.done());
    REQUIRE(asked.wait(*store_, call, Status::unknown));
  }

  std::string path() const { return testing::shared_redis_server().socket_path(); }
  Key key(char role) const { return key_of(number_, role); }
  static constexpr char mine_ = 'm';
  static constexpr char hers_ = 'h';
  static constexpr char new_ = 'n';

  std::string seen(char role) {
    const Call call(now, std::chrono::minutes(5));
    const Asked<std::optional<Record>> asked;
    store_->load(key(role), call, asked.done());
    const auto record = asked.wait(*store_, call, Status::timeout);
    REQUIRE(record);
    return text(*record);
  }

  std::string all_seen() { return seen(mine_) + ", " + seen(new_) + ", " + seen(hers_); }

 private:
  void create(char role, const char* owner) {
    const std::vector<Field> fields = {{"owner", owner}, {"n", "0"}};
    const Record record({generation, 1, {now, now, no_deadline, expires}}, {}, fields);
    const Call call(now, std::chrono::minutes(5));
    const Asked<bool> asked;
    store_->create(key(role), record, call, asked.done());
    const Result<bool> created = asked.wait(*store_, call, Status::unknown);
    REQUIRE(created);
    REQUIRE(*created);
  }

  std::shared_ptr<Store> store_;
  std::uint32_t number_ = 0;
};

// Statuses that say that nothing was done.
bool is_harmless(Status status) { return status != Status::unknown && status != Status::internal; }

class Scenario {
 public:
  Scenario(Scene& scene, Dialogue dialogue, const FaultPlan& plan)
      : scene_(scene), dialogue_(dialogue), proxy_(directory().file("proxy"), scene.path(), plan) {
    scene_.begin();
    if (is_contested(dialogue)) {
      scene_.change_mine({Change::Kind::set, "busy", "1"});
    }
    if (dialogue == Dialogue::commit_text) {
      testing::tell(testing::shared_redis_server(), {"SCRIPT", "FLUSH"});
    }
    options_ = options_at(directory().file("proxy"));
    store_ = testing::open_redis(std::make_shared<store::redis::Multiplexer>(options_, nullptr, proxy_.environment()),
                                 {"session:", std::chrono::milliseconds(is_confirmed(dialogue) ? 1 : 0)});
  }

  // What is wrong; empty when nothing is.
  std::string play() {
    const Asked<std::optional<Record>> neighbour;
    const Call call(now, timeout);
    std::string wrong = play_mine(call, neighbour);
    const auto found = neighbour.wait(*store_, call, Status::timeout);
    if (found && text(*found) != her_text) {
      wrong += " she is given " + text(*found);
    }
    if (scene_.seen(Scene::hers_) != her_text) {
      wrong += " her session is " + scene_.seen(Scene::hers_);
    }
    return wrong;
  }

  // Likewise, when what was lost arrives after all, and others have come before it.
  std::string play_on() {
    if (is_contested(dialogue_)) {
      scene_.change_mine({Change::Kind::remove, "busy"});
    }
    go_on();
    const std::string before = scene_.all_seen();
    proxy_.deliver_late();
    const std::string after = scene_.all_seen();
    return after == before ? "" : " what arrived late has made " + after + " of " + before;
  }

  const FaultProxy& proxy() const noexcept { return proxy_; }

 private:
  static const testing::TemporaryDirectory& directory() {
    static const testing::TemporaryDirectory directory;
    return directory;
  }

  // Commits once more, so that the server may forget what came before; and as the manager does after status unknown.
  void go_on() {
    const std::vector<Change> changes = {{Change::Kind::set, "later", "1"}};
    for (const auto& [role, its_generation] : {std::pair(Scene::mine_, generation), std::pair(Scene::new_, moved)}) {
      Commit commit;
      commit.generation = its_generation;
      commit.expires = expires;
      commit.changes = changes;
      commit.voided = voided_;
      const Call call(now, timeout);
      const Asked<Committed> asked;
      store_->commit(scene_.key(role), commit, call, asked.done());
      static_cast<void>(asked.wait(*store_, call, Status::unknown));
    }
  }

  std::string play_mine(const Call& call, const Asked<std::optional<Record>>& neighbour) {
    const Key key = scene_.key(Scene::mine_);
    const auto load_hers = [&] { store_->load(scene_.key(Scene::hers_), call, neighbour.done()); };
    switch (dialogue_) {
      case Dialogue::open: {
        const Asked<std::string> asked;
        store_->prepare(call, asked.done());
        load_hers();
        const auto warning = asked.wait(*store_, call, Status::timeout);
        return warning && !warning->empty() ? "I am warned that " + *warning : "";
      }
      case Dialogue::load:
      case Dialogue::load_nobody: {
        const bool is_there = dialogue_ == Dialogue::load;
        const Asked<std::optional<Record>> asked;
        store_->load(is_there ? key : scene_.key(Scene::new_), call, asked.done());
        load_hers();
        const auto found = asked.wait(*store_, call, Status::timeout);
        const std::string right = is_there ? my_text : "gone";
        return found && text(*found) != right ? "I am given " + text(*found) : "";
      }
      case Dialogue::create: {
        const Asked<bool> asked;
        const std::vector<Field> fields = {{"owner", mine}};
        const Record record({moved, 1, {now, now, no_deadline, expires}}, {}, fields);
        store_->create(scene_.key(Scene::new_), record, call, asked.done());
        load_hers();
        const auto created = asked.wait(*store_, call, Status::unknown);
        return judge(created, created && *created, scene_.seen(Scene::new_), "gone", "owner=" + std::string(mine));
      }
      case Dialogue::commit:
      case Dialogue::commit_text:
      case Dialogue::commit_merged:
      case Dialogue::commit_in_conflict:
      case Dialogue::commit_over_limit:
      case Dialogue::touch:
        return play_commit(call, load_hers);
      case Dialogue::regenerate:
      case Dialogue::regenerate_confirmed:
        return play_regenerate(call, load_hers);
      case Dialogue::destroy:
      case Dialogue::destroy_confirmed: {
        const Asked<Destroyed> asked;
        store_->destroy(key, now + 60, call, asked.done());
        load_hers();
        const auto destroyed = asked.wait(*store_, call, Status::unknown);
        return judge(destroyed, destroyed && destroyed->was_there && destroyed->degraded == is_confirmed(dialogue_),
                     scene_.seen(Scene::mine_), my_text, "gone");
      }
    }
    return "no such dialogue";
  }

  template <class LoadHers>
  std::string play_commit(const Call& call, LoadHers load_hers) {
    const Key key = scene_.key(Scene::mine_);
    const std::vector<Change> changes = {{Change::Kind::increment, "n", {}, 10, "0"}};
    const Precondition is_free{"busy", std::nullopt};
    Commit commit;
    commit.generation = generation;
    commit.version = dialogue_ == Dialogue::commit_over_limit ? 2 : 1;
    commit.expires = expires + 5;
    commit.changes = changes;
    if (dialogue_ == Dialogue::commit_in_conflict) {
      commit.preconditions = {&is_free, 1};
    } else if (dialogue_ == Dialogue::commit_over_limit) {
      commit.max_bytes = std::string(
                             "owner"
                             "n0"
                             "busy1")
                             .size() +
                         std::string(mine).size();
    }
    const Asked<Committed> asked;
    Attempt attempt;
    if (dialogue_ == Dialogue::touch) {
      store_->touch(key, generation, expires + 5, call, asked.done());
    } else {
      attempt = store_->commit(key, commit, call, asked.done());
    }
    load_hers();
    const auto committed = asked.wait(*store_, call, Status::unknown);
    if (!committed && committed.error().status == Status::unknown && attempt.writer != 0) {
      voided_ = {attempt};
    }
    const std::string rest = is_contested(dialogue_) ? " busy=1" : "";
    const std::string before = my_text + rest;
    const std::string after = dialogue_ == Dialogue::touch ? before : "owner=" + std::string(mine) + " n=10" + rest;
    const bool is_refused = committed && committed->outcome == Outcome::conflict;
    return judge(committed, committed && is_done(*committed), scene_.seen(Scene::mine_), before,
                 is_refused ? before : after);
  }

  template <class LoadHers>
  std::string play_regenerate(const Call& call, LoadHers load_hers) {
    const std::vector<Change> changes = {{Change::Kind::increment, "n", {}, 1, "0"}};
    Commit commit;
    commit.generation = generation;
    commit.version = 1;
    commit.expires = expires;
    commit.changes = changes;
    const Asked<Committed> asked;
    store_->regenerate(scene_.key(Scene::mine_), {scene_.key(Scene::new_), moved}, commit, now + 60, call,
                       asked.done());
    load_hers();
    const auto done = asked.wait(*store_, call, Status::unknown);
    return judge(done, done && is_done(*done), scene_.seen(Scene::mine_) + " " + scene_.seen(Scene::new_),
                 my_text + " gone", "gone owner=" + std::string(mine) + " n=1");
  }

  // A renewal does not know which version it renews.
  bool is_done(const Committed& committed) const {
    const bool is_merged = dialogue_ == Dialogue::touch || dialogue_ == Dialogue::commit_merged;
    const Outcome usual = dialogue_ == Dialogue::commit_in_conflict ? Outcome::conflict
                          : is_merged                               ? Outcome::merged
                                                                    : Outcome::applied;
    return committed.degraded == is_confirmed(dialogue_) &&
           (committed.outcome == usual || committed.outcome == Outcome::duplicate ||
            (dialogue_ == Dialogue::touch && committed.outcome == Outcome::applied));
  }

  template <class Reply>
  static std::string judge(const Result<Reply>& reply, bool is_done, const std::string& seen, const std::string& before,
                           const std::string& after) {
    if (reply) {
      return is_done && seen == after ? "" : " I am told of success " + std::to_string(is_done) + " but it is " + seen;
    }
    if (is_harmless(reply.error().status)) {
      return seen == before ? "" : " I am told that nothing was done, but it is " + seen;
    }
    return reply.error().status == Status::unknown && (seen == before || seen == after)
               ? ""
               : " status " + std::to_string(static_cast<int>(reply.error().status)) + ", and it is " + seen;
  }

  Scene& scene_;
  const Dialogue dialogue_;
  std::vector<Attempt> voided_;
  FaultProxy proxy_;
  store::redis::Options options_;
  std::shared_ptr<store::redis::Redis> store_;
};

// What a client might be given that was meant for another one. None can pass for the end of a value when it comes amid
// one: against who writes values into the stream only TLS helps.
std::vector<std::string> extra_replies(Scene& scene) {
  Scenario other(scene, Dialogue::load, {});
  REQUIRE(other.play() == "");
  const std::string said = other.proxy().said_by_server();
  return {"+OK\r\n",     ":12345\r\n",   "$-1\r\n",          "*0\r\n",         "-ERR no\r\n",
          "-OOM no\r\n", "-BUSY no\r\n", "-NOSCRIPT no\r\n", "-NOPERM no\r\n", said.substr(said.find("*"))};
}

// At which byte each reply begins, or each command.
std::vector<std::size_t> beginnings(const std::string& said) {
  std::vector<std::size_t> beginnings = {0};
  store::redis::ReplyReader reader;
  for (std::size_t i = 0; i + 1 < said.size(); ++i) {
    REQUIRE(reader.feed({&said[i], 1}));
    if (reader.next()) {
      beginnings.push_back(i + 1);
    }
  }
  return beginnings;
}

// Every byte, and in one dialogue those of the greeting too. What dribbles does so from there to the end, and the texts
// of scripts are long: there it is some bytes all over it.
std::vector<std::size_t> places_in(const std::string& said, Dialogue dialogue, Fault fault) {
  constexpr std::size_t greeting = 4;
  const std::size_t first = dialogue == Dialogue::load ? 0 : beginnings(said).at(greeting);
  const std::size_t bytes = said.size() - first;
  const std::size_t count = fault == Fault::dribble ? 5 : bytes > 1'000 ? 50 : bytes;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < count; ++i) {
    places.push_back(first + i * bytes / count);
  }
  return places;
}

// All plans of a dialogue, of which the proxy has heard how it goes when nothing goes wrong.
std::vector<FaultPlan> plans_of(Dialogue dialogue, const FaultProxy& whole, const std::vector<std::string>& extras) {
  std::vector<FaultPlan> plans;
  for (const Fault fault : testing::all_faults) {
    if (fault != Fault::late) {
      for (const std::size_t at : places_in(whole.said_by_server(), dialogue, fault)) {
        plans.push_back({fault, true, at, extras[at % extras.size()]});
      }
    }
    // Redis takes what it is sent for what is meant.
    if (fault != Fault::bad_byte && fault != Fault::extra_reply) {
      for (const std::size_t at : places_in(whole.said_by_client(), dialogue, fault)) {
        plans.push_back({fault, false, at, {}});
      }
    }
  }
  for (const std::size_t at : beginnings(whole.said_by_server())) {
    for (const std::string& extra : extras) {
      plans.push_back({Fault::extra_reply, true, at, extra});
    }
  }
  return plans;
}

}  // namespace

TEST_CASE("no fault at any byte makes anything untrue, or anybody's anybody else's") {
  Scene scene;
  const std::vector<std::string> extras = extra_replies(scene);
  int scenarios = 0;
  int spoilt = 0;
  for (const Dialogue dialogue : dialogues) {
    REQUIRE(Scenario(scene, dialogue, {}).play() == "");  // the server knows the script from now on
    Scenario whole(scene, dialogue, {});
    REQUIRE(whole.play() == "");
    for (const FaultPlan& plan : plans_of(dialogue, whole.proxy(), extras)) {
      Scenario scenario(scene, dialogue, plan);
      std::string wrong = scenario.play();
      wrong += plan.fault == Fault::late ? scenario.play_on() : "";
      ++scenarios;
      spoilt += scenario.proxy().was_spoilt() ? 1 : 0;
      if (!wrong.empty()) {
        CAPTURE(static_cast<int>(dialogue), plan.of_server, static_cast<int>(plan.fault), plan.at, plan.extra);
        FAIL_CHECK(wrong);
      }
    }
  }
  CHECK(scenarios > 10'000);
  CHECK(spoilt > scenarios * 9 / 10);
}
