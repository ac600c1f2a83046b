#include <base/clock.hpp>
#include <store/redis/client.hpp>
#include <store/redis/open.hpp>
#include <store/redis/redis.hpp>

namespace sessions::store::redis {

namespace {

// What the server says of itself, and whether it takes scripts.
Result<std::string> prepare(Redis& redis, const Options& options) {
  const auto answer = std::make_shared<Answer<std::string>>();
  const Call call(system_clock(), 2 * options.connect_timeout);  // once to connect, once to ask
  redis.prepare(call, Completion<std::string>(answer));
  redis.wait_for(*answer, call.deadline());
  Result<std::string> warning =
      answer->is_delivered() ? answer->take() : Result<std::string>(Error{Status::timeout, {}});
  if (!warning && warning.error().status == Status::timeout) {
    return Error{Status::unavailable, "Redis did not answer within twice the time allowed for a connection"};
  }
  return warning;
}

}  // namespace

Result<Opened> open(const Options& options) {
  std::shared_ptr<crypto::TlsContext> tls;
  if (options.tls) {
    Result<std::shared_ptr<crypto::TlsContext>> opened = crypto::TlsContext::open(options.tls_files);
    if (!opened) {
      return opened.error();
    }
    tls = std::move(*opened);
  }
  Result<std::shared_ptr<Redis>> redis =
      Redis::make(std::make_shared<Client>(options, std::move(tls)), {options.prefix, options.wait_for_replica});
  if (!redis) {
    return redis.error();
  }
  Result<std::string> warning = prepare(**redis, options);
  return warning ? Result<Opened>(Opened{std::move(*redis), std::move(*warning)}) : warning.error();
}

}  // namespace sessions::store::redis
