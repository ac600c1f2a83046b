#include <algorithm>
#include <array>
#include <store/redis/asking.hpp>
#include <store/redis/command.hpp>
#include <store/redis/requests.hpp>
#include <store/redis/script_call.hpp>

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

 private:
  // How many are to be dropped yet; empty when they are counted.
  virtual std::string most() const = 0;

  // Takes what a step has counted. False when that was enough.
  virtual bool add(std::int64_t count, std::int64_t bytes) noexcept = 0;

  virtual T sum() const noexcept = 0;

  void step(std::string_view cursor) {
    const std::string most = this->most();
    const std::array<std::string_view, 5> arguments = {this->token(), cursor, pattern_, now_, most};
    this->call(this->scripts().scan, {}, arguments);
  }

  Next read(const Reply& reply, std::string_view cursor) final {
    const bool is_cursor = !cursor.empty() && cursor.size() <= 20 &&
                           std::all_of(cursor.begin(), cursor.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (reply.size() != 4 || !is_cursor || reply[2].integer() < 0 || reply[3].integer() < 0) {
      return Next::foreign;
    }
    if (!add(reply[2].integer(), reply[3].integer()) || cursor == "0") {
      return this->answer(sum());
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

  // What was dropped is told while somebody still listens.
  bool add(std::int64_t count, std::int64_t) noexcept override {
    dropped_ += count;
    return dropped_ < most_ && std::chrono::steady_clock::now() < deadline();
  }

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

  bool add(std::int64_t count, std::int64_t bytes) noexcept override {
    counted_.sessions += count;
    counted_.bytes += bytes;
    return true;
  }

  Statistics sum() const noexcept override { return counted_; }

  Statistics counted_;
};

class Ping final : public Asking<std::monostate> {
 public:
  Ping(std::string echo, const Call& call, Completion<std::monostate> done)
      : Asking(call.deadline(), false, std::move(done)), echo_(std::move(echo)) {
    send(redis::command(std::array<std::string_view, 2>{"PING", echo_}));
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
