// One call of a custom store: a question to the blobs, and when that is answered the next one, until the reply is
// known.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <store/answer.hpp>
#include <store/blobs.hpp>
#include <store/call.hpp>
#include <store/codec.hpp>
#include <utility>

namespace sessions::store {

// Answered at once, it goes on in a loop when the blobs have returned, so that the stack does not grow with the number
// of questions; answered later, it goes on on the thread that answers. Between question and answer it belongs to
// whoever will answer.
class Dialogue {
 public:
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;
  Dialogue(Dialogue&&) = delete;
  Dialogue& operator=(Dialogue&&) = delete;
  virtual ~Dialogue() = default;

  static void start(std::unique_ptr<Dialogue> dialogue) { run(std::move(dialogue)); }

  // Once for each question.
  void answer(BlobAnswer answer);

  // While the question is Blobs::change(), on any thread: what is to be put, given what is there. What is returned, and
  // what is kept, is good until the answer or the next decision.
  virtual std::span<const BlobPut> decide(BlobAnswer&&) { return {}; }
  void keep(std::shared_ptr<const void> kept) noexcept { kept_ = std::move(kept); }

  // 0 when nobody waits any more.
  std::chrono::milliseconds time_left() const noexcept;

 protected:
  Dialogue(std::shared_ptr<Blobs> blobs, const Call& call)
      : blobs_(std::move(blobs)), codec_(call.shared_codec()), now_(call.now()), deadline_(call.deadline()) {}

  Blobs& blobs() const noexcept { return *blobs_; }
  void let_go_of_blobs() noexcept { blobs_.reset(); }
  const Codec* codec() const noexcept { return codec_.get(); }
  std::int64_t now() const noexcept { return now_; }
  bool is_late() const noexcept { return std::chrono::steady_clock::now() >= deadline_; }

 private:
  enum class Phase { asking, answered, waiting };

  // Takes the answer to the last question, at the beginning BlobDone, and asks the next one. False when there is none.
  // What is thrown becomes the answer to the last question that was asked, or was about to be asked.
  virtual bool go_on(BlobAnswer answer) = 0;

  virtual void conclude() noexcept = 0;

  static void run(std::unique_ptr<Dialogue> self);
  bool ask_next();
  void fail(Status status);

  std::shared_ptr<Blobs> blobs_;
  const std::shared_ptr<const Codec> codec_;
  const std::int64_t now_;
  const Deadline deadline_;
  std::shared_ptr<const void> kept_;
  BlobAnswer answer_;
  std::atomic<Phase> phase_ = Phase::asking;
};

// A dialogue written as steps, members of Self: each takes an answer, and either replies, or says which step is next
// and asks.
template <class Self, class Reply>
class Steps : public Dialogue {
 protected:
  using Step = bool (Self::*)(BlobAnswer&& answer);

  Steps(std::shared_ptr<Blobs> blobs, const Call& call, Completion<Reply> done, Step first)
      : Dialogue(std::move(blobs), call), done_(std::move(done)), next_(first) {}

  void then(Step next) noexcept { next_ = next; }

  bool reply(Result<Reply> reply) {
    reply_.emplace(std::move(reply));
    return false;
  }

 private:
  bool go_on(BlobAnswer answer) final { return (static_cast<Self*>(this)->*next_)(std::move(answer)); }

  // Lets go of the blobs first: the caller may then be the last to hold them, and their owner is not called back here.
  void conclude() noexcept final {
    Completion<Reply> done = std::move(done_);
    Result<Reply> reply = std::move(*reply_);
    let_go_of_blobs();
    done(std::move(reply));
  }

  Completion<Reply> done_;
  Step next_;
  std::optional<Result<Reply>> reply_;
};

// What an answer says to a question; the error of one that failed, or that is no answer to it.
Result<std::optional<BlobFound>> answer_to_get(BlobAnswer answer);
Result<bool> answer_to_write(BlobAnswer answer, std::uint64_t expected);  // whether it was done
Result<BlobsCounted> answer_to_count(BlobAnswer answer);
Result<std::monostate> answer_to_ping(BlobAnswer answer);

// A put of which the store does not know whether it was done, after another look at the key: overtaken when somebody
// else has put that version, unknown when it may be done still, or lies under what others have put since.
enum class Fate { done, overtaken, unknown };

inline bool is_in_doubt(const Result<bool>& written) { return !written && written.error().status == Status::unknown; }
Fate fate_of(std::string_view blob, std::uint64_t version, const BlobAnswer& found) noexcept;

}  // namespace sessions::store
