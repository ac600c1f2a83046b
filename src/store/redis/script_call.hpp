// A request that runs a script.
#pragma once

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

// Calls scripts by their digests, gives the text to servers that do not know it, and knows answers by their token.
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
    this->send(format_call(script, keys, arguments));
  }

  // The last call has had no effect: the next one is another attempt.
  void renew_attempt() { ticket_.renew(); }

  // Has the answer wait for a replica.
  using Request::confirm_within;

 protected:
  Next go_on(const Reply& reply) override {
    if (reply.is_error("NOSCRIPT")) {
      this->send(with_text(*script_, this->command()));
      return Next::again;
    }
    if (reply.kind() == Reply::Kind::error) {
      return this->refuse(reply);
    }
    if (reply.size() < 2 || reply[0].text() != token_) {
      return Next::foreign;
    }
    const Next next = read(reply, reply[1].text());
    const bool is_unconfirmed = next == Next::done && this->confirmation().count() > 0 && *this->answer();
    return is_unconfirmed ? Next::unconfirmed : next;
  }

 private:
  // An answer that begins with the token; the second element says how it went.
  virtual Next read(const Reply& reply, std::string_view outcome) = 0;

  // When the script has answered already, it is only unconfirmed.
  Result<T> failed(Error error) noexcept override {
    if (!this->has_answer() || !*this->answer()) {
      return error;
    }
    if constexpr (requires(T & reply) { reply.degraded; }) {
      (**this->answer()).degraded = true;
    }
    return std::move(*this->answer());
  }

  const std::shared_ptr<const Scripts> scripts_;
  Ticket ticket_;
  const std::string token_;
  const Script* script_ = nullptr;
};

}  // namespace sessions::store::redis
