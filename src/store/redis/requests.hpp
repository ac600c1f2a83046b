// The requests that the store is made of. Each answers when it is done; where none is returned, it has
// answered that it cannot be sent.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <store/redis/hash.hpp>
#include <store/redis/request.hpp>
#include <store/redis/scripts.hpp>
#include <store/redis/transport.hpp>
#include <store/redis/writer.hpp>
#include <store/store.hpp>
#include <string>
#include <variant>

namespace sessions::store::redis {

// What every request that runs scripts needs.
struct Means {
  std::shared_ptr<const Scripts> scripts;
  Ticket ticket;
};

// Where a commit moves the record to, and how long its tombstone stays where it was.
struct Move {
  HashKey key;
  std::uint64_t generation;
  std::int64_t ended_until;
};

// Which record is to be committed to.
struct Target {
  HashKey key;
  std::optional<Move> move;
};

using Confirmation = std::chrono::milliseconds;  // how long to wait for a replica; 0: not at all

std::unique_ptr<Request> make_load(const Ticket& ticket, HashKey key, const Call& call,
                                   Completion<std::optional<Record>> done);
std::unique_ptr<Request> make_create(Means means, const HashKey& key, const Record& record, const Call& call,
                                     Completion<bool> done);

// The server applies the changes.
std::unique_ptr<Request> make_commit(Means means, Target target, const Commit& commit, const Call& call,
                                     Confirmation confirmation, Completion<Committed> done);

// The call has a codec, so who waits merges the changes and codes their values, until nobody has been faster. What
// comes of it goes to the same transport.
std::unique_ptr<Request> make_coded_commit(Means means, std::shared_ptr<Transport> transport, Transport::Lane lane,
                                           Target target, const Commit& commit, const Call& call,
                                           Confirmation confirmation, Completion<Committed> done);

std::unique_ptr<Request> make_destroy(Means means, const HashKey& key, std::int64_t ended_until, const Call& call,
                                      Confirmation confirmation, Completion<Destroyed> done);

std::unique_ptr<Request> make_sweep(Means means, std::string pattern, std::int64_t most, const Call& call,
                                    Completion<std::int64_t> done);
std::unique_ptr<Request> make_statistics(Means means, std::string pattern, const Call& call,
                                         Completion<Statistics> done);
std::unique_ptr<Request> make_ping(const Ticket& ticket, const Call& call, Completion<std::monostate> done);

// Gives the server the scripts; status unsupported when it takes none, or forbids what they call. Answers a warning
// when the server may drop sessions before their time, otherwise nothing.
std::unique_ptr<Request> make_preparation(std::shared_ptr<const Scripts> scripts, std::string_view prefix,
                                          const Call& call, Completion<std::string> done);

}  // namespace sessions::store::redis
