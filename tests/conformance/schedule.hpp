// Runs the steps of several requests, one at a time, in a given order: on the store and on the model, comparing them.
#pragma once

#include <conformance/model.hpp>
#include <conformance/world.hpp>
#include <string>
#include <vector>

namespace conformance {

using Step = std::vector<Operation>;  // done without anything in between

struct Scenario {
  ModelContent start;
  Settings settings;
  std::vector<std::vector<Step>> requests;
};

// How many orders of the steps there are, and a failure if one of them ends differently from the model. When `most` is
// less than that, so many are drawn at random.
std::size_t run_all_orders(World& world, const Scenario& scenario, std::size_t most);

}  // namespace conformance
