#include <array>
#include <bit>
#include <manager/in_store.hpp>
#include <manager/session_id.hpp>

namespace sessions::manager {

namespace {

// As long as a request may hold a session at the most: limits::timeout_ms.
constexpr std::int64_t tombstone_seconds = 3600;

// Whether a commit is done only if nobody has changed anything. When it is not known whether the last one was done,
// nobody includes this session: what adds something must not do so twice.
bool is_about_version(CommitMode mode, const Kept& kept, const session::Content& content) noexcept {
  return (mode == CommitMode::strict && content.has_read_everything()) ||
         (mode != CommitMode::last_write && kept.is_in_doubt);
}

}  // namespace

Result<Origin> InStore::find(std::string_view cookie_value, const Call& call, session::Content& content, Kept& kept,
                             Asked& asked) const {
  const std::optional<SessionId> id = SessionId::parse(cookie_value);
  if (!id) {
    return Origin::malformed;
  }
  using Found = std::optional<store::Record>;
  const auto found = asked.ask<Found>(*store_, load_late, [&](store::Completion<Found> done) -> Result<void> {
    kept.key = id->store_key(*sha256_);
    store_->load(kept.key, call, std::move(done));
    return {};
  });
  if (!found) {
    return found.error();
  }
  if (!*found) {
    return Origin::unknown;
  }
  const store::Record& record = **found;
  const store::Record::Head head = record.head();
  // Another manager may have written it, with another lifetime: the shorter one counts.
  if (call.now() - head.times.written > config_.lifetime() || call.now() > head.times.expires) {
    return Origin::expired;
  }
  kept = Kept{head.times.written, *id, kept.key, head.generation, head.version};
  content.adopt_record(record);
  return Origin::restored;
}

Result<void> InStore::append_value(Write write, const Kept& kept, const session::Content&, const Call&,
                                   std::string& line, std::optional<Kept>& next) const {
  constexpr std::size_t attributes = 256;  // as a rule
  line.reserve(line.size() + SessionId::cookie_value_size + attributes);
  next = kept;
  if (changes_value(write)) {
    const Result<SessionId> id = SessionId::random(config_);
    if (!id) {
      return id.error();
    }
    next->id = *id;
    next->key = id->store_key(*sha256_);
  }
  line += next->id.text();
  return {};
}

bool InStore::changes_value(Write write) const noexcept { return write == Write::create || write == Write::regenerate; }

Result<std::uint64_t> InStore::draw_generation() const {
  std::array<char, sizeof(std::uint64_t)> bytes{};
  if (Result<void> drawn = config_.random(bytes); !drawn) {
    return drawn.error();
  }
  return std::bit_cast<std::uint64_t>(bytes);
}

Result<store::Committed> InStore::create(Kept& next, const session::Content& content, const Call& call,
                                         Asked& asked) const {
  const auto created = asked.ask<bool>(*store_, write_late, [&](store::Completion<bool> done) -> Result<void> {
    const Result<std::uint64_t> generation = draw_generation();
    if (!generation) {
      return generation.error();
    }
    next.generation = *generation;
    const store::Times times{call.now(), call.now(), store::no_deadline, call.now() + config_.lifetime()};
    store_->create(next.key, store::Record({*generation, 1, times}, {}, content.fields()), call, std::move(done));
    return {};
  });
  if (!created) {
    return created.error();
  }
  if (!*created) {
    return Error{Status::internal, "a new session id was in use already: is the random source broken?"};
  }
  store::Record::Head head;
  head.generation = next.generation;
  head.times.written = call.now();
  return store::Committed{store::Committed::Outcome::applied, {}, {}, head};
}

Result<void> InStore::start_change(Write write, CommitMode mode, Kept& kept, const store::Key& key,
                                   const session::Content& content, const Call& call,
                                   store::Completion<store::Committed> done) const {
  store::Commit commit;
  commit.generation = kept.generation;
  commit.version = kept.version;
  commit.loaded = content.record();
  commit.expires = call.now() + config_.lifetime();
  commit.max_bytes = config_.max_content_bytes();
  if (write == Write::touch) {
    store_->touch(key, kept.generation, commit.expires, call, std::move(done));
    return {};
  }
  std::vector<store::Change> changes;
  const std::vector<store::Precondition> preconditions =
      mode == CommitMode::strict ? content.preconditions() : content.requirements();
  if (mode == CommitMode::last_write) {
    commit.clear = true;
    for (const store::Field& field : content.fields()) {
      changes.push_back({store::Change::Kind::set, field.key, field.value, 0, {}});
    }
  } else {
    commit.clear = content.cleared();
    changes = content.changes();
  }
  if (is_about_version(mode, kept, content)) {
    commit.only_version = kept.version;
  }
  commit.voided = kept.under_way;
  commit.changes = changes;
  commit.preconditions = preconditions;
  if (write == Write::save) {
    kept.asked = store_->commit(key, commit, call, std::move(done));
    return {};
  }
  const Result<std::uint64_t> generation = draw_generation();
  if (!generation) {
    return generation.error();
  }
  kept.asked =
      store_->regenerate(kept.key, {key, *generation}, commit, call.now() + tombstone_seconds, call, std::move(done));
  return {};
}

Result<Written> InStore::perform(Write write, CommitMode mode, std::optional<Kept>& next, session::Content& content,
                                 const Call& call, Kept& kept, Asked& asked) const {
  using Outcome = store::Committed::Outcome;
  using store::Committed;
  const auto change = [&](store::Completion<Committed> done) {
    return start_change(write, mode, kept, next->key, content, call, std::move(done));
  };
  auto committed =
      write == Write::create ? create(*next, content, call, asked) : asked.ask<Committed>(*store_, write_late, change);
  if (!committed) {
    if (changes_version(write) && committed.error().status == Status::unknown) {
      kept.doubt();
    }
    return std::move(committed.error());
  }
  if (!committed->record && !committed->head) {
    return Written{Written::Outcome::gone, {}};
  }
  if (committed->outcome == Outcome::conflict && is_about_version(mode, kept, content)) {
    committed->keys = content.differences(*committed->record);
  }
  const store::Record::Head head = committed->record ? committed->record->head() : *committed->head;
  if (changes_version(write) && committed->outcome != Outcome::conflict) {
    kept.under_way.clear();  // it has seen to it that they come to nothing
  }
  kept.is_in_doubt = !kept.under_way.empty();
  kept.written = head.times.written;
  kept.generation = head.generation;
  kept.version = head.version;
  if (committed->record) {
    content.adopt_record(std::move(*committed->record));
  } else {
    content.settle();
  }
  if (committed->outcome == Outcome::conflict) {
    return Written{Written::Outcome::conflict, std::move(committed->keys)};
  }
  kept.id = next->id;
  kept.key = next->key;
  return Written{committed->outcome == Outcome::merged ? Written::Outcome::merged : Written::Outcome::applied,
                 std::move(committed->keys), committed->degraded};
}

Result<store::Destroyed> InStore::destroy(const Kept& kept, const Call& call, Asked& asked) const {
  using store::Destroyed;
  return asked.ask<Destroyed>(*store_, write_late, [&](store::Completion<Destroyed> done) -> Result<void> {
    store_->destroy(kept.key, call.now() + tombstone_seconds, call, std::move(done));
    return {};
  });
}

}  // namespace sessions::manager
