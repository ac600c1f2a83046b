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

// Has the lock. Who brings a request does not wait for it, since his thread may have an event loop: he leaves the
// request in the inbox, which whoever has the lock reads before he leaves it, and once more after that.
class Multiplexer::Hold {
 public:
  explicit Hold(Multiplexer& of) : of_(of), lock_(of.mutex_) {}
  Hold(Multiplexer& of, std::try_to_lock_t if_free) : of_(of), lock_(of.mutex_, if_free) {}
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  Hold(Hold&&) = delete;
  Hold& operator=(Hold&&) = delete;

  ~Hold() {
    if (lock_.owns_lock()) {
      leave();
    }
  }

  bool is_taken() const noexcept { return lock_.owns_lock(); }
  void take() { lock_.lock(); }

  // Adding nothing to the count makes sure that a request is seen here when who has brought it finds the lock taken.
  void leave() noexcept {
    do {
      of_.read_inbox(*this);
      lock_.unlock();
    } while (of_.unread_.fetch_add(0) > 0 && lock_.try_lock());
    if (refused_.empty()) {
      return;
    }
    for (const auto& request : refused_) {
      request->fail(in_words(reason_.status, reason_.message));
    }
    refused_.clear();
    of_.wake_up_.set();  // whose it was may poll by now
  }

  // What is refused is told so when the lock is left.
  void refuse(Requests& requests, Error reason) noexcept {
    refused_.splice(refused_.end(), requests);
    reason_ = std::move(reason);
  }
  bool has_refused() const noexcept { return !refused_.empty(); }

 private:
  Multiplexer& of_;
  std::unique_lock<std::mutex> lock_;
  Requests refused_;
  Error reason_{Status::unavailable, {}};
};

Multiplexer::Multiplexer(const Options& options, const std::shared_ptr<crypto::TlsContext>& tls,
                         const Environment& environment)
    : options_(options), environment_(environment) {
  for (std::size_t i = 0; i < options.connections + 1; ++i) {
    connections_.push_back(std::make_unique<Connection>(options_, tls));
  }
  handed_to_.reserve(connections_.size());
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
  Requests requests = one(std::move(request));
  {
    const std::lock_guard lock(inbox_mutex_);
    Requests& inbox = inbox_[static_cast<std::size_t>(lane)];
    inbox.splice(inbox.end(), requests);
    unread_.fetch_add(1);
  }
  const Hold if_free(*this, std::try_to_lock);
}

void Multiplexer::read_inbox(Hold& hold) noexcept {
  if (unread_.load() == 0) {
    return;
  }
  std::array<Requests, lane_count> brought;
  {
    const std::lock_guard lock(inbox_mutex_);
    brought.swap(inbox_);
    unread_.store(0);
  }
  const Deadline now = environment_.now();
  handed_to_.clear();
  for (std::size_t lane = 0; lane < lane_count; ++lane) {
    while (!brought[lane].empty()) {
      Requests first;
      first.splice(first.end(), brought[lane], brought[lane].begin());
      hand_over(first, choose(static_cast<Lane>(lane), now), hold, now);
    }
  }
  // Who drives, and does not poll just now, will send it before it polls again.
  if (is_driven_ && !is_polling_) {
    return;
  }
  for (Connection* const connection : handed_to_) {
    if (!connection->flush() && is_polling_) {
      wake_up_.set();
    }
  }
}

void Multiplexer::hand_over(Requests& one, Connection& connection, Hold& hold, Deadline now) noexcept {
  if (must_fail(connection, now)) {
    hold.refuse(one, in_words(Status::unavailable, breaker_.reason.message));
    return;
  }
  if (!connection.is_ready()) {
    breaker_.tried_until = now + options_.connect_timeout;
  }
  try {
    connection.submit(one, now);
    if (std::find(handed_to_.begin(), handed_to_.end(), &connection) == handed_to_.end()) {
      handed_to_.push_back(&connection);
    }
  } catch (const std::bad_alloc&) {
    hold.refuse(one, {Status::nomem, {}});
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
    Hold hold(*this);
    read_inbox(hold);
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
  Hold hold(*this);
  while (!awaited.is_delivered() && now < deadline) {
    try {
      now = step(hold, now, deadline);
    } catch (const std::bad_alloc&) {
      if (!hold.is_taken()) {
        hold.take();
      }
      now = environment_.now();
      is_polling_ = false;
      for (const auto& connection : connections_) {
        connection->abandon(Status::nomem);
      }
    }
    if (!late_.empty() || !refused_.empty() || hold.has_refused()) {
      hold.leave();
      answer_ended();
      hold.take();
    }
  }
  for (const auto& connection : connections_) {
    connection->flush();  // of those who have left it to this one
  }
  is_driven_.exchange(false);  // so that it is seen below who had given up before he found it taken
  read_inbox(hold);            // likewise
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

Deadline Multiplexer::step(Hold& hold, Deadline now, Deadline deadline) {
  const auto check = [&](Connection& connection, Result<void> done) {
    if (!done) {
      failed(connection, std::move(done.error()), now);
    }
  };
  read_inbox(hold);
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
  if (!late_.empty() || !refused_.empty() || hold.has_refused()) {
    return now;  // they have waited long enough
  }
  const std::size_t awaited =
      std::accumulate(busy_.begin(), busy_.end(), std::size_t{0},
                      [](std::size_t sum, const Connection* connection) { return sum + connection->awaited_count(); });
  is_polling_ = true;
  hold.leave();
  environment_.poll(descriptors_, now, until, awaited == 1);
  hold.take();
  is_polling_ = false;
  if ((descriptors_.front().revents & POLLIN) != 0) {
    wake_up_.clear();
  }
  now = environment_.now();
  for (Connection* const connection : busy_) {
    check(*connection, connection->receive(descriptors_, now));
  }
  hold.leave();
  for (Connection* const connection : busy_) {
    while (connection->process()) {
      hold.take();
      read_inbox(hold);
      connection->flush();
      hold.leave();
    }
  }
  hold.take();
  for (Connection* const connection : busy_) {
    check(*connection, connection->follow_up(now));
    if (connection->is_ready()) {
      breaker_.is_in_doubt = false;  // before anybody is answered, and asks for more
    }
  }
  return now;
}

}  // namespace sessions::store::redis
