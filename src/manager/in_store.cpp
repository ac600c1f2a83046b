#include <manager/in_store.hpp>
#include <manager/session_id.hpp>

namespace sessions::manager {

namespace {

// Calls the store and waits for its answer; `late` is what it means when none comes in time.
template <class Reply, class Start>
Result<Reply> ask(const Call& call, Error (*late)(), Start start) {
  auto answer = std::make_shared<store::Answer<Reply>>();
  start(store::Completion<Reply>(answer));
  auto reply = answer->wait([&call] { return call.deadline(); });
  return reply ? std::move(*reply) : Result<Reply>(late());
}

Error load_late() {
  return {Status::timeout, "the store did not answer in time: answer the request with 503, nobody is logged out"};
}

Error write_late() {
  return {Status::unknown, "the store did not answer in time: whether it has written is not known"};
}

}  // namespace

std::optional<store::Key> InStore::key_of(std::string_view cookie_value) const {
  const std::optional<SessionId> id = SessionId::parse(cookie_value);
  return id ? std::optional(id->store_key(*sha256_)) : std::nullopt;
}

Result<Origin> InStore::find(std::string_view cookie_value, const Call& call, session::Content& content,
                             Kept& kept) const {
  const std::optional<store::Key> key = key_of(cookie_value);
  if (!key) {
    return Origin::malformed;
  }
  const auto found = ask<store::Found>(
      call, load_late, [&](store::Completion<store::Found> done) { store_->load(*key, call.now(), std::move(done)); });
  if (!found) {
    return found.error();
  }
  if (!*found) {
    return Origin::unknown;
  }
  const store::Record& record = **found;
  if (call.now() - record.times().written > config_.lifetime()) {
    return Origin::expired;
  }
  kept = {record.times().written, std::string(cookie_value), *key};
  content.adopt_record(record);
  return Origin::restored;
}

Result<void> InStore::append_value(Write write, const Kept& kept, const session::Content&, const Call&,
                                   std::string& line) const {
  if (write == Write::save || write == Write::touch) {
    line += kept.cookie_value;
    return {};
  }
  const Result<SessionId> id = SessionId::random(config_);
  if (!id) {
    return id.error();
  }
  id->append_to(line);
  return {};
}

Result<bool> InStore::perform(Write write, std::string_view next_value, session::Content& content, const Call& call,
                              Kept& kept) const {
  const bool is_moved = write == Write::create || write == Write::regenerate;
  Kept next{call.now(), is_moved ? std::string(next_value) : std::string(), is_moved ? *key_of(next_value) : kept.key};
  const store::Times times{call.now(), call.now(), call.now() + config_.lifetime()};
  const std::vector<store::Change> each = content.changes();
  const store::Changes changes{content.cleared(), each};
  auto written = ask<store::Found>(call, write_late, [&](store::Completion<store::Found> done) {
    switch (write) {
      case Write::create:
        return store_->create(next.key, store::Record(times, content.fields()), std::move(done));
      case Write::save:
        return store_->commit(next.key, changes, times, std::move(done));
      case Write::touch:
        return store_->touch(next.key, times, std::move(done));
      case Write::regenerate:
        return store_->regenerate(kept.key, next.key, changes, times, std::move(done));
    }
  });
  if (!written) {
    return written.error();
  }
  if (!*written && write == Write::create) {
    return Error{Status::internal, "a new session id was in use already: is the random source broken?"};
  }
  if (!*written) {
    return false;
  }
  if (!is_moved) {
    next.cookie_value.swap(kept.cookie_value);
  }
  kept = std::move(next);
  content.adopt_record(std::move(**written));
  return true;
}

Result<void> InStore::destroy(const Kept& kept, const Call& call) const {
  const auto destroyed = ask<bool>(
      call, write_late, [&](store::Completion<bool> done) { store_->destroy(kept.key, call.now(), std::move(done)); });
  return destroyed ? Result<void>() : destroyed.error();
}

std::size_t InStore::fixed_value_size() const noexcept { return SessionId::cookie_value_size; }

}  // namespace sessions::manager
