#include <algorithm>
#include <array>
#include <cstddef>
#include <store/codec.hpp>
#include <store/merge.hpp>
#include <store/redis/commit_call.hpp>

namespace sessions::store::redis {

namespace {

using Outcome = Committed::Outcome;

struct Refusal {
  std::string_view outcome;
  Status status;
};

constexpr Refusal refusals[] = {
    {"type", Status::type}, {"range", Status::range}, {"limit", Status::limit}, {"busy", Status::busy}};

std::string_view seen_of(const Change& change) noexcept { return change.seen.value_or(std::string_view()); }

}  // namespace

CommitCall::CommitCall(Means means, Target target, const Call& call, Completion<Committed> done)
    : ScriptCall(call.deadline(), true, std::move(done), std::move(means.scripts), std::move(means.ticket)),
      target_(std::move(target)),
      decoding_(Decoding<Committed>::with(call.shared_codec())) {}

// Arguments, as scripts.cpp lists them.
void CommitCall::start(const Commit& commit, std::int64_t now) {
  const bool has_effect = commit.clear || !commit.changes.empty() || target_.move;
  const Attempt attempt = commit.attempt.writer == 0 && has_effect ? this->attempt() : commit.attempt;
  const bool is_plain = this->is_plain(commit);
  const std::string work = format_work(commit, attempt, now, is_plain);
  std::array<std::byte, 1024> room;  // enough for most
  std::pmr::monotonic_buffer_resource memory(room.data(), room.size());
  Texts texts(&memory);  // never more than are reserved: words point into them
  texts.reserve(2 * commit.changes.size() + commit.preconditions.size() + 3);
  Words words({work}, &memory);
  words.reserve(words.size() + 2 * commit.changes.size() + 2 * commit.preconditions.size() + 3);
  for (const Change& change : commit.changes) {
    words.emplace_back(texts.emplace_back(".").append(change.key));
  }
  for (const Change& change : commit.changes) {
    const bool is_delta = change.kind == Change::Kind::increment;
    words.emplace_back(is_delta ? texts.emplace_back(std::to_string(change.delta)) : change.value);
  }
  if (!is_plain) {
    add_rest(commit, texts, words);
  }
  const std::string_view destination = target_.move ? target_.move->key.text() : std::string_view();
  const std::array<std::string_view, 2> keys = {target_.key.text(), destination};
  call(scripts().commit, {keys.data(), target_.move ? keys.size() : 1}, words);
}

std::string CommitCall::format_work(const Commit& commit, const Attempt& attempt, std::int64_t now,
                                    bool is_plain) const {
  const std::size_t entry_size = applied_size * (commit.voided.size() + (attempt.writer != 0 ? 1 : 0));
  std::size_t size = 128 + entry_size;
  for (const Change& change : commit.changes) {
    size += 1 + sizeof(std::uint32_t) + seen_of(change).size();
  }
  std::string work;
  work.reserve(size);
  work += token();
  append_beginning(work, target_.key.tag(), commit.generation, commit.version);
  append_beginning(work, target_.key.tag(), commit.generation, commit.version + 1);
  append_integer(work, attempt.settled);
  append_number(work, static_cast<std::uint64_t>(now));
  append_number(work, static_cast<std::uint64_t>(commit.expires));
  append_number(work, commit.max_bytes);
  work += is_plain ? 'p' : commit.clear ? 'c' : '-';
  work += decoding_ ? 'k' : '-';
  append_integer(work, commit.changes.size(), sizeof(std::uint32_t));
  append_integer(work, entry_size, sizeof(std::uint32_t));
  for (const Change& change : commit.changes) {
    using Kind = Change::Kind;
    work += change.kind == Kind::set ? 's' : change.kind == Kind::remove ? 'r' : 'i';
  }
  if (attempt.writer != 0) {
    append_undated(work, attempt);
  }
  for (const Attempt& voided : commit.voided) {
    append_undated(work, voided);
  }
  for (const Change& change : commit.changes) {
    append_integer(work, seen_of(change).size(), sizeof(std::uint32_t));
    work += seen_of(change);
  }
  return work;
}

// Commits of more changes than a few may be any.
bool CommitCall::is_plain(const Commit& commit) const noexcept {
  const std::span<const Change> changes = commit.changes;
  bool is_plain = !decoding_ && !target_.move && !commit.clear && !commit.only_version &&
                  commit.preconditions.empty() && commit.voided.empty() && !changes.empty() && changes.size() <= 16;
  for (std::size_t i = 1; is_plain && i < changes.size(); ++i) {
    is_plain = std::none_of(changes.begin(), changes.begin() + static_cast<std::ptrdiff_t>(i),
                            [&](const Change& other) { return other.key == changes[i].key; });
  }
  return is_plain;
}

void CommitCall::add_rest(const Commit& commit, Texts& texts, Words& words) const {
  std::string& only_version = texts.emplace_back();
  if (commit.only_version) {
    append_number(only_version, *commit.only_version);
  }
  std::string& beginning = texts.emplace_back();
  std::string& ended_until = texts.emplace_back();
  if (target_.move) {
    beginning.append(target_.move->key.tag());
    append_integer(beginning, target_.move->generation);
    ended_until = std::to_string(target_.move->ended_until);
  }
  words.insert(words.end(), {only_version, beginning, ended_until});
  for (const Precondition& precondition : commit.preconditions) {
    words.emplace_back(texts.emplace_back(".").append(precondition.key));
    words.emplace_back(precondition.value.value_or(std::string_view()));
  }
}

Request::Next CommitCall::read(const Reply& reply, std::string_view outcome) {
  if (outcome == "applied" && reply.size() == 3) {
    return applied(reply[2].text());
  }
  if (outcome == "merged" && reply.size() == 4) {
    return whole(Outcome::merged, reply, destination());
  }
  if (outcome == "conflict" && reply.size() == 4) {
    return may_be_done() ? answer(Error{Status::unknown, {}}) : whole(Outcome::conflict, reply, target_.key);
  }
  if (outcome == "duplicate" && reply.size() == 3) {
    const Next next = whole(Outcome::duplicate, reply, destination());
    return next == Next::foreign && target_.move ? whole(Outcome::duplicate, reply, target_.key) : next;
  }
  if (outcome == "gone" || outcome == "stale") {
    return answer(Committed{outcome == "gone" ? Outcome::gone : Outcome::stale, std::nullopt, {}});
  }
  std::optional<Error> refused = refusal(reply, outcome);
  return refused ? answer(std::move(*refused)) : Next::foreign;
}

void CommitCall::give(Completion<Committed> done, Result<Committed> answer) noexcept {
  Decoding<Committed>::leave(std::move(decoding_), std::move(done), std::move(answer));
}

// None when no script of ours answers so. What does not hold for ever says nothing of a copy that may yet arrive.
std::optional<Error> CommitCall::refusal(const Reply& reply, std::string_view outcome) const {
  for (const Refusal& each : refusals) {
    if (each.outcome == outcome) {
      return may_be_done() ? Error{Status::unknown, {}} : store::refused(each.status);
    }
  }
  if (outcome == "corrupt" && reply.size() == 3) {
    const Result<HashHead> head = parse_head(reply[2].text());
    return head ? unreadable(Status::corrupt) : head.error();
  }
  if (outcome == "coded") {
    return needs_codec();
  }
  if (outcome == "taken") {
    return Error{Status::internal, "a new session id was in use already: is the random source broken?"};
  }
  return std::nullopt;
}

Request::Next CommitCall::applied(std::string_view text) {
  const Result<HashHead> head = parse_head(text);
  if (!head) {
    return answer(Error{Status::unknown, {}});  // something was written
  }
  if (head->tag != destination().tag()) {
    return Next::foreign;
  }
  Committed committed{Outcome::applied, std::nullopt, {}};
  committed.head = head->head;
  return answer(std::move(committed));
}

// With the record, and the keys that the outcome is about.
Request::Next CommitCall::whole(Outcome outcome, const Reply& reply, const HashKey& key) {
  std::optional<Result<Record>> record = read_hash(reply[2], key);
  if (!record) {
    return Next::foreign;
  }
  if (*record && decoding_ == nullptr && (*record)->head().coded) {
    *record = needs_codec();
  }
  if (!*record) {
    return answer(outcome == Outcome::conflict ? std::move(record->error()) : Error{Status::unknown, {}});
  }
  Committed committed{outcome, std::move(**record), {}};
  const std::size_t key_count = reply.size() == 4 ? reply[3].size() : 0;
  for (std::size_t i = 0; i < key_count; ++i) {
    committed.keys.emplace_back(reply[3][i].text());
  }
  return answer(std::move(committed));
}

std::unique_ptr<Request> make_commit(Means means, Target target, const Commit& commit, const Call& call,
                                     Confirmation confirmation, Completion<Committed> done) {
  auto request = std::make_unique<CommitCall>(std::move(means), std::move(target), call, std::move(done));
  request->confirm_within(confirmation);
  request->start(commit, call.now());
  return request;
}

}  // namespace sessions::store::redis
