// What a client and a server say to each other on one occasion, spoilt at one byte; and what may come of it:
// - Nobody is given anything of anybody else's, nor touches it.
// - Who is told that something was done, or was not done, is told the truth; and who reads, reads what is there.
// The latter holds wherever anything can be noticed. Without TLS there are no checksums but TCP's, so that nobody can
// notice when a byte becomes another one that makes sense in its place:
// - In the name or the value of a field that is read, one byte may be another one. The digit in the answer to WAIT may
//   say that there is a replica.
// - In what a script is called with, or as the number of the database, it makes the server do something else. What is
//   refused was not done even then.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <store/redis/multiplexer.hpp>
#include <string>
#include <utility>
#include <vector>

#include "fault_scene.hpp"

namespace sessions::testing {

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

inline constexpr std::array dialogues = {Dialogue::open,
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

class Scenario {
 public:
  using Role = Scene::Role;

  Scenario(Scene& scene, Dialogue dialogue, const FaultPlan& plan)
      : scene_(scene), dialogue_(dialogue), plan_(plan), proxy_(scene.behind_proxy(), plan) {
    scene_.begin();
    if (is_contested(dialogue)) {
      scene_.change_mine({store::Change::Kind::set, "busy", "1"});
    }
    if (dialogue == Dialogue::commit_text) {
      scene_.forget_scripts();
    }
    store::redis::Options options = Scene::signed_in();
    options.host = "127.0.0.1";
    options.port = scene.proxy_port();
    store_ = open_redis(std::make_shared<store::redis::Multiplexer>(options, scene.tls(), proxy_.environment()),
                        {"session:", std::chrono::milliseconds(is_confirmed(dialogue) ? 1 : 0)});
  }

  // What is wrong; empty when nothing is.
  std::string play() {
    const Asked<Found> neighbour;
    const store::Call call(Scene::now, timeout);
    std::string wrong = play_mine(call, neighbour);
    const auto found = neighbour.wait(*store_, call, Status::timeout);
    const std::string her_text = scene_.text_at_first(Role::hers);
    if (found && !may_be_read(text(*found), her_text)) {
      wrong += " she is given " + text(*found);
    }
    if (scene_.seen(Role::hers) != her_text) {
      wrong += " her session is " + scene_.seen(Role::hers);
    }
    return wrong;
  }

  // Likewise, when what was lost arrives after all, and others have come before it.
  std::string play_on() {
    if (is_contested(dialogue_)) {
      scene_.change_mine({store::Change::Kind::remove, "busy"});
    }
    go_on();
    const std::string before = scene_.all_seen();
    proxy_.deliver_late();
    const std::string after = scene_.all_seen();
    return after == before ? "" : " what arrived late has made " + after + " of " + before;
  }

  const FaultProxy& proxy() const noexcept { return proxy_; }

 private:
  using Found = std::optional<store::Record>;
  using Outcome = store::Committed::Outcome;
  using Kind = store::Change::Kind;

  static constexpr std::chrono::milliseconds timeout{2'000};

  // Statuses that say that nothing was done.
  static bool is_harmless(Status status) { return status != Status::unknown && status != Status::internal; }

  // Commits once more, so that the server may forget what came before; and as the manager does after status unknown.
  void go_on() {
    const std::vector<store::Change> changes = {{Kind::set, "later", "1"}};
    for (const auto& [role, its_generation] :
         {std::pair(Role::mine, Scene::generation), std::pair(Role::moved, Scene::moved_generation)}) {
      store::Commit commit;
      commit.generation = its_generation;
      commit.expires = Scene::expires;
      commit.changes = changes;
      commit.voided = voided_;
      const store::Call call(Scene::now, timeout);
      const Asked<store::Committed> asked;
      store_->commit(scene_.key(role), commit, call, asked.done());
      static_cast<void>(asked.wait(*store_, call, Status::unknown));
    }
  }

  std::string play_mine(const store::Call& call, const Asked<Found>& neighbour) {
    const store::Key key = scene_.key(Role::mine);
    const auto load_hers = [&] { store_->load(scene_.key(Role::hers), call, neighbour.done()); };
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
        const Asked<Found> asked;
        store_->load(is_there ? key : scene_.key(Role::moved), call, asked.done());
        load_hers();
        const auto found = asked.wait(*store_, call, Status::timeout);
        const std::string right = is_there ? scene_.text_at_first(Role::mine) : "gone";
        return found && !may_be_read(text(*found), right) ? "I am given " + text(*found) : "";
      }
      case Dialogue::create: {
        const Asked<bool> asked;
        const std::string owner = scene_.owner(Role::moved);
        const std::vector<store::Field> fields = {{"owner", owner}};
        const store::Record record(
            {Scene::moved_generation, 1, {Scene::now, Scene::now, store::no_deadline, Scene::expires}}, {}, fields);
        store_->create(scene_.key(Role::moved), record, call, asked.done());
        load_hers();
        const auto created = asked.wait(*store_, call, Status::unknown);
        return judge(created, created && *created, scene_.seen(Role::moved), "gone", "owner=" + owner);
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
        const Asked<store::Destroyed> asked;
        store_->destroy(key, Scene::now + 60, call, asked.done());
        load_hers();
        const auto destroyed = asked.wait(*store_, call, Status::unknown);
        return judge(destroyed, destroyed && destroyed->was_there && may_be_degraded(destroyed->degraded),
                     scene_.seen(Role::mine), scene_.text_at_first(Role::mine), "gone");
      }
    }
    return "no such dialogue";
  }

  template <class LoadHers>
  std::string play_commit(const store::Call& call, LoadHers load_hers) {
    const store::Key key = scene_.key(Role::mine);
    const std::string owner = scene_.owner(Role::mine);
    const std::vector<store::Change> changes = {{Kind::increment, "n", {}, 10, "0"}};
    const store::Precondition is_free{"busy", std::nullopt};
    store::Commit commit;
    commit.generation = Scene::generation;
    commit.version = dialogue_ == Dialogue::commit_over_limit ? 2 : 1;
    commit.expires = Scene::expires + 5;
    commit.changes = changes;
    if (dialogue_ == Dialogue::commit_in_conflict) {
      commit.preconditions = {&is_free, 1};
    } else if (dialogue_ == Dialogue::commit_over_limit) {
      commit.max_bytes = std::string_view("ownern0busy1").size() + owner.size();
    }
    const Asked<store::Committed> asked;
    store::Attempt attempt;
    if (dialogue_ == Dialogue::touch) {
      store_->touch(key, Scene::generation, Scene::expires + 5, call, asked.done());
    } else {
      attempt = store_->commit(key, commit, call, asked.done());
    }
    load_hers();
    const auto committed = asked.wait(*store_, call, Status::unknown);
    if (!committed && committed.error().status == Status::unknown && attempt.writer != 0) {
      voided_ = {attempt};
    }
    const std::string rest = is_contested(dialogue_) ? " busy=1" : "";
    const std::string before = scene_.text_at_first(Role::mine) + rest;
    const std::string after = dialogue_ == Dialogue::touch ? before : "owner=" + owner + " n=10" + rest;
    const bool is_refused = committed && committed->outcome == Outcome::conflict;
    const std::string seen = scene_.seen(Role::mine);
    if (committed && committed->record && !may_be_read(text(committed->record), seen)) {
      return "I am given " + text(committed->record) + " but it is " + seen;
    }
    return judge(committed, committed && is_done(*committed), seen, before, is_refused ? before : after);
  }

  template <class LoadHers>
  std::string play_regenerate(const store::Call& call, LoadHers load_hers) {
    const std::vector<store::Change> changes = {{Kind::increment, "n", {}, 1, "0"}};
    store::Commit commit;
    commit.generation = Scene::generation;
    commit.version = 1;
    commit.expires = Scene::expires;
    commit.changes = changes;
    const Asked<store::Committed> asked;
    store_->regenerate(scene_.key(Role::mine), {scene_.key(Role::moved), Scene::moved_generation}, commit,
                       Scene::now + 60, call, asked.done());
    load_hers();
    const auto done = asked.wait(*store_, call, Status::unknown);
    return judge(done, done && is_done(*done), scene_.seen(Role::mine) + " " + scene_.seen(Role::moved),
                 scene_.text_at_first(Role::mine) + " gone", "gone owner=" + scene_.owner(Role::mine) + " n=1");
  }

  // A renewal does not know which version it renews.
  bool is_done(const store::Committed& committed) const {
    const bool is_merged = dialogue_ == Dialogue::touch || dialogue_ == Dialogue::commit_merged;
    const Outcome usual = dialogue_ == Dialogue::commit_in_conflict ? Outcome::conflict
                          : is_merged                               ? Outcome::merged
                                                                    : Outcome::applied;
    return may_be_degraded(committed.degraded) &&
           (committed.outcome == usual || committed.outcome == Outcome::duplicate ||
            (dialogue_ == Dialogue::touch && committed.outcome == Outcome::applied));
  }

  bool may_be_degraded(bool is_degraded) const {
    return is_degraded == is_confirmed(dialogue_) || (plan_.misleads && plan_.of_server);
  }

  bool may_be_read(const std::string& given, const std::string& right) const {
    const bool is_near =
        plan_.fault == Fault::near_byte && plan_.of_server && !scene_.speaks_tls() && given.size() == right.size() &&
        std::inner_product(given.begin(), given.end(), right.begin(), 0, std::plus<>(), [](char a, char b) {
          return a == b ? 0 : (a ^ b) == 1 ? 1 : 2;
        }) == 1;
    return given == right || is_near || (plan_.misleads && !plan_.of_server && given == "gone");
  }

  template <class Reply>
  std::string judge(const Result<Reply>& reply, bool is_done, const std::string& seen, const std::string& before,
                    const std::string& after) const {
    const bool may_be_else = plan_.misleads && !plan_.of_server;
    const bool is_unreadable = seen.find("status") != std::string::npos;
    if (seen.find("hers") != std::string::npos) {
      return " my session is " + seen;
    }
    if (!reply && is_harmless(reply.error().status)) {
      const bool is_known = reply.error().status == Status::corrupt && may_be_else && is_unreadable;
      return seen == before || is_known ? "" : " I am told that nothing was done, but it is " + seen;
    }
    if (may_be_else) {
      return "";
    }
    if (reply) {
      return is_done && seen == after ? "" : " I am told of success " + std::to_string(is_done) + " but it is " + seen;
    }
    return reply.error().status == Status::unknown && (seen == before || seen == after)
               ? ""
               : " status " + std::to_string(static_cast<int>(reply.error().status)) + ", and it is " + seen;
  }

  Scene& scene_;
  const Dialogue dialogue_;
  const FaultPlan plan_;
  std::vector<store::Attempt> voided_;
  FaultProxy proxy_;
  std::shared_ptr<store::redis::Redis> store_;
};

}  // namespace sessions::testing
