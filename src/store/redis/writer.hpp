// Who writes: tells a request of this store and process from all others, and what of it may still be tried again.
#pragma once

#include <base/big_endian.hpp>
#include <base/result.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <store/store.hpp>
#include <string>

namespace sessions::store::redis {

// Big-endian, the lowest bytes of it.
inline void append_integer(std::string& bytes, std::uint64_t number, std::size_t size = sizeof(std::uint64_t)) {
  const auto big_endian = to_big_endian(number);
  bytes.append(big_endian.data() + big_endian.size() - size, size);
}

inline constexpr std::size_t attempt_size = 2 * sizeof(std::uint64_t);
inline constexpr std::size_t time_size = 5;
inline constexpr std::size_t applied_size = attempt_size + time_size;

// Writer and sequence, as scripts compare them; and with a time, as they keep it.
std::string to_bytes(const Attempt& attempt);
std::string to_bytes(const Applied& applied);

// What is to be remembered of it: scripts put the time in later.
void append_undated(std::string& bytes, const Attempt& attempt);

// Safe from many threads.
class Writer {
 public:
  // Under a number drawn at random. When none could be drawn, every ticket fails.
  static std::unique_ptr<Writer> draw();

  Writer(std::uint64_t number, Status drawn) : drawn_(drawn), number_(number) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  Writer(Writer&&) = delete;
  Writer& operator=(Writer&&) = delete;
  ~Writer() = default;

 private:
  friend class Ticket;

  Attempt begin();
  void end(const Attempt& attempt) noexcept;

  // Goes by another number, in whose name nothing is ever said to be settled that had the former.
  void leave_number(const Attempt& attempt) noexcept;

  const Status drawn_;
  std::mutex mutex_;
  std::uint64_t number_;
  std::deque<bool> ended_;   // of the sequences from first_ on
  std::uint64_t first_ = 1;  // the lowest of this number that is under way
};

// One request's sequence, under way as long as the ticket lives.
class Ticket {
 public:
  static Result<Ticket> take(std::shared_ptr<Writer> writer);

  Ticket(Ticket&&) noexcept = default;
  Ticket& operator=(Ticket&&) = delete;
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;
  ~Ticket();

  const Attempt& attempt() const noexcept { return attempt_; }

  // The attempt has had no effect, and is given up for another one: who keeps trying holds up nobody.
  void renew();

  // A copy of the request may still reach the server, however late: until it is too old to be remembered, nobody may
  // say that it is settled.
  void never_settle() noexcept { writer_->leave_number(attempt_); }

 private:
  Ticket(std::shared_ptr<Writer> writer, const Attempt& attempt) : writer_(std::move(writer)), attempt_(attempt) {}

  std::shared_ptr<Writer> writer_;
  Attempt attempt_;
};

}  // namespace sessions::store::redis
