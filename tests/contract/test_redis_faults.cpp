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

enum class Dialogue { load, load_nobody, create, commit, touch, regenerate, destroy };

constexpr std::array dialogues = {Dialogue::load,  Dialogue::load_nobody, Dialogue::create, Dialogue::commit,
                                  Dialogue::touch, Dialogue::regenerate,  Dialogue::destroy};

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
  Scene() : store_(testing::open_fresh_redis()) {}

  void begin() {
    ++number_;
    create(mine_, mine);
    create(hers_, hers);
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
    store::redis::Options options;
    options.path = directory().file("proxy");
    store_ = testing::open_redis(std::make_shared<store::redis::Multiplexer>(options, nullptr, proxy_.environment()));
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

  const FaultProxy& proxy() const noexcept { return proxy_; }

 private:
  static const testing::TemporaryDirectory& directory() {
    static const testing::TemporaryDirectory directory;
    return directory;
  }

  std::string play_mine(const Call& call, const Asked<std::optional<Record>>& neighbour) {
    const Key key = scene_.key(Scene::mine_);
    const auto load_hers = [&] { store_->load(scene_.key(Scene::hers_), call, neighbour.done()); };
    switch (dialogue_) {
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
        const Record record({9, 1, {now, now, no_deadline, expires}}, {}, fields);
        store_->create(scene_.key(Scene::new_), record, call, asked.done());
        load_hers();
        const auto created = asked.wait(*store_, call, Status::unknown);
        return judge(created, created && *created, scene_.seen(Scene::new_), "gone", "owner=" + std::string(mine));
      }
      case Dialogue::commit:
      case Dialogue::touch:
        return play_commit(call, load_hers);
      case Dialogue::regenerate:
        return play_regenerate(call, load_hers);
      case Dialogue::destroy: {
        const Asked<Destroyed> asked;
        store_->destroy(key, now + 60, call, asked.done());
        load_hers();
        const auto destroyed = asked.wait(*store_, call, Status::unknown);
        return judge(destroyed, destroyed && destroyed->was_there, scene_.seen(Scene::mine_), my_text, "gone");
      }
    }
    return "no such dialogue";
  }

  template <class LoadHers>
  std::string play_commit(const Call& call, LoadHers load_hers) {
    const Key key = scene_.key(Scene::mine_);
    const std::vector<Change> changes = {{Change::Kind::increment, "n", {}, 1, "0"}};
    Commit commit;
    commit.generation = generation;
    commit.version = 1;
    commit.expires = expires + 5;
    commit.changes = changes;
    const Asked<Committed> asked;
    if (dialogue_ == Dialogue::touch) {
      store_->touch(key, generation, expires + 5, call, asked.done());
    } else {
      store_->commit(key, commit, call, asked.done());
    }
    load_hers();
    const auto committed = asked.wait(*store_, call, Status::unknown);
    const std::string after = dialogue_ == Dialogue::touch ? my_text : "owner=" + std::string(mine) + " n=1";
    return judge(committed, committed && is_done(*committed), scene_.seen(Scene::mine_), my_text, after);
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
    store_->regenerate(scene_.key(Scene::mine_), {scene_.key(Scene::new_), 8}, commit, now + 60, call, asked.done());
    load_hers();
    const auto moved = asked.wait(*store_, call, Status::unknown);
    return judge(moved, moved && is_done(*moved), scene_.seen(Scene::mine_) + " " + scene_.seen(Scene::new_),
                 my_text + " gone", "gone owner=" + std::string(mine) + " n=1");
  }

  // A renewal does not know which version it renews.
  bool is_done(const Committed& committed) const {
    return committed.outcome == Outcome::applied || committed.outcome == Outcome::duplicate ||
           (dialogue_ == Dialogue::touch && committed.outcome == Outcome::merged);
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
  FaultProxy proxy_;
  std::shared_ptr<Store> store_;
};

// What a client might be given that was meant for another one. None can pass for the end of a value when it comes amid
// one: against who writes values into the stream only TLS helps.
std::vector<std::string> extra_replies(Scene& scene) {
  Scenario other(scene, Dialogue::load, {});
  REQUIRE(other.play() == "");
  const std::string said = other.proxy().said_by_server();
  return {"+OK\r\n", ":12345\r\n", "$-1\r\n", "*0\r\n", "-ERR no\r\n", said.substr(said.find("*"))};
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
    for (const bool of_server : {true, false}) {
      const std::size_t bytes = of_server ? whole.proxy().server_bytes() : whole.proxy().client_bytes();
      for (const Fault fault : testing::all_faults) {
        // Redis takes what it is sent for what is meant.
        if (!of_server && (fault == Fault::bad_byte || fault == Fault::extra_reply)) {
          continue;
        }
        for (std::size_t at = 0; at < bytes; ++at) {
          Scenario scenario(scene, dialogue, {fault, of_server, at, extras[at % extras.size()]});
          const std::string wrong = scenario.play();
          ++scenarios;
          spoilt += scenario.proxy().was_spoilt() || fault == Fault::dribble ? 1 : 0;
          if (!wrong.empty()) {
            CAPTURE(static_cast<int>(dialogue), of_server, static_cast<int>(fault), at);
            FAIL_CHECK(wrong);
          }
        }
      }
    }
  }
  CHECK(scenarios > 10'000);
  CHECK(spoilt > scenarios * 9 / 10);
}
