#include <store/codec.hpp>
#include <store/redis/asking.hpp>
#include <store/redis/hash_reading.hpp>
#include <store/redis/requests.hpp>

namespace sessions::store::redis {

namespace {

class Load final : public Asking<std::optional<Record>> {
 public:
  Load(const Attempt& attempt, HashKey key, const Call& call, Completion<std::optional<Record>> done)
      : Asking(call.deadline(), false, std::move(done)),
        reading_(std::move(key), attempt),
        codec_(call.shared_codec()) {
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

  Result<std::optional<Record>> found() {
    Result<std::optional<Record>>& result = reading_.result();
    if (!result) {
      return std::move(result.error());
    }
    if (!*result || (*result)->head().ended) {
      return std::optional<Record>();
    }
    Result<Record> decoded = decode_values(std::move(**result), codec_.get());
    return decoded ? Result<std::optional<Record>>(std::move(*decoded)) : std::move(decoded.error());
  }

  HashReading reading_;
  const std::shared_ptr<const Codec> codec_;
};

}  // namespace

std::unique_ptr<Request> make_load(const Ticket& ticket, HashKey key, const Call& call,
                                   Completion<std::optional<Record>> done) {
  return std::make_unique<Load>(ticket.attempt(), std::move(key), call, std::move(done));
}

}  // namespace sessions::store::redis
