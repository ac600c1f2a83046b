#include <store/owned_commit.hpp>

namespace sessions::store {

namespace {

std::size_t size_of(const std::optional<std::string_view>& text) noexcept { return text ? text->size() : 0; }

// Copies into room that was reserved before.
std::string_view keep(std::string& texts, std::string_view text) {
  const std::size_t start = texts.size();
  texts += text;
  return std::string_view(texts).substr(start);
}

std::optional<std::string_view> keep(std::string& texts, const std::optional<std::string_view>& text) {
  return text ? std::optional(keep(texts, *text)) : std::nullopt;
}

}  // namespace

OwnedCommit::OwnedCommit(const Commit& commit)
    : commit_(commit),
      voided_(commit.voided.begin(), commit.voided.end()),
      preconditions_(commit.preconditions.begin(), commit.preconditions.end()),
      changes_(commit.changes.begin(), commit.changes.end()) {
  std::size_t size = 0;
  for (const Precondition& precondition : preconditions_) {
    size += precondition.key.size() + size_of(precondition.value);
  }
  for (const Change& change : changes_) {
    size += change.key.size() + change.value.size() + size_of(change.seen);
  }
  texts_.reserve(size);
  for (Precondition& precondition : preconditions_) {
    precondition.key = keep(texts_, precondition.key);
    precondition.value = keep(texts_, precondition.value);
  }
  for (Change& change : changes_) {
    change.key = keep(texts_, change.key);
    change.value = keep(texts_, change.value);
    change.seen = keep(texts_, change.seen);
  }
  commit_.voided = voided_;
  commit_.preconditions = preconditions_;
  commit_.changes = changes_;
}

}  // namespace sessions::store
