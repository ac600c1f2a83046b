#include <array>
#include <store/custom_change.hpp>
#include <store/custom_write.hpp>
#include <store/merge.hpp>
#include <store/owned_commit.hpp>

namespace sessions::store {

namespace {

// Over gets and puts, creates the new record before the old one ends: until the reply nobody knows its key. If the old
// one has changed meanwhile, the new one is written over; if it comes to nothing, the new one is taken back. As long as
// the old one may have ended it is not: it would be all that is left of the session.
class Move final : public ChangeSteps<Move, Committed> {
 public:
  Move(std::shared_ptr<Blobs> blobs, const Key& from, const Destination& to, const Commit& commit,
       std::int64_t ended_until, const Call& call, Completion<Committed> done)
      : ChangeSteps(std::move(blobs), from, call, std::move(done)),
        to_(to),
        commit_(commit),
        ended_until_(ended_until) {}

 private:
  friend class ChangeSteps<Move, Committed>;

  std::span<const BlobPut> plan(Result<std::optional<BlobFound>> found) {
    if (!found) {
      return nothing(std::move(found.error()));
    }
    if (!*found || (*found)->record.head().ended) {
      return nothing(Committed{});
    }
    const Result<Record> record = decode((*found)->record, codec());
    Result<Committed> committed = record ? merge(*record, *commit_, now()) : record.error();
    if (!committed || !is_written(*committed)) {
      return nothing(std::move(committed));
    }
    if (is_late()) {
      return nothing(too_late());
    }
    Record::Head head = committed->record->head();
    head.generation = to_.generation;
    committed->record = committed->record->with(head);
    Result<Record> coded = encode(*committed->record, codec());
    if (!coded) {
      return nothing(std::move(coded.error()));
    }
    stored_ = std::move(*coded);
    left_ = tombstone(*committed->record, now(), ended_until_);
    committed_ = std::move(*committed);
    const std::uint64_t version = (*found)->version;
    puts_ = {{{&to_.key, {stored_.bytes(), new_version_, new_version_ + 1, stored_.expires(), now(), false}},
              {&key(), {left_->bytes(), version, version + 1, left_->expires(), now(), true}}}};
    return puts_;
  }

  Committed planned() { return std::move(committed_); }

  bool get(BlobAnswer&&) {
    then(&Move::got);
    blobs().get(key(), *this);
    return true;
  }

  bool got(BlobAnswer&& answer) {
    if (plan(answer_to_get(std::move(answer))).empty()) {
      return take_back(outcome());
    }
    then(&Move::was_created);
    blobs().put(to_.key, puts_[0].write, *this);
    return true;
  }

  bool was_created(BlobAnswer&& answer) {
    auto written = answer_to_write(std::move(answer), new_version_);
    if (is_in_doubt(written)) {
      doubt(std::move(written.error()));
      then(&Move::looked_at_new);
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
    return is_done ? end_old() : take_back(in_doubt());
  }

  bool end_old() {
    ++new_version_;
    if (is_late()) {
      return take_back(too_late());
    }
    then(&Move::was_ended);
    blobs().put(key(), puts_[1].write, *this);
    return true;
  }

  bool was_ended(BlobAnswer&& answer) {
    auto written = answer_to_write(std::move(answer), puts_[1].write.expected);
    if (is_in_doubt(written)) {
      doubt(std::move(written.error()));
      then(&Move::looked);
      blobs().get(key(), *this);
      return true;
    }
    if (!written) {
      return take_back(std::move(written.error()));
    }
    if (*written) {
      return reply(planned());
    }
    be_overtaken();
    return is_late() ? take_back(too_late()) : get({});
  }

  bool looked(BlobAnswer&& answer) {
    switch (fate_of(left_->bytes(), puts_[1].write.version, answer)) {
      case Fate::done:
        return reply(planned());
      case Fate::overtaken:
        be_overtaken();
        return got(std::move(answer));
      case Fate::unknown:
        break;
    }
    return reply(in_doubt());
  }

  // What cannot be taken back expires: nobody has its id.
  bool take_back(Result<Committed> told) {
    if (new_version_ == 0) {
      return reply(std::move(told));
    }
    nothing(std::move(told));
    then(&Move::was_taken_back);
    blobs().remove(to_.key, new_version_, *this);
    return true;
  }

  bool was_taken_back(BlobAnswer&&) { return reply(outcome()); }

  const Destination to_;
  const OwnedCommit commit_;
  const std::int64_t ended_until_;
  Committed committed_;
  Record stored_;
  std::optional<Record> left_;
  std::array<BlobPut, 2> puts_{};
  std::uint64_t new_version_ = 0;  // 0: not created
};

}  // namespace

void write_regeneration(const std::shared_ptr<Blobs>& blobs, const Key& from, const Destination& to,
                        const Commit& commit, std::int64_t ended_until, const Call& call, Completion<Committed> done) {
  const Result<Commit> own = marked(commit);
  if (!own) {
    return done(own.error());
  }
  Dialogue::start(std::make_unique<Move>(blobs, from, to, *own, ended_until, call, std::move(done)));
}

}  // namespace sessions::store
