#include <chrono>
#include <store/codec.hpp>
#include <store/merge.hpp>
#include <store/owned_commit.hpp>
#include <store/redis/coded_changes.hpp>
#include <store/redis/commit_call.hpp>
#include <store/redis/hash_reading.hpp>
#include <store/redis/requests.hpp>
#include <utility>

namespace sessions::store::redis {

namespace {

using Outcome = Committed::Outcome;

// What does not change from one try to the next.
struct Order {
  Order(std::shared_ptr<const Scripts> its_scripts, std::shared_ptr<Transport> its_transport, Transport::Lane its_lane,
        Target its_target, const Commit& its_commit, const Call& its_call, Confirmation its_confirmation)
      : scripts(std::move(its_scripts)),
        transport(std::move(its_transport)),
        lane(its_lane),
        target(std::move(its_target)),
        commit(its_commit),
        call(its_call),
        confirmation(its_confirmation) {}

  const std::shared_ptr<const Scripts> scripts;
  const std::shared_ptr<Transport> transport;
  const Transport::Lane lane;
  const Target target;
  const OwnedCommit commit;
  const Call call;
  const Confirmation confirmation;
};

bool is_late(const Order& order) { return std::chrono::steady_clock::now() >= order.call.deadline(); }

// The server cannot compare or add what a codec has made: the record is read, who waits merges it and codes what comes
// of it, and that is written if the version is still the same.
class Merging final : public Rest<Committed> {
 public:
  explicit Merging(std::shared_ptr<const Order> order) : order_(std::move(order)) {}

  void begin_with(Record found, Ticket ticket) {
    found_ = std::move(found);
    ticket_.emplace(std::move(ticket));
  }

  void go_on(Completion<Committed> done) override;

 private:
  Result<Committed> merged() const;
  Result<void> write(Committed planned, Completion<Committed>& done);

  const std::shared_ptr<const Order> order_;
  Record found_;
  std::optional<Ticket> ticket_;
};

class CodedCommit final : public CommitCall {
 public:
  CodedCommit(Ticket ticket, std::shared_ptr<const Order> order, Completion<Committed> done)
      : CommitCall({order->scripts, std::move(ticket)}, order->target, order->call, std::move(done)),
        order_(std::move(order)),
        merging_(std::make_unique<Merging>(order_)),
        reading_(target().key, attempt()) {
    confirm_within(order_->confirmation);
  }

  void read_first() { send(reading_.command()); }

  void write(const Commit& commit, Committed planned) {
    is_reading_ = false;
    planned_ = std::move(planned);
    start(commit, order_->call.now());
  }

 private:
  Next go_on(const Reply& reply) override {
    if (!is_reading_) {
      const Next next = CommitCall::go_on(reply);
      is_reading_ = next == Next::again && was_overtaken_;
      if (is_reading_) {
        reading_.start();
        send(reading_.command());
      }
      return next;
    }
    const Next next = reading_.take(reply);
    if (next == Next::again) {
      send(reading_.command());
    }
    return next == Next::done ? take_found() : next;
  }

  void restart() noexcept override {
    CommitCall::restart();
    reading_.restart();
  }

  Next take_found() {
    Result<std::optional<Record>>& found = reading_.result();
    if (!found) {
      return answer(std::move(found.error()));
    }
    if (!*found || (*found)->head().ended) {
      return answer(Committed{});
    }
    merging_->begin_with(std::move(**found), take_ticket());
    return leave(std::move(merging_));
  }

  Next read(const Reply& reply, std::string_view outcome) override {
    if (outcome == "applied" || outcome == "merged") {
      return answer(std::move(planned_));
    }
    if (outcome != "conflict") {
      return CommitCall::read(reply, outcome);
    }
    if (is_late(*order_)) {
      return answer(Error{Status::busy, "others kept changing this session for the time allowed: nothing was changed"});
    }
    was_overtaken_ = true;
    renew_attempt();
    return Next::again;
  }

  const std::shared_ptr<const Order> order_;
  std::unique_ptr<Merging> merging_;
  HashReading reading_;
  bool is_reading_ = true;
  bool was_overtaken_ = false;
  Committed planned_;
};

void Merging::go_on(Completion<Committed> done) {
  Result<Committed> planned = merged();
  const bool is_written = planned && (planned->outcome == Outcome::applied || planned->outcome == Outcome::merged);
  if (!is_written) {
    done(std::move(planned));
  } else if (Result<void> written = write(std::move(*planned), done); !written) {
    done(std::move(written.error()));
  }
}

Result<Committed> Merging::merged() const {
  const Result<Record> decoded = decode_values(found_, order_->call.codec());
  return decoded ? merge(*decoded, *order_->commit, order_->call.now()) : decoded.error();
}

Result<void> Merging::write(Committed planned, Completion<Committed>& done) {
  const Result<CodedChanges> coded =
      CodedChanges::make(*order_->commit, found_, *planned.record, *order_->call.codec());
  if (!coded) {
    return coded.error();
  }
  if (is_late(*order_)) {
    return Error{Status::timeout, "there was no time left to write what the codec has made: nothing was changed"};
  }
  if (order_->target.move) {
    Record::Head head = planned.record->head();
    head.generation = order_->target.move->generation;
    planned.record = planned.record->with(head);
  }
  Commit commit = *order_->commit;
  commit.max_bytes = SIZE_MAX;
  commit.only_version = found_.head().version;
  commit.preconditions = {};
  commit.changes = coded->changes();
  auto request = std::make_unique<CodedCommit>(std::move(*ticket_), order_, std::move(done));
  request->write(commit, std::move(planned));
  order_->transport->submit(std::move(request), order_->lane);
  return {};
}

}  // namespace

std::unique_ptr<Request> make_coded_commit(Means means, std::shared_ptr<Transport> transport, Transport::Lane lane,
                                           Target target, const Commit& commit, const Call& call,
                                           Confirmation confirmation, Completion<Committed> done) {
  auto order = std::make_shared<const Order>(std::move(means.scripts), std::move(transport), lane, std::move(target),
                                             commit, call, confirmation);
  auto request = std::make_unique<CodedCommit>(std::move(means.ticket), std::move(order), std::move(done));
  request->read_first();
  return request;
}

}  // namespace sessions::store::redis
