#include <algorithm>
#include <new>
#include <store/dialogue.hpp>

namespace sessions::store {

namespace {

Error no_answer(BlobAnswer answer) {
  if (Error* failure = std::get_if<Error>(&answer)) {
    return std::move(*failure);
  }
  return {Status::callback, "a callback of the custom store gave an answer of another kind than it was asked for"};
}

}  // namespace

std::chrono::milliseconds Dialogue::time_left() const noexcept {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

void Dialogue::answer(BlobAnswer answer) {
  answer_ = std::move(answer);
  if (phase_.exchange(Phase::answered, std::memory_order_acq_rel) == Phase::waiting) {
    run(std::unique_ptr<Dialogue>(this));
  }
}

void Dialogue::run(std::unique_ptr<Dialogue> self) {
  for (;;) {
    if (!self->ask_next()) {
      self->conclude();
      return;
    }
    Dialogue* asked = self.release();  // whoever answers has it, unless the answer is there
    Phase phase = Phase::asking;
    if (asked->phase_.compare_exchange_strong(phase, Phase::waiting, std::memory_order_acq_rel)) {
      return;
    }
    self.reset(asked);
  }
}

bool Dialogue::ask_next() {
  BlobAnswer answer = std::move(answer_);
  phase_.store(Phase::asking, std::memory_order_release);
  try {
    return go_on(std::move(answer));
  } catch (const std::bad_alloc&) {
    fail(Status::nomem);
  } catch (...) {
    fail(Status::callback);  // nothing else is thrown by us
  }
  return true;
}

void Dialogue::fail(Status status) {
  if (phase_.exchange(Phase::answered, std::memory_order_acq_rel) == Phase::asking) {
    answer_ = Error{status, {}};
  }
}

Result<std::optional<BlobFound>> answer_to_get(BlobAnswer answer) {
  if (BlobFound* found = std::get_if<BlobFound>(&answer)) {
    return std::optional(std::move(*found));
  }
  if (std::holds_alternative<BlobMissing>(answer)) {
    return std::optional<BlobFound>();
  }
  return no_answer(std::move(answer));
}

Result<bool> answer_to_write(BlobAnswer answer, std::uint64_t expected) {
  if (std::holds_alternative<BlobDone>(answer)) {
    return true;
  }
  if (std::holds_alternative<BlobConflict>(answer) || (std::holds_alternative<BlobMissing>(answer) && expected != 0)) {
    return false;
  }
  return no_answer(std::move(answer));
}

Result<BlobsCounted> answer_to_count(BlobAnswer answer) {
  if (const BlobsCounted* counted = std::get_if<BlobsCounted>(&answer)) {
    if (counted->blobs >= 0 && counted->bytes >= 0) {
      return *counted;
    }
  }
  return no_answer(std::move(answer));
}

Result<std::monostate> answer_to_ping(BlobAnswer answer) {
  if (std::holds_alternative<BlobDone>(answer)) {
    return std::monostate();
  }
  return no_answer(std::move(answer));
}

Fate fate_of(std::string_view blob, std::uint64_t version, const BlobAnswer& found) noexcept {
  const BlobFound* there = std::get_if<BlobFound>(&found);
  if (there == nullptr || there->version != version) {
    return Fate::unknown;
  }
  return there->record.bytes() == blob ? Fate::done : Fate::overtaken;
}

}  // namespace sessions::store
