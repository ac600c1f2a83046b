// A request that runs a script.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <store/redis/asking.hpp>
#include <store/redis/command.hpp>
#include <store/redis/scripts.hpp>
#include <store/redis/writer.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace sessions::store::redis {

// EVALSHA.
std::string format_call(const Script& script, std::span<const std::string_view> keys,
                        std::span<const std::string_view> arguments);

// EVAL, with the keys and arguments of an EVALSHA, or EVAL, of the same script.
std::string with_text(const Script& script, std::string_view call);

// Scripts remember a call for a minute by the server's clock. A copy of it that is sent no later than this after the
// first one is known again, even if the system goes on sending it for as long as a socket may be unacknowledged.
inline constexpr std::chrono::seconds longest_retrying{25};

// Calls scripts by their digests, gives the text to servers that do not know it, and knows answers by their token. An
// error has none, and could be anybody's: it is believed when the call was made once more, with an echo behind it.
template <class T>
class ScriptCall : public Asking<T> {
 public:
  using Next = Request::Next;

  // Scripts outlive their requests, who share them.
  ScriptCall(Deadline deadline, bool writes, Completion<T> done, std::shared_ptr<const Scripts> scripts, Ticket ticket)
      : Asking<T>(deadline, writes, std::move(done)),
        scripts_(std::move(scripts)),
        ticket_(std::move(ticket)),
        token_(to_bytes(ticket_.attempt())) {}

  const std::string& token() const noexcept { return token_; }
  const Attempt& attempt() const noexcept { return ticket_.attempt(); }
  const Scripts& scripts() const noexcept { return *scripts_; }

  // What is sent next.
  void call(const Script& script, std::span<const std::string_view> keys, std::span<const std::string_view> arguments) {
    script_ = &script;
    send_call(format_call(script, keys, arguments));
  }

  // For whoever goes on with the same attempt. This makes no more calls then.
  Ticket take_ticket() noexcept { return std::move(ticket_); }

  // The last call has had no effect: the next one is another attempt.
  void renew_attempt() { ticket_.renew(); }

  // Has the answer wait for a replica.
  using Request::confirm_within;

 protected:
  Next go_on(const Reply& reply) override { return is_echo_due_ ? take_echo(reply) : take_answer(reply); }

  // The copy that is lost may yet arrive.
  void restart() noexcept override {
    is_echo_due_ = false;
    ticket_.never_settle();
    this->end_by(made_ + longest_retrying);
  }

 private:
  // An answer that begins with the token; the second element says how it went.
  virtual Next read(const Reply& reply, std::string_view outcome) = 0;

  void send_call(std::string call) {
    call_size_ = call.size();
    this->send(std::move(call));
    if (is_echoed_) {
      this->append(format_echo(token_));
    }
  }

  std::string_view last_call() const noexcept { return std::string_view(this->command()).substr(0, call_size_); }

  Next take_answer(const Reply& reply) {
    const bool has_echo = is_echoed_;
    if (reply.kind() == Reply::Kind::error) {
      take_error(reply);
    } else if (reply.size() < 2 || reply[0].text() != token_) {
      return Next::foreign;
    } else {
      this->doubt(false);
      next_ = read(reply, reply[1].text());
    }
    if (next_ == Next::foreign || !has_echo) {
      return after_all_replies();
    }
    is_echo_due_ = true;
    return Next::more;
  }

  void take_error(const Reply& error) {
    this->doubt(true);
    next_ = Next::again;
    if (error.is_error("NOSCRIPT")) {
      send_call(with_text(*script_, last_call()));
    } else if (!is_echoed_) {
      is_echoed_ = true;
      send_call(std::string(last_call()));
    } else {
      refusal_ = server_error(error.text());
      next_ = Next::done;
    }
  }

  // A server that refuses everything refuses the echo too. What was refused now may have been done before.
  Next take_echo(const Reply& reply) {
    const bool is_echo = reply.kind() == Reply::Kind::string && reply.text() == token_;
    if (!is_echo && reply.kind() != Reply::Kind::error) {
      return Next::foreign;
    }
    is_echo_due_ = false;
    if (next_ == Next::done && !this->has_answer()) {
      this->doubt(false);
      this->answer(this->may_be_done() ? Error{Status::unknown, {}} : std::move(*refusal_));
    }
    return after_all_replies();
  }

  Next after_all_replies() {
    const bool is_unconfirmed =
        next_ == Next::done && this->confirmation().count() > 0 && this->has_answer() && *this->answer();
    return is_unconfirmed ? Next::unconfirmed : next_;
  }

  // When the script has answered already, it is only unconfirmed.
  Result<T> failed(Error error) noexcept override {
    if (!this->has_answer() || !*this->answer()) {
      return error;
    }
    if constexpr (requires(T & reply) { reply.degraded; }) {
      (**this->answer()).degraded = this->confirmation().count() > 0;
    }
    return std::move(*this->answer());
  }

  const std::shared_ptr<const Scripts> scripts_;
  Ticket ticket_;
  const std::string token_;
  const Deadline made_ = std::chrono::steady_clock::now();
  const Script* script_ = nullptr;
  std::size_t call_size_ = 0;  // of the command; an echo may follow
  bool is_echoed_ = false;
  bool is_echo_due_ = false;
  Next next_ = Next::done;  // when all replies to the command have come
  std::optional<Error> refusal_;
};

}  // namespace sessions::store::redis
