// A command for a server, and what becomes of the reply.
#pragma once

#include <algorithm>
#include <base/clock.hpp>
#include <base/status.hpp>
#include <chrono>
#include <store/answer.hpp>
#include <store/redis/reply.hpp>
#include <string>
#include <utility>

namespace sessions::store::redis {

// Belongs to the transport from its submission until done or failed. It is sent again when a connection breaks before
// the reply is there: whoever writes one sees to it that this has no second effect.
class Request {
 public:
  enum class Next {
    done,         // whoever waits has been answered
    unconfirmed,  // the answer is there, and given by confirm() when a replica has what was written, otherwise by
                  // fail()
    more,         // another reply to the same bytes follows
    again,        // command() is to be sent once more; it may be another one now
    foreign,      // this cannot be the reply to the command: the connection is out of step
  };

  // `writes`: when the reply is lost, nobody knows whether anything was changed.
  Request(Deadline deadline, bool writes) : deadline_(deadline), writes_(writes) {}
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  Request(Request&&) = delete;
  Request& operator=(Request&&) = delete;
  virtual ~Request() = default;

  Deadline deadline() const noexcept { return deadline_; }
  bool writes() const noexcept { return writes_; }

  // How long it waits for a replica at the most, once it is unconfirmed.
  std::chrono::milliseconds confirmation() const noexcept { return confirmation_; }

  // From now, which leaves its caller half of the time that is left. Counts once.
  void begin_confirmation(Deadline now) noexcept {
    confirmed_by_ = std::min(confirmed_by_, now + std::min<Deadline::duration>(confirmation_, (deadline_ - now) / 2));
  }
  Deadline confirmed_by() const noexcept { return confirmed_by_; }

  // Says that it was sent, and that its reply will not come: it may be sent again.
  void lose_reply() noexcept {
    has_lost_reply_ = true;
    restart();
  }

  // Whether what it writes may have been written.
  bool may_be_done() const noexcept {
    return writes_ && (has_lost_reply_ || is_in_doubt_ || confirmed_by_ != Deadline::max());
  }

  // In RESP; the bytes of several commands when several replies are expected.
  virtual const std::string& command() const noexcept = 0;

  // May throw std::bad_alloc.
  virtual Next take(const Reply& reply) = 0;

  virtual void fail(Error error) noexcept = 0;

  virtual void confirm() noexcept {}

  // Who waits for it; only to be compared, and roused.
  virtual Awaited* awaited() const noexcept = 0;

 protected:
  void confirm_within(std::chrono::milliseconds time) noexcept { confirmation_ = time; }

  // Whether the last reply may have been meant for somebody else.
  void doubt(bool is_in_doubt) noexcept { is_in_doubt_ = is_in_doubt; }

  void end_by(Deadline deadline) noexcept { deadline_ = std::min(deadline_, deadline); }

 private:
  // Of what comes from now on, the first will be a reply to the beginning of command().
  virtual void restart() noexcept {}

  Deadline deadline_;
  const bool writes_;
  bool has_lost_reply_ = false;
  bool is_in_doubt_ = false;
  std::chrono::milliseconds confirmation_{0};
  Deadline confirmed_by_ = Deadline::max();
};

}  // namespace sessions::store::redis
