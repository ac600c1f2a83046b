#include <store/redis/redis.hpp>

namespace sessions::store::redis {

namespace {

using Lane = Transport::Lane;

// All keys that begin with the prefix, whatever it means to SCAN.
std::string pattern_of(std::string_view prefix) {
  constexpr std::string_view special = "\\*?[]^-";
  std::string pattern;
  for (const char c : prefix) {
    pattern.append(special.find(c) == std::string_view::npos ? "" : "\\").append(1, c);
  }
  pattern.append("{*}");
  return pattern;
}

}  // namespace

Result<std::shared_ptr<Redis>> Redis::make(std::shared_ptr<Transport> transport, StoreOptions options) {
  Result<Scripts> scripts = Scripts::make();
  if (!scripts) {
    return std::move(scripts.error());
  }
  return std::make_shared<Redis>(std::move(transport), std::move(options),
                                 std::make_shared<const Scripts>(std::move(*scripts)));
}

Redis::Redis(std::shared_ptr<Transport> transport, StoreOptions options, std::shared_ptr<const Scripts> scripts)
    : transport_(std::move(transport)),
      options_(std::move(options)),
      pattern_(pattern_of(options_.prefix)),
      scripts_(std::move(scripts)),
      writer_([] { return std::make_unique<std::shared_ptr<Writer>>(Writer::draw()); }) {}

// `make` makes a request that has the ticket and the completion.
template <class T, class Make>
Attempt Redis::ask(Lane lane, Completion<T> done, Make make) {
  Result<Ticket> ticket = Ticket::take(writer_.get());
  if (!ticket) {
    done(std::move(ticket.error()));
    return {};
  }
  const Attempt attempt = ticket->attempt();
  if (std::unique_ptr<Request> request = make(std::move(*ticket), std::move(done))) {
    transport_->submit(std::move(request), lane);
  }
  return attempt;
}

Attempt Redis::change(Lane lane, Target target, const Commit& commit, const Call& call, Confirmation confirmation,
                      Completion<Committed> done) {
  return ask(lane, std::move(done), [&](Ticket ticket, Completion<Committed> committed) {
    Means means{scripts_, std::move(ticket)};
    return call.codec() == nullptr
               ? make_commit(std::move(means), std::move(target), commit, call, confirmation, std::move(committed))
               : make_coded_commit(std::move(means), transport_, lane, std::move(target), commit, call, confirmation,
                                   std::move(committed));
  });
}

void Redis::prepare(const Call& call, Completion<std::string> done) {
  transport_->submit(make_preparation(scripts_, options_.prefix, call, std::move(done)));
}

void Redis::wait_for(Awaited& answer, Deadline deadline) { transport_->wait_for(answer, deadline); }

void Redis::load(const Key& key, const Call& call, Completion<std::optional<Record>> done) {
  ask(Lane::shared, std::move(done), [&](const Ticket& ticket, Completion<std::optional<Record>> found) {
    return make_load(ticket, hash_key(key), call, std::move(found));
  });
}

void Redis::create(const Key& key, const Record& record, const Call& call, Completion<bool> done) {
  ask(Lane::shared, std::move(done), [&](Ticket ticket, Completion<bool> created) {
    return make_create({scripts_, std::move(ticket)}, hash_key(key), record, call, std::move(created));
  });
}

Attempt Redis::commit(const Key& key, const Commit& commit, const Call& call, Completion<Committed> done) {
  return change(Lane::shared, {hash_key(key), std::nullopt}, commit, call, Confirmation(0), std::move(done));
}

// No value changes, so that a codec has nothing to do.
void Redis::touch(const Key& key, std::uint64_t generation, std::int64_t expires, const Call& call,
                  Completion<Committed> done) {
  Commit renewal;
  renewal.generation = generation;
  renewal.expires = expires;
  ask(Lane::shared, std::move(done), [&](Ticket ticket, Completion<Committed> committed) {
    return make_commit({scripts_, std::move(ticket)}, {hash_key(key), std::nullopt}, renewal, call, Confirmation(0),
                       std::move(committed));
  });
}

Attempt Redis::regenerate(const Key& from, const Destination& to, const Commit& commit, std::int64_t ended_until,
                          const Call& call, Completion<Committed> done) {
  Target target{hash_key(from), Move{hash_key(to.key), to.generation, ended_until}};
  const Lane lane = options_.wait_for_replica.count() > 0 ? Lane::confirming : Lane::shared;
  return change(lane, std::move(target), commit, call, options_.wait_for_replica, std::move(done));
}

void Redis::destroy(const Key& key, std::int64_t ended_until, const Call& call, Completion<Destroyed> done) {
  const Lane lane = options_.wait_for_replica.count() > 0 ? Lane::confirming : Lane::shared;
  ask(lane, std::move(done), [&](Ticket ticket, Completion<Destroyed> destroyed) {
    return make_destroy({scripts_, std::move(ticket)}, hash_key(key), ended_until, call, options_.wait_for_replica,
                        std::move(destroyed));
  });
}

void Redis::sweep(std::int64_t most, const Call& call, Completion<std::int64_t> done) {
  ask(Lane::shared, std::move(done), [&](Ticket ticket, Completion<std::int64_t> dropped) {
    return make_sweep({scripts_, std::move(ticket)}, pattern_, most, call, std::move(dropped));
  });
}

void Redis::ping(const Call& call, Completion<std::monostate> done) {
  ask(Lane::shared, std::move(done),
      [&](const Ticket& ticket, Completion<std::monostate> pong) { return make_ping(ticket, call, std::move(pong)); });
}

void Redis::statistics(const Call& call, Completion<Statistics> done) {
  ask(Lane::shared, std::move(done), [&](Ticket ticket, Completion<Statistics> counted) {
    return make_statistics({scripts_, std::move(ticket)}, pattern_, call, std::move(counted));
  });
}

}  // namespace sessions::store::redis
