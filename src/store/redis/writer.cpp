#include <base/random.hpp>
#include <store/redis/writer.hpp>

namespace sessions::store::redis {

std::string to_bytes(const Attempt& attempt) {
  std::string bytes;
  bytes.reserve(attempt_size);
  append_integer(bytes, attempt.writer);
  append_integer(bytes, attempt.sequence);
  return bytes;
}

std::string to_bytes(const Applied& applied) {
  std::string bytes;
  bytes.reserve(applied_size);
  append_integer(bytes, applied.writer);
  append_integer(bytes, applied.sequence);
  append_integer(bytes, static_cast<std::uint64_t>(applied.time), time_size);
  return bytes;
}

void append_undated(std::string& bytes, const Attempt& attempt) {
  append_integer(bytes, attempt.writer);
  append_integer(bytes, attempt.sequence);
  append_integer(bytes, 0, time_size);
}

std::unique_ptr<Writer> Writer::draw() {
  const Result<std::uint64_t> drawn = system_number();
  const std::uint64_t number = (drawn ? *drawn : 0) | 1U;  // 0 would be nobody
  return std::make_unique<Writer>(number, drawn ? Status::ok : drawn.error().status);
}

Attempt Writer::begin() {
  const std::lock_guard lock(mutex_);
  ended_.push_back(false);
  return {number_, first_ + ended_.size() - 1, first_};
}

void Writer::end(const Attempt& attempt) noexcept {
  const std::lock_guard lock(mutex_);
  if (attempt.writer != number_) {
    return;
  }
  ended_[attempt.sequence - first_] = true;
  while (!ended_.empty() && ended_.front()) {
    ended_.pop_front();
    ++first_;
  }
}

// Sequences go on, so that no two requests have the same, and as many bits are random as before.
void Writer::leave_number(const Attempt& attempt) noexcept {
  const std::lock_guard lock(mutex_);
  if (attempt.writer == number_) {
    number_ += 2;
    first_ += ended_.size();
    ended_.clear();
  }
}

Result<Ticket> Ticket::take(std::shared_ptr<Writer> writer) {
  if (writer->drawn_ != Status::ok) {
    return Error{writer->drawn_, "no random number could be had from the system to tell writers apart"};
  }
  const Attempt attempt = writer->begin();
  return Ticket(std::move(writer), attempt);
}

Ticket::~Ticket() {
  if (writer_) {
    writer_->end(attempt_);
  }
}

void Ticket::renew() {
  const Attempt next = writer_->begin();
  writer_->end(attempt_);
  attempt_ = next;
}

}  // namespace sessions::store::redis
