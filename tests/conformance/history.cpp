#include <algorithm>
#include <conformance/history.hpp>
#include <limits>
#include <unordered_set>

namespace conformance {

namespace {

class Search {
 public:
  Search(std::vector<Access> accesses, std::uint64_t first_value)
      : accesses_(std::move(accesses)), done_(accesses_.size(), false), furthest_(done_) {
    std::sort(accesses_.begin(), accesses_.end(),
              [](const Access& a, const Access& b) { return a.invoked < b.invoked; });
    result_ = explains(first_value, 0, 0);
  }

  bool result() const noexcept { return result_; }

  std::vector<std::string> around() const {
    constexpr std::size_t before = 20;
    constexpr std::size_t after = 20;
    const auto stuck =
        static_cast<std::size_t>(std::find(furthest_.begin(), furthest_.end(), false) - furthest_.begin());
    std::vector<std::string> lines;
    for (std::size_t i = stuck > before ? stuck - before : 0; i < std::min(accesses_.size(), stuck + after); ++i) {
      const Access& access = accesses_[i];
      lines.push_back("thread " + std::to_string(access.thread) + (access.is_write ? " wrote " : " read ") +
                      std::to_string(access.value) + " between " + std::to_string(access.invoked) + " and " +
                      std::to_string(access.responded) + (furthest_[i] ? "" : "  <- not explained"));
    }
    return lines;
  }

 private:
  using Done = std::vector<bool>;

  // Whether what is not done yet can follow. `first` is where to look for it.
  bool explains(std::uint64_t value, std::size_t first, std::size_t count) {
    std::vector<std::size_t> taken;
    take_reads(value, first, taken);
    count += taken.size();
    note(count);
    if (count == accesses_.size()) {
      return true;
    }
    if (tried_.insert({done_, value}).second) {
      const std::uint64_t limit = earliest_response(first);
      for (std::size_t i = first; i < accesses_.size() && accesses_[i].invoked < limit; ++i) {
        if (!done_[i] && accesses_[i].is_write) {
          done_[i] = true;
          if (explains(accesses_[i].value, first, count + 1)) {
            return true;
          }
          done_[i] = false;
        }
      }
    }
    for (const std::size_t i : taken) {
      done_[i] = false;
    }
    return false;
  }

  void take_reads(std::uint64_t value, std::size_t& first, std::vector<std::size_t>& taken) {
    bool found = true;
    while (found) {
      found = false;
      while (first < done_.size() && done_[first]) {
        ++first;
      }
      const std::uint64_t limit = earliest_response(first);
      for (std::size_t i = first; i < accesses_.size() && accesses_[i].invoked < limit; ++i) {
        if (!done_[i] && !accesses_[i].is_write && accesses_[i].value == value) {
          done_[i] = true;
          taken.push_back(i);
          found = true;
        }
      }
    }
  }

  // Nothing that was invoked after this may come next.
  std::uint64_t earliest_response(std::size_t first) const {
    std::uint64_t earliest = std::numeric_limits<std::uint64_t>::max();
    for (std::size_t i = first; i < accesses_.size() && accesses_[i].invoked < earliest; ++i) {
      earliest = done_[i] ? earliest : std::min(earliest, accesses_[i].responded);
    }
    return earliest;
  }

  void note(std::size_t count) {
    if (count >= most_) {
      most_ = count;
      furthest_ = done_;
    }
  }

  struct State {
    Done done;
    std::uint64_t value;
    bool operator==(const State& other) const { return value == other.value && done == other.done; }
  };
  struct Hash {
    std::size_t operator()(const State& state) const {
      return std::hash<Done>()(state.done) ^ static_cast<std::size_t>(state.value * 0x9e3779b97f4a7c15);
    }
  };

  std::vector<Access> accesses_;
  Done done_;
  Done furthest_;
  std::size_t most_ = 0;
  std::unordered_set<State, Hash> tried_;
  bool result_ = false;
};

}  // namespace

Verdict linearize(std::vector<Access> accesses, std::uint64_t first_value) {
  const Search search(std::move(accesses), first_value);
  return {search.result(), search.result() ? std::vector<std::string>() : search.around()};
}

}  // namespace conformance
