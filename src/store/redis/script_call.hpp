// A request that runs a script.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <span>
#include <store/redis/asking.hpp>
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

// The command that waits until a replica has everything that was written before on the same connection.
std::string format_wait(std::chrono::milliseconds time);

// Calls scripts by their digests, gives the text to servers that do not know it, and knows answers by their token. The
// last call may be confirmed by a replica: then WAIT follows it in the same bytes, and its answer follows the script's.
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

  // The last call has had no effect: the next one is another attempt.
  void renew_attempt() { ticket_.renew(); }

  // Of the calls from now on.
  void confirm_within(std::chrono::milliseconds time) noexcept { confirmation_ = time; }

 protected:
  Next go_on(const Reply& reply) override {
    if (reply.kind() == Reply::Kind::integer) {
      return is_confirmed() ? confirmed(reply.integer() > 0) : Next::foreign;
    }
    if (reply.kind() == Reply::Kind::error) {
      return refused(reply);
    }
    if (reply.size() < 2 || reply[0].text() != token_) {
      return Next::foreign;
    }
    const Next next = read(reply, reply[1].text());
    if (!is_confirmed() || next == Next::foreign) {
      return next;
    }
    is_again_ = next == Next::again;
    return Next::more;
  }

 private:
  // An answer that begins with the token; the second element says how it went.
  virtual Next read(const Reply& reply, std::string_view outcome) = 0;

  bool is_confirmed() const noexcept { return confirmation_.count() > 0; }

  void send_call(std::string call) {
    call_size_ = call.size();
    this->send(std::move(call));
    if (is_confirmed()) {
      using std::chrono::milliseconds;
      const auto left =
          std::chrono::duration_cast<milliseconds>(this->deadline() - std::chrono::steady_clock::now()) / 2;
      this->append(format_wait(std::clamp(left, milliseconds(1), confirmation_)));
    }
  }

  // WAIT's answer comes last, whatever the script's was.
  Next refused(const Reply& reply) {
    if (reply.is_error("NOSCRIPT")) {
      send_call(with_text(*script_, std::string_view(this->command()).substr(0, call_size_)));
      is_again_ = is_confirmed();
      return is_again_ ? Next::more : Next::again;
    }
    if (is_confirmed() && (is_again_ || this->has_answer())) {
      return confirmed(false);
    }
    const Next next = this->refuse(reply);
    return is_confirmed() ? Next::more : next;
  }

  Next confirmed(bool is_confirmed) {
    if (std::exchange(is_again_, false)) {
      return Next::again;
    }
    if (!this->has_answer()) {
      return Next::foreign;
    }
    degrade(!is_confirmed);
    return Next::done;
  }

  void degrade(bool degraded) noexcept {
    if constexpr (requires(T & reply) { reply.degraded; }) {
      if (*this->answer()) {
        (**this->answer()).degraded = degraded;
      }
    }
  }

  // The script may have answered already.
  Result<T> failed(Error error) noexcept override {
    if (!this->has_answer()) {
      return error;
    }
    degrade(true);
    return std::move(*this->answer());
  }

  const std::shared_ptr<const Scripts> scripts_;
  Ticket ticket_;
  const std::string token_;
  std::chrono::milliseconds confirmation_{0};
  const Script* script_ = nullptr;
  std::size_t call_size_ = 0;  // of the command; WAIT may follow
  bool is_again_ = false;      // once WAIT has answered too
};

}  // namespace sessions::store::redis
