// What a codec makes of the record in an answer. Codecs are the host's.
#pragma once

#include <memory>
#include <optional>
#include <store/codec.hpp>
#include <store/store.hpp>
#include <utility>

namespace sessions::store::redis {

inline Result<std::optional<Record>> decoded(std::optional<Record> found, const Codec& codec) {
  if (!found) {
    return found;
  }
  Result<Record> record = decode_values(std::move(*found), &codec);
  return record ? Result<std::optional<Record>>(std::move(*record)) : std::move(record.error());
}

// Whatever fails, what was written is written.
inline Result<Committed> decoded(Committed committed, const Codec& codec) {
  if (!committed.record) {
    return committed;
  }
  Result<Record> record = decode_values(std::move(*committed.record), &codec);
  if (!record) {
    const bool is_written = committed.outcome != Committed::Outcome::conflict;
    return is_written ? Error{Status::unknown, {}} : std::move(record.error());
  }
  committed.record = std::move(*record);
  return committed;
}

// Made beforehand, so that nothing needs memory when the answer is there.
template <class Reply>
class Decoding final : public Rest<Reply> {
 public:
  explicit Decoding(std::shared_ptr<const Codec> codec) : codec_(std::move(codec)) {}

  // Leaves the answer to be decoded by who waits for it. `decoding` may be null: there is no codec.
  static void leave(std::unique_ptr<Decoding> decoding, Completion<Reply> done, Result<Reply> answer) noexcept {
    if (decoding == nullptr || !answer) {
      done(std::move(answer));
      return;
    }
    decoding->answer_.emplace(std::move(*answer));
    done.leave(std::move(decoding));
  }

  static std::unique_ptr<Decoding> with(const std::shared_ptr<const Codec>& codec) {
    return codec == nullptr ? nullptr : std::make_unique<Decoding>(codec);
  }

  void go_on(Completion<Reply> done) override { done(decoded(std::move(*answer_), *codec_)); }

 private:
  const std::shared_ptr<const Codec> codec_;
  std::optional<Reply> answer_;
};

}  // namespace sessions::store::redis
