#include <store/codec.hpp>
#include <store/redis/asking.hpp>
#include <store/redis/decoding.hpp>
#include <store/redis/hash_reading.hpp>
#include <store/redis/requests.hpp>

namespace sessions::store::redis {

namespace {

using Found = std::optional<Record>;

class Load final : public Asking<Found> {
 public:
  Load(const Attempt& attempt, HashKey key, const Call& call, Completion<Found> done)
      : Asking(call.deadline(), false, std::move(done)),
        reading_(std::move(key), attempt),
        decoding_(Decoding<Found>::with(call.shared_codec())) {
    send(reading_.command());
  }

 private:
  Next go_on(const Reply& reply) override {
    const Next next = reading_.take(reply);
    if (next == Next::again) {
      send(reading_.command());
    }
    return next == Next::done ? answer(found()) : next;
  }

  void restart() noexcept override { reading_.restart(); }

  void give(Completion<Found> done, Result<Found> answer) noexcept override {
    Decoding<Found>::leave(std::move(decoding_), std::move(done), std::move(answer));
  }

  Result<Found> found() {
    Result<Found>& result = reading_.result();
    if (!result) {
      return std::move(result.error());
    }
    if (!*result || (*result)->head().ended) {
      return Found();
    }
    return decoding_ == nullptr && (*result)->head().coded ? Result<Found>(needs_codec()) : std::move(result);
  }

  HashReading reading_;
  std::unique_ptr<Decoding<Found>> decoding_;
};

}  // namespace

std::unique_ptr<Request> make_load(const Ticket& ticket, HashKey key, const Call& call,
                                   Completion<std::optional<Record>> done) {
  return std::make_unique<Load>(ticket.attempt(), std::move(key), call, std::move(done));
}

}  // namespace sessions::store::redis
