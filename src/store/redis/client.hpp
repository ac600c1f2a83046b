// The transport that outlives forks: parent and child have connections of their own.
#pragma once

#include <base/per_process.hpp>
#include <memory>
#include <store/redis/multiplexer.hpp>
#include <utility>

namespace sessions::store::redis {

class Client final : public Transport {
 public:
  Client(const Options& options, std::shared_ptr<crypto::TlsContext> tls)
      : multiplexer_(
            [options, tls = std::move(tls)] { return std::make_unique<Multiplexer>(options, tls, Environment()); }) {}

  void submit(std::unique_ptr<Request> request, Lane lane) override {
    multiplexer_.get().submit(std::move(request), lane);
  }
  void wait_for(Awaited& awaited, Deadline deadline) override { multiplexer_.get().wait_for(awaited, deadline); }
  void nudge() noexcept override { multiplexer_.get().nudge(); }

 private:
  PerProcess<Multiplexer> multiplexer_;
};

}  // namespace sessions::store::redis
