#include <array>
#include <store/codec.hpp>
#include <store/merge.hpp>
#include <store/owned_commit.hpp>
#include <store/redis/hash_reading.hpp>
#include <store/redis/put_arguments.hpp>
#include <store/redis/requests.hpp>
#include <store/redis/script_call.hpp>

namespace sessions::store::redis {

namespace {

// The server remembers who wrote what it has.
Commit with_attempt(Commit commit, const Attempt& attempt) {
  commit.attempt = commit.attempt.writer == 0 ? attempt : commit.attempt;
  return commit;
}

class CodedCommit final : public ScriptCall<Committed> {
 public:
  CodedCommit(Means means, const Target& target, const Commit& commit, const Call& call, Completion<Committed> done)
      : ScriptCall(call.deadline(), true, std::move(done), std::move(means.scripts), std::move(means.ticket)),
        target_(target),
        commit_(with_attempt(commit, attempt())),
        now_(call.now()),
        codec_(call.shared_codec()),
        reading_(target.key, token()) {
    send(reading_.start());
  }

 private:
  Next go_on(const Reply& reply) override {
    if (!is_reading_) {
      const Next next = ScriptCall::go_on(reply);
      is_reading_ = next == Next::again && was_overtaken_;
      if (is_reading_) {
        send(reading_.start());
      }
      return next;
    }
    const Next next = reading_.take(reply);
    if (next == Next::again) {
      send(reading_.command());
    }
    return next == Next::done ? put() : next;
  }

  Next put() {
    Result<std::optional<Record>>& found = reading_.result();
    if (!found) {
      return answer(found.error());
    }
    if (!*found || (*found)->head().ended) {
      return answer(Committed{});
    }
    Result<Record> decoded = decode(**found, codec_.get());
    Result<Committed> committed = decoded ? merge(*decoded, *commit_, now_) : std::move(decoded.error());
    const bool is_written = committed && (committed->outcome == Committed::Outcome::applied ||
                                          committed->outcome == Committed::Outcome::merged);
    if (!is_written) {
      return answer(std::move(committed));
    }
    if (target_.move) {
      Record::Head head = committed->record->head();
      head.generation = target_.move->generation;
      committed->record = committed->record->with(head);
    }
    const Result<Record> stored = encode(*committed->record, codec_.get());
    if (!stored) {
      return answer(stored.error());
    }
    planned_ = std::move(*committed);
    is_reading_ = false;
    was_overtaken_ = false;
    call_put(*stored, (*found)->head());
    return Next::again;
  }

  void call_put(const Record& record, const Record::Head& former) {
    const HashKey& destination = target_.move ? target_.move->key : target_.key;
    const PutArguments arguments(token(), (*commit_).attempt, former, record, destination.tag(), now_,
                                 target_.move ? std::optional(target_.move->ended_until) : std::nullopt);
    const std::array<std::string_view, 2> keys = {target_.key.text(), destination.text()};
    call(scripts().put, {keys.data(), target_.move ? keys.size() : 1}, arguments.words());
  }

  Next read(const Reply&, std::string_view outcome) override {
    if (outcome == "done") {
      return answer(std::move(planned_));
    }
    if (outcome != "changed") {
      return answer(Error{Status::internal, "a new session id was in use already: is the random source broken?"});
    }
    if (std::chrono::steady_clock::now() >= deadline()) {
      return answer(Error{Status::busy, "others kept changing this session for the time allowed: nothing was changed"});
    }
    was_overtaken_ = true;
    return Next::again;
  }

  const Target target_;
  const OwnedCommit commit_;
  const std::int64_t now_;
  const std::shared_ptr<const Codec> codec_;
  HashReading reading_;
  bool is_reading_ = true;
  bool was_overtaken_ = false;
  Committed planned_;
};

}  // namespace

std::unique_ptr<Request> make_coded_commit(Means means, const Target& target, const Commit& commit, const Call& call,
                                           Confirmation confirmation, Completion<Committed> done) {
  auto request = std::make_unique<CodedCommit>(std::move(means), target, commit, call, std::move(done));
  request->confirm_within(confirmation);
  return request;
}

}  // namespace sessions::store::redis
