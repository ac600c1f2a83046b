// What threads did to one register, and whether there is an order of it that explains what they saw.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace conformance {

struct Access {
  std::uint64_t invoked;    // from one counter that all threads share: what has returned before another call was made
  std::uint64_t responded;  // comes first in every order
  bool is_write;
  std::uint64_t value;
  std::size_t thread;
};

struct Verdict {
  bool is_linearizable;
  std::vector<std::string> around;  // the accesses at which the search got stuck
};

// The search of Wing and Gong, with Lowe's memory of what was tried. Reads that fit are taken at once: that cannot make
// anything else impossible.
Verdict linearize(std::vector<Access> accesses, std::uint64_t first_value);

}  // namespace conformance
