#include <algorithm>
#include <new>
#include <numeric>
#include <store/redis/multiplexer.hpp>
#include <utility>

namespace sessions::store::redis {

namespace {

using std::chrono::milliseconds;

constexpr std::ptrdiff_t most_opening = 4;
constexpr milliseconds first_pause{50};
constexpr int longest_pause = 5;  // doublings of the first

// The clock's last digits spread the callers of many processes well enough.
milliseconds pause_after(int failures, Deadline now) {
  const milliseconds whole = first_pause * (1 << std::min(failures - 1, longest_pause));
  const auto jitter = now.time_since_epoch().count() / 1'000 % (whole.count() / 2 + 1);
  return whole - milliseconds(jitter);
}

Requests one(std::unique_ptr<Request> request) {
  Requests requests;
  requests.push_back(std::move(request));
  return requests;
}

// How long a call may stay unnoticed by who polls, when the process could open no descriptor to tell him by.
constexpr milliseconds unnoticed{10};

constexpr std::string_view no_time = "the connection to Redis was not made in the time allowed: nothing was changed";

}  // namespace

Multiplexer::Multiplexer(const Options& options, const std::shared_ptr<crypto::TlsContext>& tls,
                         const Environment& environment)
    : options_(options), environment_(environment) {
  for (std::size_t i = 0; i < options.connections + 1; ++i) {
    connections_.push_back(std::make_unique<Connection>(options_, tls));
  }
}

Multiplexer::~Multiplexer() {
  for (const auto& connection : connections_) {
    connection->abandon(Status::unavailable);
  }
}

bool Multiplexer::must_fail(const Connection& connection, Deadline now) const noexcept {
  return !connection.is_ready() && (now < breaker_.open_until || (breaker_.is_in_doubt && now < breaker_.tried_until));
}

// One that is busy is better than one that cannot be had.
Connection& Multiplexer::choose(Lane lane, Deadline now) const noexcept {
  if (lane == Lane::confirming) {
    return *connections_.back();
  }
  const auto rank = [&](const auto& each) { return std::pair(must_fail(*each, now), each->load()); };
  const auto is_better = [&](const auto& a, const auto& b) { return rank(a) < rank(b); };
  return **std::min_element(connections_.begin(), std::prev(connections_.end()), is_better);
}

void Multiplexer::submit(std::unique_ptr<Request> request, Lane lane) {
  const Deadline now = environment_.now();
  std::unique_lock lock(mutex_);
  Connection& connection = choose(lane, now);
  if (must_fail(connection, now)) {
    Error error = in_words(Status::unavailable, breaker_.reason.message);
    lock.unlock();
    request->fail(std::move(error));
    return;
  }
  if (!connection.is_ready()) {
    breaker_.tried_until = now + options_.connect_timeout;
  }
  connection.submit(one(std::move(request)), now);
  // Who drives, and does not poll just now, will send it before it polls again.
  if (is_driven_ && !is_polling_) {
    return;
  }
  if (!connection.flush() && is_polling_) {
    wake_up_.set();
  }
}

void Multiplexer::wait_for(Awaited& awaited, Deadline deadline) {
  for (Deadline now{}; !awaited.is_delivered() && (now = environment_.now()) < deadline;) {
    if (!is_driven_.exchange(true)) {
      drive(awaited, now, deadline);
    } else {
      awaited.wait(deadline);
    }
  }
  if (!awaited.is_delivered()) {
    awaited.give_up();
    withdraw(awaited);
    // Who has left the driving to this caller has roused nobody else.
    if (!is_driven_.exchange(true)) {
      drive(awaited, environment_.now(), deadline);
    }
  }
}

void Multiplexer::withdraw(Awaited& awaited) {
  std::unique_ptr<Request> request;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& connection : connections_) {
      request = request ? std::move(request) : connection->withdraw(awaited);
    }
    if (request) {
      breaker_.tried_until = {};  // another may go on with what this one has tried
    }
  }
  if (request) {
    request->fail({Status::timeout, {}});
  }
}

void Multiplexer::drive(const Awaited& awaited, Deadline now, Deadline deadline) {
  std::unique_lock lock(mutex_);
  while (!awaited.is_delivered() && now < deadline) {
    try {
      now = step(lock, now, deadline);
    } catch (const std::bad_alloc&) {
      if (!lock.owns_lock()) {
        lock.lock();
      }
      now = environment_.now();
      is_polling_ = false;
      for (const auto& connection : connections_) {
        connection->abandon(Status::nomem);
      }
    }
    if (!late_.empty() || !refused_.empty()) {
      lock.unlock();
      answer_ended();
      lock.lock();
    }
  }
  for (const auto& connection : connections_) {
    connection->flush();  // of those who have left it to this one
  }
  is_driven_.exchange(false);  // so that it is seen below who had given up before he found it taken
  static_cast<void>(std::any_of(connections_.begin(), connections_.end(),
                                [](const auto& connection) { return connection->rouse(); }));
}

void Multiplexer::failed(Connection& connection, Error error, Deadline now) noexcept {
  if (connection.was_useful()) {
    breaker_ = {};
    return;
  }
  breaker_.failures += 1;
  breaker_.open_until = now + pause_after(breaker_.failures, now);
  breaker_.tried_until = {};
  breaker_.is_in_doubt = true;
  breaker_.reason = std::move(error);
  connection.refuse(refused_);
}

void Multiplexer::answer_ended() noexcept {
  for (const auto& request : late_) {
    request->fail(request->may_be_done() ? Error{Status::unknown, {}} : in_words(Status::timeout, no_time));
  }
  late_.clear();
  for (const auto& request : refused_) {
    request->fail(in_words(breaker_.reason.status, breaker_.reason.message));
  }
  refused_.clear();
}

std::ptrdiff_t Multiplexer::opening_count() const noexcept {
  return std::count_if(connections_.begin(), connections_.end(), [](const auto& each) { return each->is_opening(); });
}

Deadline Multiplexer::step(std::unique_lock<std::mutex>& lock, Deadline now, Deadline deadline) {
  const auto check = [&](Connection& connection, Result<void> done) {
    if (!done) {
      failed(connection, std::move(done.error()), now);
    }
  };
  busy_.clear();
  for (const auto& connection : connections_) {
    if (!connection->is_at_rest()) {
      busy_.push_back(connection.get());
    }
  }
  descriptors_.assign(1, {wake_up_.descriptor(), POLLIN, 0});
  Deadline until = wake_up_.descriptor() == -1 ? std::min(deadline, now + unnoticed) : deadline;
  for (Connection* const connection : busy_) {
    check(*connection, connection->look_at_clock(now, late_));
    if (connection->wants_to_open() && now >= breaker_.open_until && opening_count() < most_opening) {
      check(*connection, connection->open(now));
    }
    if (connection->wants_to_open() && now < breaker_.open_until) {
      until = std::min(until, breaker_.open_until);
    }
    connection->list(descriptors_);
    until = connection->next_time(now, until);
  }
  if (!late_.empty()) {
    breaker_.tried_until = {};
  }
  if (!late_.empty() || !refused_.empty()) {
    return now;  // they have waited long enough
  }
  const std::size_t awaited =
      std::accumulate(busy_.begin(), busy_.end(), std::size_t{0},
                      [](std::size_t sum, const Connection* connection) { return sum + connection->awaited_count(); });
  is_polling_ = true;
  lock.unlock();
  environment_.poll(descriptors_, now, until, awaited == 1);
  lock.lock();
  is_polling_ = false;
  if ((descriptors_.front().revents & POLLIN) != 0) {
    wake_up_.clear();
  }
  now = environment_.now();
  for (Connection* const connection : busy_) {
    check(*connection, connection->receive(descriptors_, now));
  }
  lock.unlock();
  for (Connection* const connection : busy_) {
    while (connection->process()) {
      const std::lock_guard again(mutex_);
      connection->flush();
    }
  }
  lock.lock();
  for (Connection* const connection : busy_) {
    check(*connection, connection->follow_up(now));
    if (connection->is_ready()) {
      breaker_.is_in_doubt = false;  // before anybody is answered, and asks for more
    }
  }
  return now;
}

}  // namespace sessions::store::redis
