#include <algorithm>
#include <conformance/schedule.hpp>
#include <numeric>

namespace conformance {

namespace {

using Order = std::vector<std::size_t>;  // whose step is next

// One order of the steps, on a session of its own.
class Run {
 public:
  Run(const Manager& manager, const Scenario& scenario) : manager_(manager), scenario_(scenario) {
    Request first(manager_, {});
    first.from_json(scenario.start.json());
    first.commit();
    cookies_.push_back(first.cookie());
    model_.create(scenario.start);
    real_.resize(scenario.requests.size());
    modelled_.assign(scenario.requests.size(),
                     ModelRequest(model_, scenario.settings.mode, scenario.settings.renew_after == 0));
    next_.resize(scenario.requests.size());
  }

  // Throws a failure with the steps so far.
  void go(const Order& order) {
    try {
      for (const std::size_t who : order) {
        ++done_;
        for (const Operation& operation : scenario_.requests[who][next_[who]++]) {
          perform(who, operation);
        }
      }
      compare_what_is_stored();
    } catch (Failure& failure) {
      failure.history = history(order);
      throw;
    }
    for (std::size_t id = 0; id < cookies_.size(); ++id) {
      if (model_.at(id).is_alive) {
        Request(manager_, cookies_[id]).destroy();
      }
    }
  }

 private:
  void perform(std::size_t who, const Operation& operation) {
    ModelRequest& modelled = modelled_[who];
    modelled.perform(operation, 0);
    if (operation.kind == Operation::Kind::load) {
      real_[who].emplace(manager_, cookies_[0]);
      expect((real_[who]->origin() == SESSIONS_ORIGIN_RESTORED) == modelled.id().has_value(),
             name(who) + " finds the session exactly when it is there");
      return;
    }
    Request& real = *real_[who];
    if (is_ending(operation.kind)) {
      outcomes_.push_back(end(real, operation.kind));
      return compare_ending(who, outcomes_.back());
    }
    change(real, modelled, operation);
  }

  static bool is_ending(Operation::Kind kind) {
    using Kind = Operation::Kind;
    return kind == Kind::commit || kind == Kind::regenerate || kind == Kind::destroy;
  }

  static std::int32_t end(Request& request, Operation::Kind kind) {
    using Kind = Operation::Kind;
    return kind == Kind::commit       ? request.commit()
           : kind == Kind::regenerate ? request.regenerate()
                                      : request.destroy();
  }

  static void change(Request& real, const ModelRequest& modelled, const Operation& operation) {
    using Kind = Operation::Kind;
    switch (operation.kind) {
      case Kind::get: {
        const std::string* expected = modelled.content().find(operation.key);
        expect_equal("value of " + operation.key, expected == nullptr ? "(none)" : *expected,
                     real.get(operation.key).value_or("(none)"));
        break;
      }
      case Kind::read_all:
        expect_equal("content", modelled.content().json(), real.json());
        break;
      case Kind::set:
        real.set(operation.key, operation.json);
        break;
      case Kind::increment:
        real.increment(operation.key, operation.delta);
        break;
      case Kind::remove:
        real.try_remove(operation.key);  // it may not be there any more
        break;
      default:
        real.clear();
    }
  }

  void compare_ending(std::size_t who, std::int32_t outcome) {
    const ModelRequest& modelled = modelled_[who];
    expect_outcome(modelled.outcome(), outcome, "outcome for " + name(who));
    if (modelled.id() && *modelled.id() == cookies_.size()) {
      cookies_.push_back(real_[who]->cookie());  // it has a new id
    }
    if (outcome == SESSIONS_OUTCOME_MERGED || outcome == SESSIONS_OUTCOME_SAVED ||
        outcome == SESSIONS_OUTCOME_CONFLICT || outcome == SESSIONS_OUTCOME_REGENERATED) {
      compare_contested(who);
    }
  }

  void compare_contested(std::size_t who) {
    const ModelRequest& modelled = modelled_[who];
    std::vector<std::string> named = real_[who]->contested();
    for (const std::string& key : modelled.removed()) {
      named.erase(std::remove(named.begin(), named.end(), key), named.end());
    }
    std::vector<std::string> expected = modelled.contested();
    std::sort(named.begin(), named.end());
    std::sort(expected.begin(), expected.end());
    if (named != expected) {
      const auto text = [](const std::vector<std::string>& keys) {
        return std::accumulate(keys.begin(), keys.end(), std::string(),
                               [](std::string all, const std::string& key) { return std::move(all) + key + " "; });
      };
      throw Failure("keys that are contested for " + name(who), text(expected), text(named));
    }
  }

  // Reading everything from a handle would change what strict mode goes by, so handles are looked at when all is done.
  void compare_what_is_stored() {
    for (std::size_t id = 0; id < cookies_.size(); ++id) {
      Request look(manager_, cookies_[id]);
      const ModelStore::Stored& stored = model_.at(id);
      const std::string which = id == 0 ? "the session" : "the session that has moved or been made meanwhile";
      expect_equal(which, stored.is_alive ? "is there" : "is gone",
                   look.origin() == SESSIONS_ORIGIN_RESTORED ? "is there" : "is gone");
      expect_equal("content of " + which, stored.is_alive ? stored.content.json() : "{}", look.json());
    }
    for (std::size_t who = 0; who < real_.size(); ++who) {
      const std::int32_t outcome = modelled_[who].outcome();
      if (real_[who] && outcome != SESSIONS_OUTCOME_GONE) {
        expect_equal("content in the handle of " + name(who), modelled_[who].content().json(), real_[who]->json());
      }
    }
  }

  static std::string name(std::size_t who) { return {static_cast<char>('A' + who)}; }

  std::vector<std::string> history(const Order& order) const {
    std::vector<std::string> lines = {"start: " + scenario_.start.json()};
    std::vector<std::size_t> next(scenario_.requests.size());
    auto outcome = outcomes_.begin();
    for (std::size_t i = 0; i < done_; ++i) {
      const std::size_t who = order[i];
      std::string line = name(who) + ":";
      for (const Operation& operation : scenario_.requests[who][next[who]++]) {
        line += (line.size() > 2 ? ", " : " ") + to_text(operation);
        if (is_ending(operation.kind) && outcome != outcomes_.end()) {
          line += " -> " + outcome_name(*outcome++);
        }
      }
      lines.push_back(std::move(line));
    }
    return lines;
  }

  const Manager& manager_;
  const Scenario& scenario_;
  ModelStore model_;
  std::vector<std::string> cookies_;  // by the model's ids
  std::vector<std::optional<Request>> real_;
  std::vector<ModelRequest> modelled_;
  std::vector<std::size_t> next_;
  std::size_t done_ = 0;
  std::vector<std::int32_t> outcomes_;
};

Order first_order(const Scenario& scenario) {
  Order order;
  for (std::size_t who = 0; who < scenario.requests.size(); ++who) {
    order.insert(order.end(), scenario.requests[who].size(), who);
  }
  return order;
}

double count_orders(const Scenario& scenario) {
  double orders = 1;
  double position = 0;
  for (const std::vector<Step>& steps : scenario.requests) {
    for (std::size_t i = 1; i <= steps.size(); ++i) {
      orders *= ++position / static_cast<double>(i);
    }
  }
  return orders;
}

void shuffle(World& world, Order& order) {
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[world.random() % i]);
  }
}

}  // namespace

std::size_t run_all_orders(World& world, const Scenario& scenario, std::size_t most) {
  constexpr std::size_t between_sweeps = 10'000;
  const Manager manager = world.manager(scenario.settings);
  const bool is_sample = static_cast<double>(most) < count_orders(scenario);
  Order order = first_order(scenario);
  std::size_t count = 0;
  do {
    if (is_sample) {
      shuffle(world, order);
    }
    Run(manager, scenario).go(order);
    if (++count % between_sweeps == 0) {
      world.sweep();  // or the tombstones would fill the store
    }
  } while (is_sample ? count < most : std::next_permutation(order.begin(), order.end()));
  return count;
}

}  // namespace conformance
