#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <store/redis/asking.hpp>
#include <store/redis/command.hpp>
#include <store/redis/requests.hpp>
#include <store/redis/script_call.hpp>
#include <string_view>
#include <unordered_set>

namespace sessions::store::redis {

namespace {

// Step by step, so that no other command has to wait for long.
template <class T>
class Scan : public ScriptCall<T> {
 public:
  using Next = Request::Next;

  Scan(Means means, std::string pattern, const Call& call, bool writes, Completion<T> done)
      : ScriptCall<T>(call.deadline(), writes, std::move(done), std::move(means.scripts), std::move(means.ticket)),
        pattern_(std::move(pattern)),
        now_(std::to_string(call.now())) {}

  void start() { step("0"); }

 protected:
  bool is_late() const noexcept { return std::chrono::steady_clock::now() >= this->deadline(); }

 private:
  // How many are to be dropped yet; empty when they are counted.
  virtual std::string most() const = 0;

  // Takes what a step has done or found. False when that can be no answer.
  virtual bool add(const Reply& found) = 0;

  // Whether there is no need to go on.
  virtual bool is_enough() const noexcept { return false; }

  virtual T sum() const noexcept = 0;

  void step(std::string_view cursor) {
    const std::string most = this->most();
    const std::array<std::string_view, 5> arguments = {this->token(), cursor, pattern_, now_, most};
    this->call(this->scripts().scan, {}, arguments);
  }

  Next read(const Reply& reply, std::string_view cursor) final {
    const bool is_cursor = !cursor.empty() && cursor.size() <= 20 &&
                           std::all_of(cursor.begin(), cursor.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (reply.size() != 3 || !is_cursor || !add(reply[2])) {
      return Next::foreign;
    }
    if (cursor == "0" || is_enough()) {
      return this->answer(sum());
    }
    if (is_late()) {
      return this->answer(Error{Status::timeout, {}});
    }
    step(cursor);
    return Next::again;
  }

  const std::string pattern_;
  const std::string now_;
};

class Sweep final : public Scan<std::int64_t> {
 public:
  Sweep(Means means, std::string pattern, std::int64_t most, const Call& call, Completion<std::int64_t> done)
      : Scan(std::move(means), std::move(pattern), call, true, std::move(done)), most_(most) {}

 private:
  std::string most() const override { return std::to_string(most_ - dropped_); }

  bool add(const Reply& dropped) override {
    if (dropped.kind() != Reply::Kind::integer || dropped.integer() < 0) {
      return false;
    }
    dropped_ += dropped.integer();
    return true;
  }

  // What was dropped is told while somebody still listens.
  bool is_enough() const noexcept override { return dropped_ >= most_ || is_late(); }

  std::int64_t sum() const noexcept override { return dropped_; }

  Result<std::int64_t> failed(Error error) noexcept override {
    return dropped_ > 0 && error.status != Status::unknown ? Result<std::int64_t>(dropped_) : std::move(error);
  }

  const std::int64_t most_;
  std::int64_t dropped_ = 0;
};

class Count final : public Scan<Statistics> {
 public:
  Count(Means means, std::string pattern, const Call& call, Completion<Statistics> done)
      : Scan(std::move(means), std::move(pattern), call, false, std::move(done)) {}

 private:
  std::string most() const override { return {}; }

  bool add(const Reply& found) override {
    if (found.kind() != Reply::Kind::array || found.size() % 3 != 0) {
      return false;
    }
    for (std::size_t i = 0; i < found.size(); i += 3) {
      // SCAN may name a key again when the server makes its table smaller meanwhile.
      if (counted_keys_.insert(std::hash<std::string_view>()(found[i].text())).second) {
        counted_.sessions += found[i + 1].integer();
        counted_.bytes += found[i + 2].integer();
      }
    }
    return true;
  }

  Statistics sum() const noexcept override { return counted_; }

  Statistics counted_;
  std::unordered_set<std::size_t> counted_keys_;  // hashes, which take less than the keys
};

class Ping final : public Asking<std::monostate> {
 public:
  Ping(std::string echo, const Call& call, Completion<std::monostate> done)
      : Asking(call.deadline(), false, std::move(done)), echo_(std::move(echo)) {
    send(format_echo(echo_));
  }

 private:
  Next go_on(const Reply& reply) override {
    if (reply.kind() == Reply::Kind::error) {
      return refuse(reply);
    }
    return reply.kind() == Reply::Kind::string && reply.text() == echo_ ? answer(std::monostate()) : Next::foreign;
  }

  const std::string echo_;
};

}  // namespace

std::unique_ptr<Request> make_sweep(Means means, std::string pattern, std::int64_t most, const Call& call,
                                    Completion<std::int64_t> done) {
  auto sweep = std::make_unique<Sweep>(std::move(means), std::move(pattern), most, call, std::move(done));
  sweep->start();
  return sweep;
}

std::unique_ptr<Request> make_statistics(Means means, std::string pattern, const Call& call,
                                         Completion<Statistics> done) {
  auto count = std::make_unique<Count>(std::move(means), std::move(pattern), call, std::move(done));
  count->start();
  return count;
}

std::unique_ptr<Request> make_ping(const Ticket& ticket, const Call& call, Completion<std::monostate> done) {
  return std::make_unique<Ping>(to_bytes(ticket.attempt()), call, std::move(done));
}

}  // namespace sessions::store::redis
