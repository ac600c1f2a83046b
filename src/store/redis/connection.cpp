#include <algorithm>
#include <array>
#include <store/redis/command.hpp>
#include <store/redis/connection.hpp>
#include <store/redis/server_error.hpp>
#include <utility>

namespace sessions::store::redis {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// A server that has not said a word for so long, although it was asked, will not answer any more.
constexpr seconds longest_silence{5};

// After so much idleness it is looked whether the connection is still there; after more, whether the server is.
constexpr std::chrono::milliseconds idle_until_look{100};
constexpr seconds idle_until_ping{30};

// Then a connection is replaced: the name may mean another server by now.
constexpr minutes longest_life{60};

// Of a burst of replies, so many are given out before what their callers ask next is sent: a server that has answered
// everything is idle until then. With many callers it is a quarter of them: then there is always more to answer, and
// what is sent together costs less.
constexpr std::size_t replies_at_once = 4;
constexpr std::size_t bursts = 4;

// Who drives looks at the clock when the time to open is over; so late, nobody has driven since.
constexpr std::chrono::milliseconds left_alone{100};

// Who comes while others wait for a replica has to wait for the end of that. Redis ends it up to a tenth of a second
// late.
constexpr std::chrono::milliseconds longest_replica_wait{100};

constexpr std::string_view greeting_token = "libsessions";

Error out_of_step() {
  return {Status::unavailable, "the server does not answer as Redis does: is it one, and is it its port for TLS?"};
}

// While the first is being opened, what is wrong is more likely to be the URL.
Error never_ready(bool has_worked) {
  return {Status::unavailable,
          has_worked
              ? "Redis closed or left unanswered a new connection: is it stopped, or too busy?"
              : "Redis closed or left unanswered a new connection: is the URL rediss: if the port is one for TLS "
                "and redis: otherwise, or is it too busy?"};
}

bool is_about_room(const Reply& reply) {
  return reply.is_error("ERR") && reply.text().starts_with("ERR max number of clients");
}

Error unresolved() {
  return {Status::unavailable, "the host name of the Redis server was not resolved in the time allowed"};
}

// What the server says to a greeting, in our words: its own may repeat what it was sent.
Error refusal(const Reply& reply) {
  if (is_about_room(reply)) {
    return {Status::unavailable, "Redis has as many connections as its maxclients permits"};
  }
  if (reply.is_error("ERR")) {
    return {Status::unavailable,
            "Redis has no database of the number that it is given, or is given a password and asks for none"};
  }
  if (reply.is_error("NOPERM")) {
    return {Status::unavailable, "Redis does not permit its user what libsessions needs: see its ACL"};
  }
  return reply.kind() == Reply::Kind::error ? Error{Status::unavailable, server_error(reply.text()).message}
                                            : out_of_step();
}

template <class Which>
void move_those(Requests& from, Requests& to, Which which) {
  for (auto next = from.begin(); next != from.end();) {
    const auto each = next++;
    if (which(**each)) {
      to.splice(to.end(), from, each);
    }
  }
}

}  // namespace

Connection::Connection(const Options& options, std::shared_ptr<crypto::TlsContext> tls)
    : options_(options), wire_(options, std::move(tls)) {}

// One by one: when memory runs out, each is where its bytes are.
void Connection::send(Requests& requests) {
  while (!requests.empty()) {
    wire_.write(requests.front()->command());
    sent_.splice(sent_.end(), requests, requests.begin());
  }
}

void Connection::submit(Requests& one, Deadline now) {
  if (is_ready() && now - opened_ > longest_life) {
    phase_ = Phase::stale;
  }
  if (load() == 0) {
    const auto idle = now - last_heard_;
    if (is_ready() && idle > idle_until_look && !wire_.is_quiet()) {
      phase_ = Phase::stale;
    } else if (is_ready() && idle > idle_until_ping) {
      opening_until_ = now + options_.connect_timeout;
      greet(false);
    }
    last_heard_ = now;  // silence begins when there is something to answer
  }
  if (is_ready()) {
    send(one);
  } else {
    waiting_.splice(waiting_.end(), one);
  }
}

bool Connection::flush() {
  if (is_up()) {
    wire_.flush();
  }
  return is_ready() && !wire_.has_unsent();
}

std::unique_ptr<Request> Connection::withdraw(const Awaited& awaited) noexcept {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& request) {
    return request->awaited() == &awaited && !request->may_be_done();
  });
  if (found == waiting_.end()) {
    return nullptr;
  }
  std::unique_ptr<Request> request = std::move(*found);
  waiting_.erase(found);
  return request;
}

// The last who was sent is answered last, and has to look up only once.
bool Connection::rouse() noexcept {
  const auto is_roused = [](const auto& request) {
    Awaited* awaited = request->awaited();
    return awaited != nullptr && awaited->rouse();
  };
  return std::any_of(waiting_.rbegin(), waiting_.rend(), is_roused) ||
         std::any_of(sent_.rbegin(), sent_.rend(), is_roused) ||
         std::any_of(in_flight_.rbegin(), in_flight_.rend(), is_roused) ||
         std::any_of(unconfirmed_.rbegin(), unconfirmed_.rend(), is_roused);
}

Result<void> Connection::open(Deadline now) {
  reader_ = ReplyReader();
  was_useful_ = false;
  was_refused_ = false;
  phase_ = Phase::opening;
  opened_ = now;
  opening_until_ = now + options_.connect_timeout;
  if (Result<void> opened = wire_.open(now, opening_until_); !opened) {
    return fail(std::move(opened.error()));
  }
  if (wire_.is_open()) {
    greet(true);
  }
  return {};
}

// The reply to the last command repeats a word of ours: then everything before it has been answered.
void Connection::greet(bool is_new) {
  std::string greeting;
  std::size_t greetings = 0;
  const auto say = [&](std::span<const std::string_view> words) {
    greeting += command(words);
    ++greetings;
  };
  if (is_new && !options_.user.empty()) {
    say(std::array<std::string_view, 3>{"AUTH", options_.user, options_.password});
  } else if (is_new && !options_.password.empty()) {
    say(std::array<std::string_view, 2>{"AUTH", options_.password});
  }
  if (is_new && options_.database != 0) {
    say(std::array<std::string_view, 2>{"SELECT", std::to_string(options_.database)});
  }
  if (is_new) {
    say(std::array<std::string_view, 3>{"CLIENT", "SETNAME", greeting_token});
  }
  say(std::array<std::string_view, 2>{"PING", greeting_token});
  wire_.write(greeting);
  greetings_ = greetings;
  phase_ = Phase::greeting;
}

Result<void> Connection::look_at_clock(Deadline now, Requests& late) {
  move_those(waiting_, late, [now](const Request& request) { return request.deadline() <= now; });
  move_those(unconfirmed_, late, [now](const Request& request) { return request.confirmed_by() <= now; });
  if (replica_wait_ != nullptr && unconfirmed_.empty() && load() == 1) {
    close();  // nobody waits for that any more, and it would hold up who comes next
  }
  if (phase_ == Phase::stale && is_idle()) {
    close();
  }
  const Deadline looked = std::exchange(looked_, now);
  if (is_opening() && now >= opening_until_) {
    if (looked < opening_until_ && now - opening_until_ > left_alone) {
      close();  // what has come meanwhile nobody has read
      return {};
    }
    return fail(wire_.is_resolving() ? unresolved() : never_ready(has_worked_));
  }
  if (is_up() && load() > 0 && now >= silent_until() && wire_.is_quiet()) {
    return fail({Status::unavailable, "Redis does not answer"});
  }
  if (is_up() || phase_ == Phase::greeting) {
    wire_.flush();  // a broken wire is seen when it is polled
  }
  return {};
}

bool Connection::is_idle() const noexcept {
  return sent_.empty() && in_flight_.empty() && again_.empty() && unconfirmed_.empty();
}

// A server that waits for a replica is silent because it was told to.
Deadline Connection::silent_until() const {
  const Deadline until = last_heard_ + longest_silence;
  return replica_wait_ == nullptr ? until : until + replica_wait_->time();
}

Deadline Connection::next_time(Deadline now, Deadline latest) const {
  if (is_opening()) {
    latest = std::min(latest, opening_until_);
  } else if (is_up() && load() > 0) {
    latest = std::min(latest, silent_until());
  }
  for (const auto& request : waiting_) {
    latest = std::min(latest, request->deadline());
  }
  for (const auto& request : unconfirmed_) {
    latest = std::min(latest, request->confirmed_by());
  }
  return wire_.next_time(now, latest);
}

Result<void> Connection::receive(std::span<const pollfd> descriptors, Deadline now) {
  has_read_ = false;
  if (phase_ == Phase::opening) {
    if (Result<void> going = wire_.go_on(descriptors, now); !going) {
      return fail(wire_.was_cut() ? never_ready(has_worked_) : std::move(going.error()));
    }
    if (wire_.is_open()) {
      greet(true);
    }
    return {};
  }
  in_flight_.splice(in_flight_.end(), sent_);
  in_flight_count_ = in_flight_.size();
  is_asked_ = !in_flight_.empty() || greetings_ > 0;
  if (wire_.is_open() && wire_.has_input(descriptors)) {
    last_heard_ = now;
    has_read_ = true;
    if (Result<void> read = wire_.read(reader_); !read) {
      broken_ = std::move(read.error());  // to be followed up after the replies that came before
    }
  }
  return {};
}

bool Connection::process() {
  if (!has_read_) {
    return false;  // what a closed connection has broken at says nothing of the next one
  }
  const std::size_t at_once = std::max(replies_at_once, in_flight_.size() / bursts);
  for (std::size_t count = 0; count < at_once; ++count) {
    const std::optional<Reply> reply = reader_.next();
    if (!reply) {
      if (reader_.is_broken()) {
        take_broken();
      }
      return false;
    }
    if (!is_asked_) {
      broken_ = out_of_step();
      return false;
    }
    if (!(greetings_ > 0 ? take_greeting(*reply) : take(*reply))) {
      return false;
    }
  }
  return true;
}

// A reply that is larger than any session is what somebody has put under the key that was asked for: to ask again would
// give the same, and the server is well.
void Connection::take_broken() {
  if (!broken_) {
    broken_ = out_of_step();
  }
  if (reader_.is_too_large() && is_asked_ && greetings_ == 0 && !in_flight_.empty() &&
      in_flight_.front().get() != replica_wait_) {
    Request& request = *in_flight_.front();
    request.fail(request.writes() ? Error{Status::unknown, {}} : Error{Status::corrupt, {}});
    in_flight_.pop_front();
    was_useful_ = true;
  }
}

// CLIENT SETNAME is a courtesy that a user need not be permitted. A server that cannot save to its disk says so to PING
// and to writes alone: it can still be read.
bool Connection::take_greeting(const Reply& reply) {
  --greetings_;
  const bool is_last = greetings_ == 0;
  const bool is_name = greetings_ == 1;
  const bool is_pong = reply.kind() == Reply::Kind::string && reply.text() == greeting_token;
  const bool is_forgiven = is_name && reply.kind() == Reply::Kind::error && !is_about_room(reply);
  const bool is_fine = is_last ? is_pong || reply.is_error("MISCONF") : reply.is_status("OK") || is_forgiven;
  if (!is_fine) {
    broken_ = refusal(reply);
    was_refused_ = true;
  }
  return is_fine;
}

bool Connection::take(const Reply& reply) {
  if (in_flight_.empty()) {
    broken_ = out_of_step();
    return false;
  }
  Request& request = *in_flight_.front();
  Request::Next next = Request::Next::done;
  try {
    next = request.take(reply);
  } catch (const std::bad_alloc&) {
    request.fail({request.writes() ? Status::unknown : Status::nomem, {}});
  }
  switch (next) {
    case Request::Next::done:
      if (&request == replica_wait_) {
        end_replica_wait();
      }
      in_flight_.pop_front();
      was_useful_ = true;
      break;
    case Request::Next::unconfirmed:
      unconfirmed_.splice(unconfirmed_.end(), in_flight_, in_flight_.begin());
      was_useful_ = true;
      break;
    case Request::Next::more:
      break;
    case Request::Next::again:
      again_.splice(again_.end(), in_flight_, in_flight_.begin());
      break;
    case Request::Next::foreign:
      broken_ = out_of_step();
      return false;
  }
  return true;
}

Result<void> Connection::follow_up(Deadline now) {
  in_flight_count_ = in_flight_.size();
  if (broken_) {
    const bool says_nothing = phase_ == Phase::greeting && wire_.was_cut() && !was_refused_;
    return fail(says_nothing ? never_ready(has_worked_) : std::move(*broken_));
  }
  if (phase_ == Phase::greeting && greetings_ == 0) {
    phase_ = Phase::ready;
    has_worked_ = true;
    last_heard_ = now;
    send(waiting_);
  }
  if (is_up()) {
    send(again_);
    for (const auto& request : unconfirmed_) {
      request->begin_confirmation(now);
    }
    if (!unconfirmed_.empty() && replica_wait_ == nullptr) {
      wait_for_replica(now);
    }
  }
  return {};
}

void Connection::wait_for_replica(Deadline now) {
  // A server that ends a wait early, or refuses it, would be asked over and over.
  if (now < replica_wait_ends_) {
    give_up_confirming();
    return;
  }
  Deadline::duration time{};
  for (const auto& request : unconfirmed_) {
    time = std::max(time, request->confirmed_by() - now);
  }
  using std::chrono::milliseconds;
  auto wait = std::make_unique<ReplicaWait>(
      std::clamp(std::chrono::ceil<milliseconds>(time), milliseconds(1), longest_replica_wait));
  const ReplicaWait* const asked = wait.get();
  replica_wait_ends_ = now + asked->time() / 2;
  Requests one;
  one.push_back(std::move(wait));
  send(one);
  replica_wait_ = asked;
}

void Connection::end_replica_wait() noexcept {
  if (replica_wait_->is_there()) {
    for (const auto& request : unconfirmed_) {
      request->confirm();
    }
    unconfirmed_.clear();
    replica_wait_ends_ = {};
  }
  replica_wait_ = nullptr;
}

// What the server has done is done, whoever has it.
void Connection::give_up_confirming() noexcept {
  for (const auto& request : unconfirmed_) {
    request->fail({Status::unknown, {}});
  }
  unconfirmed_.clear();
}

Result<void> Connection::fail(Error error) {
  close();
  return error;
}

void Connection::close() noexcept {
  wire_.close();
  phase_ = Phase::closed;
  greetings_ = 0;
  broken_.reset();
  in_flight_.splice(in_flight_.end(), sent_);
  in_flight_count_ = 0;
  in_flight_.remove_if([this](const auto& request) { return request.get() == replica_wait_; });
  replica_wait_ = nullptr;
  replica_wait_ends_ = {};
  give_up_confirming();
  for (const auto& request : in_flight_) {
    request->lose_reply();
  }
  waiting_.splice(waiting_.begin(), again_);
  waiting_.splice(waiting_.begin(), in_flight_);
}

void Connection::refuse(Requests& refused) noexcept {
  move_those(waiting_, refused, [](const Request& request) { return !request.may_be_done(); });
}

void Connection::abandon(Status status) noexcept {
  close();
  for (const auto& request : waiting_) {
    request->fail({request->may_be_done() ? Status::unknown : status, {}});
  }
  waiting_.clear();
}

}  // namespace sessions::store::redis
