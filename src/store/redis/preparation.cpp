#include <algorithm>
#include <array>
#include <store/redis/asking.hpp>
#include <store/redis/command.hpp>
#include <store/redis/requests.hpp>

namespace sessions::store::redis {

namespace {

// The value in a line "name:value" of what INFO answers.
std::string_view value_in(std::string_view info, std::string_view name) noexcept {
  const std::size_t found = info.find(name);
  if (found == std::string_view::npos) {
    return {};
  }
  const std::string_view rest = info.substr(found + name.size());
  return rest.substr(0, rest.find('\r'));
}

// Sessions have an end, so that all policies but one take them.
std::string warning_about(std::string_view info) {
  const std::string_view policy = value_in(info, "\nmaxmemory_policy:");
  const std::string_view bound = value_in(info, "\nmaxmemory:");
  const bool is_name =
      std::all_of(policy.begin(), policy.end(), [](char c) { return c == '-' || (c >= 'a' && c <= 'z'); });
  if (bound.empty() || bound == "0" || policy.empty() || policy == "noeviction" || !is_name || policy.size() > 32) {
    return {};
  }
  return "the Redis server drops sessions before their time when its memory is full, since its maxmemory-policy is " +
         std::string(policy) + ": set it to noeviction";
}

class Preparation final : public Asking<std::string> {
 public:
  Preparation(std::shared_ptr<const Scripts> scripts, const Call& call, Completion<std::string> done)
      : Asking(call.deadline(), false, std::move(done)), scripts_(std::move(scripts)) {
    send_next();
  }

 private:
  void send_next() {
    const auto all = scripts_->all();
    send(loaded_ < all.size() ? redis::command(std::array<std::string_view, 3>{"SCRIPT", "LOAD", all.at(loaded_)->text})
                              : redis::command(std::array<std::string_view, 2>{"INFO", "memory"}));
  }

  Next go_on(const Reply& reply) override {
    const auto all = scripts_->all();
    const bool is_refused = reply.is_error("NOPERM") || reply.is_error("ERR");
    if (loaded_ == all.size()) {
      const bool is_info = reply.kind() == Reply::Kind::string && reply.text().starts_with("# Memory");
      return is_info || reply.kind() == Reply::Kind::error ? answer(warning_about(reply.text())) : Next::foreign;
    }
    if (is_refused) {
      return answer(Error{Status::unsupported,
                          "the Redis server, or its access rules, forbids scripts, which sessions need: allow SCRIPT "
                          "LOAD, EVALSHA and EVAL"});
    }
    if (reply.kind() == Reply::Kind::error) {
      return refuse(reply);
    }
    if (reply.text() != all.at(loaded_)->digest) {
      return Next::foreign;
    }
    ++loaded_;
    send_next();
    return Next::again;
  }

  const std::shared_ptr<const Scripts> scripts_;
  std::size_t loaded_ = 0;
};

}  // namespace

std::unique_ptr<Request> make_preparation(std::shared_ptr<const Scripts> scripts, const Call& call,
                                          Completion<std::string> done) {
  return std::make_unique<Preparation>(std::move(scripts), call, std::move(done));
}

}  // namespace sessions::store::redis
