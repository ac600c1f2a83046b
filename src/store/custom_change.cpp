#include <base/random.hpp>
#include <store/custom_change.hpp>

namespace sessions::store {

Result<Commit> marked(const Commit& commit) {
  constexpr std::uint64_t unnamed_writer = 1;
  Commit own = commit;
  if (own.attempt.writer == 0) {
    const Result<std::uint64_t> drawn = system_number();
    if (!drawn) {
      return drawn.error();
    }
    own.attempt = {unnamed_writer, *drawn, UINT64_MAX};
  }
  return own;
}

bool is_written(const Committed& committed) noexcept {
  return committed.outcome == Committed::Outcome::applied || committed.outcome == Committed::Outcome::merged;
}

}  // namespace sessions::store
