#include <store/custom.hpp>
#include <store/custom_write.hpp>
#include <store/dialogue.hpp>
#include <store/merge.hpp>

namespace sessions::store {

namespace {

// The first version of every blob. A key is the digest of an id that is drawn once, so that counting can begin anew.
constexpr std::uint64_t first_version = 1;

class Load final : public Steps<Load, std::optional<Record>> {
 public:
  Load(std::shared_ptr<Blobs> blobs, const Key& key, const Call& call, Completion<std::optional<Record>> done)
      : Steps(std::move(blobs), call, std::move(done), &Load::get), key_(key) {}

 private:
  bool get(BlobAnswer&&) {
    then(&Load::got);
    blobs().get(key_, *this);
    return true;
  }

  bool got(BlobAnswer&& answer) {
    auto found = answer_to_get(std::move(answer));
    if (!found) {
      return reply(std::move(found.error()));
    }
    if (!*found || (*found)->record.head().ended) {
      return reply(std::optional<Record>());
    }
    Result<Record> record = decode(std::move((*found)->record), codec());
    return reply(record ? Result(std::optional(std::move(*record)))
                        : Result<std::optional<Record>>(std::move(record.error())));
  }

  const Key key_;
};

class Create final : public Steps<Create, bool> {
 public:
  Create(std::shared_ptr<Blobs> blobs, const Key& key, const Record& record, const Call& call, Completion<bool> done)
      : Steps(std::move(blobs), call, std::move(done), &Create::put), key_(key), record_(record) {}

 private:
  bool put(BlobAnswer&&) {
    Result<Record> coded = encode(record_, codec());
    if (!coded) {
      return reply(std::move(coded.error()));
    }
    record_ = std::move(*coded);
    then(&Create::was_put);
    blobs().put(key_, {record_.bytes(), 0, first_version, record_.expires(), now(), false}, *this);
    return true;
  }

  bool was_put(BlobAnswer&& answer) {
    auto written = answer_to_write(std::move(answer), 0);
    if (!is_in_doubt(written)) {
      return reply(std::move(written));
    }
    in_doubt_ = std::move(written.error());
    then(&Create::looked);
    blobs().get(key_, *this);
    return true;
  }

  bool looked(BlobAnswer&& answer) {
    const Fate fate = fate_of(record_.bytes(), first_version, answer);
    return reply(fate == Fate::unknown ? Result<bool>(std::move(in_doubt_)) : Result(fate == Fate::done));
  }

  const Key key_;
  Record record_;
  Error in_doubt_{Status::unknown, {}};
};

// What the blobs do by themselves.
template <class Reply>
class Upkeep final : public Steps<Upkeep<Reply>, Reply> {
 public:
  using Ask = void (*)(Blobs& blobs, std::int64_t most, std::int64_t now, Dialogue& dialogue);
  using Read = Result<Reply> (*)(BlobAnswer answer);

  Upkeep(std::shared_ptr<Blobs> blobs, const Call& call, Completion<Reply> done, std::int64_t most, Ask ask, Read read)
      : Steps<Upkeep, Reply>(std::move(blobs), call, std::move(done), &Upkeep::begin),
        most_(most),
        ask_(ask),
        read_(read) {}

 private:
  bool begin(BlobAnswer&&) {
    this->then(&Upkeep::was_answered);
    ask_(this->blobs(), most_, this->now(), *this);
    return true;
  }

  bool was_answered(BlobAnswer&& answer) { return this->reply(read_(std::move(answer))); }

  const std::int64_t most_;
  const Ask ask_;
  const Read read_;
};

Result<std::int64_t> dropped(BlobAnswer answer) {
  auto counted = answer_to_count(std::move(answer));
  return counted ? Result(counted->blobs) : Result<std::int64_t>(std::move(counted.error()));
}

Result<Statistics> stored(BlobAnswer answer) {
  auto counted = answer_to_count(std::move(answer));
  return counted ? Result(Statistics{counted->blobs, counted->bytes}) : Result<Statistics>(std::move(counted.error()));
}

}  // namespace

void Custom::load(const Key& key, const Call& call, Completion<std::optional<Record>> done) {
  Dialogue::start(std::make_unique<Load>(blobs_, key, call, std::move(done)));
}

void Custom::create(const Key& key, const Record& record, const Call& call, Completion<bool> done) {
  Dialogue::start(std::make_unique<Create>(blobs_, key, record, call, std::move(done)));
}

Attempt Custom::commit(const Key& key, const Commit& commit, const Call& call, Completion<Committed> done) {
  write_commit(blobs_, key, commit, call, std::move(done));
  return {};
}

void Custom::touch(const Key& key, std::uint64_t generation, std::int64_t expires, const Call& call,
                   Completion<Committed> done) {
  Commit renewal;
  renewal.generation = generation;
  renewal.expires = expires;
  write_commit(blobs_, key, renewal, call, std::move(done));
}

Attempt Custom::regenerate(const Key& from, const Destination& to, const Commit& commit, std::int64_t ended_until,
                           const Call& call, Completion<Committed> done) {
  write_regeneration(blobs_, from, to, commit, ended_until, call, std::move(done));
  return {};
}

void Custom::destroy(const Key& key, std::int64_t ended_until, const Call& call, Completion<Destroyed> done) {
  write_tombstone(blobs_, key, ended_until, call, std::move(done));
}

void Custom::sweep(std::int64_t most, const Call& call, Completion<std::int64_t> done) {
  const auto ask = [](Blobs& blobs, std::int64_t limit, std::int64_t now, Dialogue& dialogue) {
    blobs.sweep(limit, now, dialogue);
  };
  Dialogue::start(std::make_unique<Upkeep<std::int64_t>>(blobs_, call, std::move(done), most, ask, &dropped));
}

void Custom::ping(const Call& call, Completion<std::monostate> done) {
  const auto ask = [](Blobs& blobs, std::int64_t, std::int64_t, Dialogue& dialogue) { blobs.ping(dialogue); };
  Dialogue::start(std::make_unique<Upkeep<std::monostate>>(blobs_, call, std::move(done), 0, ask, &answer_to_ping));
}

void Custom::statistics(const Call& call, Completion<Statistics> done) {
  const auto ask = [](Blobs& blobs, std::int64_t, std::int64_t, Dialogue& dialogue) { blobs.statistics(dialogue); };
  Dialogue::start(std::make_unique<Upkeep<Statistics>>(blobs_, call, std::move(done), 0, ask, &stored));
}

}  // namespace sessions::store
