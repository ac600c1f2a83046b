// How a change of a custom store begins: what becomes of a record is worked out from what is there. A store that has a
// step for that asks inside it, and is done; any other is read, and then told what to put.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <store/dialogue.hpp>
#include <utility>

namespace sessions::store {

// Marks a commit that is not to be told from another by its caller, so that no two put the same bytes: who does not
// know whether his were put looks for them. A record keeps the last mark only.
Result<Commit> marked(const Commit& commit);

bool is_written(const Committed& committed) noexcept;

// Self has these, of which the first and the last two are what Steps calls a step:
//   bool get(BlobAnswer&&)                  reads, plans and puts
//   std::span<const BlobPut> plan(found)    what is to be put; none when outcome() is the reply
//   Reply planned()                         the reply when that has been put
//   bool looked(BlobAnswer&&)               the same after a put of which the store does not know
template <class Self, class Reply>
class ChangeSteps : public Steps<Self, Reply> {
 protected:
  ChangeSteps(std::shared_ptr<Blobs> blobs, const Key& key, const Call& call, Completion<Reply> done)
      : Steps<Self, Reply>(std::move(blobs), call, std::move(done), &ChangeSteps::begin), key_(key) {}

  const Key& key() const noexcept { return key_; }

  std::span<const BlobPut> nothing(Result<Reply> outcome) {
    outcome_.emplace(std::move(outcome));
    return {};
  }

  void be_overtaken() noexcept { was_overtaken_ = true; }

  // The time may have gone by with attempts that others were faster at.
  Error too_late() const {
    return was_overtaken_
               ? Error{Status::busy, "others kept changing this session for the time allowed: nothing was changed"}
               : Error{Status::timeout, "the custom store did not answer in time: nothing was changed"};
  }

  Result<Reply> outcome() { return std::move(*outcome_); }

  // What a write said of which the store does not know, until it has been looked for.
  void doubt(Error error) noexcept { in_doubt_ = std::move(error); }
  Error in_doubt() noexcept { return std::move(in_doubt_); }

 private:
  Self& self() noexcept { return static_cast<Self&>(*this); }

  // A codec may take long, and the store's step holds up others.
  bool begin(BlobAnswer&&) {
    if (!this->blobs().can_change() || this->codec() != nullptr) {
      return self().get({});
    }
    this->then(&ChangeSteps::was_changed);
    this->blobs().change(key_, *this);
    return true;
  }

  // The step may be begun again: the last plan counts.
  std::span<const BlobPut> decide(BlobAnswer&& found) final {
    is_planned_ = false;
    outcome_.reset();
    const std::span<const BlobPut> puts = self().plan(answer_to_get(std::move(found)));
    is_planned_ = !puts.empty();
    return puts;
  }

  bool was_changed(BlobAnswer&& answer) {
    auto changed = answer_to_write(std::move(answer), 0);
    if (is_in_doubt(changed) && is_planned_) {
      doubt(std::move(changed.error()));
      this->then(&Self::looked);
      this->blobs().get(key_, *this);
      return true;
    }
    if (!changed) {
      return this->reply(std::move(changed.error()));
    }
    if (!*changed) {
      be_overtaken();
      return this->is_late() ? this->reply(too_late()) : self().get({});
    }
    if (outcome_) {
      return this->reply(std::move(*outcome_));
    }
    return this->reply(is_planned_ ? self().planned()
                                   : Result<Reply>(Error{Status::callback,
                                                         "the custom store said that a change is done "
                                                         "without sessions_custom_decide()"}));
  }

  const Key key_;
  std::optional<Result<Reply>> outcome_;
  Error in_doubt_{Status::unknown, {}};
  bool is_planned_ = false;
  bool was_overtaken_ = false;
};

}  // namespace sessions::store
