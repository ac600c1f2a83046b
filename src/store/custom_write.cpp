#include <functional>
#include <store/custom_change.hpp>
#include <store/custom_write.hpp>
#include <store/merge.hpp>
#include <store/owned_commit.hpp>

namespace sessions::store {

namespace {

// What a record becomes, and the reply when it has become that. No record: the reply is given at once.
template <class Reply>
struct Plan {
  std::optional<Record> record;
  Reply reply;
};

template <class Reply>
class Rewrite final : public ChangeSteps<Rewrite<Reply>, Reply> {
 public:
  using MakePlan = std::function<Result<Plan<Reply>>(const std::optional<BlobFound>& found)>;

  Rewrite(std::shared_ptr<Blobs> blobs, const Key& key, const Call& call, Completion<Reply> done, MakePlan make_plan)
      : ChangeSteps<Rewrite, Reply>(std::move(blobs), key, call, std::move(done)), make_plan_(std::move(make_plan)) {}

 private:
  friend class ChangeSteps<Rewrite, Reply>;

  std::span<const BlobPut> plan(Result<std::optional<BlobFound>> found) {
    if (!found) {
      return this->nothing(std::move(found.error()));
    }
    auto plan = make_plan_(*found);
    if (!plan) {
      return this->nothing(std::move(plan.error()));
    }
    if (!plan->record) {
      return this->nothing(std::move(plan->reply));
    }
    if (this->is_late()) {
      return this->nothing(this->too_late());
    }
    Result<Record> coded = encode(*plan->record, this->codec());
    if (!coded) {
      return this->nothing(std::move(coded.error()));
    }
    reply_.emplace(std::move(plan->reply));
    stored_ = std::move(*coded);
    const std::uint64_t version = (*found)->version;
    put_ = {&this->key(),
            {stored_.bytes(), version, version + 1, stored_.expires(), this->now(), stored_.head().ended}};
    return {&put_, 1};
  }

  Reply planned() { return std::move(*reply_); }

  bool get(BlobAnswer&&) {
    this->then(&Rewrite::got);
    this->blobs().get(this->key(), *this);
    return true;
  }

  bool got(BlobAnswer&& answer) {
    if (plan(answer_to_get(std::move(answer))).empty()) {
      return this->reply(this->outcome());
    }
    this->then(&Rewrite::was_put);
    this->blobs().put(*put_.key, put_.write, *this);
    return true;
  }

  bool was_put(BlobAnswer&& answer) {
    auto written = answer_to_write(std::move(answer), put_.write.expected);
    if (is_in_doubt(written)) {
      this->doubt(std::move(written.error()));
      this->then(&Rewrite::looked);
      this->blobs().get(this->key(), *this);
      return true;
    }
    if (!written) {
      return this->reply(std::move(written.error()));
    }
    if (*written) {
      return this->reply(planned());
    }
    this->be_overtaken();
    return this->is_late() ? this->reply(this->too_late()) : get({});
  }

  bool looked(BlobAnswer&& answer) {
    switch (fate_of(put_.write.blob, put_.write.version, answer)) {
      case Fate::done:
        return this->reply(planned());
      case Fate::overtaken:
        this->be_overtaken();
        return got(std::move(answer));
      case Fate::unknown:
        break;
    }
    return this->reply(this->in_doubt());
  }

  const MakePlan make_plan_;
  std::optional<Reply> reply_;
  Record stored_;
  BlobPut put_{};
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
