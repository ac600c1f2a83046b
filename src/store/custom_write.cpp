#include <base/random.hpp>
#include <functional>
#include <store/custom_write.hpp>
#include <store/dialogue.hpp>
#include <store/merge.hpp>
#include <store/owned_commit.hpp>

namespace sessions::store {

namespace {

bool is_written(const Committed& committed) noexcept {
  return committed.outcome == Committed::Outcome::applied || committed.outcome == Committed::Outcome::merged;
}

// `was_overtaken`: the time went by with attempts that others were faster at.
Error too_late(bool was_overtaken) {
  return was_overtaken
             ? Error{Status::busy, "others kept changing this session for the time allowed: nothing was changed"}
             : Error{Status::timeout, "the custom store did not answer in time: nothing was changed"};
}

// Marks a commit that is not to be told from another by its caller, so that no two put the same bytes: who does not
// know whether his were put looks for them. A record keeps the last mark only.
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

// What a record becomes, and the reply when it has become that. No record: the reply is given at once.
template <class Reply>
struct Plan {
  std::optional<Record> record;
  Reply reply;
};

template <class Reply>
class Rewrite final : public Steps<Rewrite<Reply>, Reply> {
 public:
  using MakePlan = std::function<Result<Plan<Reply>>(const std::optional<BlobFound>& found)>;

  Rewrite(std::shared_ptr<Blobs> blobs, const Key& key, const Call& call, Completion<Reply> done, MakePlan make_plan)
      : Steps<Rewrite, Reply>(std::move(blobs), call, std::move(done), &Rewrite::get),
        key_(key),
        make_plan_(std::move(make_plan)) {}

 private:
  bool get(BlobAnswer&&) {
    this->then(&Rewrite::got);
    this->blobs().get(key_, *this);
    return true;
  }

  bool got(BlobAnswer&& answer) {
    auto found = answer_to_get(std::move(answer));
    if (!found) {
      return this->reply(std::move(found.error()));
    }
    auto plan = make_plan_(*found);
    if (!plan) {
      return this->reply(std::move(plan.error()));
    }
    if (!plan->record) {
      return this->reply(std::move(plan->reply));
    }
    if (this->is_late()) {
      return this->reply(too_late(was_overtaken_));
    }
    Result<Record> coded = encode(*plan->record, this->codec());
    if (!coded) {
      return this->reply(std::move(coded.error()));
    }
    plan_.emplace(std::move(*plan));
    stored_ = std::move(*coded);
    expected_ = (*found)->version;
    this->then(&Rewrite::was_put);
    this->blobs().put(
        key_, {stored_.bytes(), expected_, expected_ + 1, stored_.expires(), this->now(), stored_.head().ended}, *this);
    return true;
  }

  bool was_put(BlobAnswer&& answer) {
    auto written = answer_to_write(std::move(answer), expected_);
    if (is_in_doubt(written)) {
      in_doubt_ = std::move(written.error());
      this->then(&Rewrite::looked);
      this->blobs().get(key_, *this);
      return true;
    }
    if (!written) {
      return this->reply(std::move(written.error()));
    }
    if (*written) {
      return this->reply(std::move(plan_->reply));
    }
    was_overtaken_ = true;
    return this->is_late() ? this->reply(too_late(was_overtaken_)) : get({});
  }

  bool looked(BlobAnswer&& answer) {
    switch (fate_of(stored_.bytes(), expected_ + 1, answer)) {
      case Fate::done:
        return this->reply(std::move(plan_->reply));
      case Fate::overtaken:
        was_overtaken_ = true;
        return got(std::move(answer));
      case Fate::unknown:
        break;
    }
    return this->reply(std::move(in_doubt_));
  }

  const Key key_;
  const MakePlan make_plan_;
  std::optional<Plan<Reply>> plan_;
  Record stored_;
  std::uint64_t expected_ = 0;
  Error in_doubt_{Status::unknown, {}};
  bool was_overtaken_ = false;
};

// Creates the new record before the old one ends: until the reply nobody knows its key. If the old one has changed
// meanwhile, the new one is written over; if it comes to nothing, the new one is taken back. As long as the old one may
// have ended it is not: it would be all that is left of the session.
class Regenerate final : public Steps<Regenerate, Committed> {
 public:
  Regenerate(std::shared_ptr<Blobs> blobs, const Key& from, const Destination& to, const Commit& commit,
             std::int64_t ended_until, const Call& call, Completion<Committed> done)
      : Steps(std::move(blobs), call, std::move(done), &Regenerate::get),
        from_(from),
        to_(to),
        commit_(commit),
        ended_until_(ended_until) {}

 private:
  bool get(BlobAnswer&&) {
    then(&Regenerate::got);
    blobs().get(from_, *this);
    return true;
  }

  bool got(BlobAnswer&& answer) {
    auto found = answer_to_get(std::move(answer));
    if (!found) {
      return take_back(std::move(found.error()));
    }
    if (!*found || (*found)->record.head().ended) {
      return take_back(Committed{});
    }
    const Result<Record> record = decode((*found)->record, codec());
    Result<Committed> committed = record ? merge(*record, *commit_, now()) : record.error();
    if (!committed || !is_written(*committed)) {
      return take_back(std::move(committed));
    }
    if (is_late()) {
      return take_back(too_late(was_overtaken_));
    }
    Record::Head head = committed->record->head();
    head.generation = to_.generation;
    committed->record = committed->record->with(head);
    Result<Record> coded = encode(*committed->record, codec());
    if (!coded) {
      return take_back(std::move(coded.error()));
    }
    stored_ = std::move(*coded);
    left_ = tombstone(*committed->record, now(), ended_until_);
    committed_ = std::move(*committed);
    old_version_ = (*found)->version;
    then(&Regenerate::was_created);
    blobs().put(to_.key, {stored_.bytes(), new_version_, new_version_ + 1, stored_.expires(), now(), false}, *this);
    return true;
  }

  bool was_created(BlobAnswer&& answer) {
    auto written = answer_to_write(std::move(answer), new_version_);
    if (is_in_doubt(written)) {
      in_doubt_ = std::move(written.error());
      then(&Regenerate::looked_at_new);
      blobs().get(to_.key, *this);
      return true;
    }
    if (!written) {
      return take_back(std::move(written.error()));
    }
    if (!*written) {
      return reply(Error{Status::internal, "a new session id was in use already: is the random source broken?"});
    }
    return end_old();
  }

  bool looked_at_new(BlobAnswer&& answer) {
    const bool is_done = fate_of(stored_.bytes(), new_version_ + 1, answer) == Fate::done;
    return is_done ? end_old() : take_back(std::move(in_doubt_));
  }

  bool end_old() {
    ++new_version_;
    if (is_late()) {
      return take_back(too_late(was_overtaken_));
    }
    then(&Regenerate::was_ended);
    blobs().put(from_, {left_->bytes(), old_version_, old_version_ + 1, left_->expires(), now(), true}, *this);
    return true;
  }

  bool was_ended(BlobAnswer&& answer) {
    auto written = answer_to_write(std::move(answer), old_version_);
    if (is_in_doubt(written)) {
      in_doubt_ = std::move(written.error());
      then(&Regenerate::looked_at_old);
      blobs().get(from_, *this);
      return true;
    }
    if (!written) {
      return take_back(std::move(written.error()));
    }
    if (*written) {
      return reply(std::move(committed_));
    }
    was_overtaken_ = true;
    return is_late() ? take_back(too_late(was_overtaken_)) : get({});
  }

  bool looked_at_old(BlobAnswer&& answer) {
    switch (fate_of(left_->bytes(), old_version_ + 1, answer)) {
      case Fate::done:
        return reply(std::move(committed_));
      case Fate::overtaken:
        was_overtaken_ = true;
        return got(std::move(answer));
      case Fate::unknown:
        break;
    }
    return reply(std::move(in_doubt_));
  }

  // What cannot be taken back expires: nobody has its id.
  bool take_back(Result<Committed> outcome) {
    if (new_version_ == 0) {
      return reply(std::move(outcome));
    }
    outcome_.emplace(std::move(outcome));
    then(&Regenerate::was_taken_back);
    blobs().remove(to_.key, new_version_, *this);
    return true;
  }

  bool was_taken_back(BlobAnswer&&) { return reply(std::move(*outcome_)); }

  const Key from_;
  const Destination to_;
  const OwnedCommit commit_;
  const std::int64_t ended_until_;
  Committed committed_;
  Record stored_;
  std::optional<Record> left_;
  std::optional<Result<Committed>> outcome_;
  Error in_doubt_{Status::unknown, {}};
  std::uint64_t old_version_ = 0;
  std::uint64_t new_version_ = 0;  // 0: not created
  bool was_overtaken_ = false;
};

}  // namespace

void write_commit(const std::shared_ptr<Blobs>& blobs, const Key& key, const Commit& commit, const Call& call,
                  Completion<Committed> done) {
  const Result<Commit> own = marked(commit);
  if (!own) {
    return done(own.error());
  }
  const auto owned = std::make_shared<OwnedCommit>(*own);
  const auto plan = [owned, codec = call.shared_codec(),
                     now = call.now()](const std::optional<BlobFound>& found) -> Result<Plan<Committed>> {
    if (!found || found->record.head().ended) {
      return Plan<Committed>{std::nullopt, Committed{}};
    }
    const Result<Record> decoded = decode(found->record, codec.get());
    Result<Committed> committed = decoded ? merge(*decoded, **owned, now) : decoded.error();
    if (!committed) {
      return std::move(committed.error());
    }
    std::optional<Record> record = is_written(*committed) ? committed->record : std::nullopt;
    return Plan<Committed>{std::move(record), std::move(*committed)};
  };
  Dialogue::start(std::make_unique<Rewrite<Committed>>(blobs, key, call, std::move(done), plan));
}

void write_regeneration(const std::shared_ptr<Blobs>& blobs, const Key& from, const Destination& to,
                        const Commit& commit, std::int64_t ended_until, const Call& call, Completion<Committed> done) {
  const Result<Commit> own = marked(commit);
  if (!own) {
    return done(own.error());
  }
  Dialogue::start(std::make_unique<Regenerate>(blobs, from, to, *own, ended_until, call, std::move(done)));
}

void write_tombstone(const std::shared_ptr<Blobs>& blobs, const Key& key, std::int64_t ended_until, const Call& call,
                     Completion<Destroyed> done) {
  const auto plan = [ended_until, now = call.now()](const std::optional<BlobFound>& found) -> Result<Plan<Destroyed>> {
    if (!found || found->record.head().ended) {
      return Plan<Destroyed>{std::nullopt, {}};
    }
    return Plan<Destroyed>{tombstone(found->record, now, ended_until), {is_alive(found->record.head(), now)}};
  };
  Dialogue::start(std::make_unique<Rewrite<Destroyed>>(blobs, key, call, std::move(done), plan));
}

}  // namespace sessions::store
