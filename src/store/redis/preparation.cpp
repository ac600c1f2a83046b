#include <algorithm>
#include <array>
#include <optional>
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

// What the probe found to be forbidden, if anything; what else failed may work later.
std::optional<Error> forbidden(const Reply& failed) {
  std::string names;
  for (std::size_t i = 0; i + 1 < failed.size(); i += 2) {
    const std::string_view name = failed[i].text();
    const bool is_name = std::all_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (is_name && is_forbidden(failed[i + 1].text())) {
      names.append(names.empty() ? "" : ", ").append(name.substr(0, 32));
    }
  }
  return names.empty()
             ? std::nullopt
             : std::optional(Error{Status::unsupported, "the Redis server, or its access rules, forbids " + names +
                                                            ", which sessions need: see <sessions/backend.h>"});
}

class Preparation final : public Asking<std::string> {
 public:
  Preparation(std::shared_ptr<const Scripts> scripts, std::string_view prefix, const Call& call,
              Completion<std::string> done)
      : Asking(call.deadline(), false, std::move(done)), scripts_(std::move(scripts)) {
    keys_[0].append(prefix).append("{libsessions}");
    keys_[1].append(prefix).append("{probe}");  // of another slot: a node of a Cluster refuses both together
    send_next();
  }

 private:
  enum class Step { load, run_text, run_digest, info };

  void send_next() {
    const Script& probe = scripts_->probe;
    switch (step_) {
      case Step::load:
        return send(redis::command(std::array<std::string_view, 3>{"SCRIPT", "LOAD", next_to_load().text}));
      case Step::run_text:
        return send(probing("EVAL", probe.text));
      case Step::run_digest:
        return send(probing("EVALSHA", probe.digest));
      case Step::info:
        return send(redis::command(std::array<std::string_view, 2>{"INFO", "memory"}));
    }
  }

  std::string probing(std::string_view command, std::string_view script) const {
    return redis::command(std::array<std::string_view, 6>{command, script, "2", keys_[0], keys_[1], token});
  }

  Next go_on(const Reply& reply) override {
    if (step_ == Step::info) {
      const bool is_info = reply.kind() == Reply::Kind::string && reply.text().starts_with("# Memory");
      return is_info || reply.kind() == Reply::Kind::error ? answer(warning_about(reply.text())) : Next::foreign;
    }
    if (reply.is_error("NOPERM") || reply.is_error("ERR")) {
      return answer(Error{Status::unsupported,
                          "the Redis server, or its access rules, forbids scripts, which sessions need, or keys with "
                          "their prefix: see <sessions/backend.h>; or is it a Sentinel?"});
    }
    // The server may have dropped the script again, but would run it.
    const bool is_forgotten = step_ == Step::run_digest && reply.is_error("NOSCRIPT");
    if (reply.kind() == Reply::Kind::error && !is_forgotten) {
      return refuse(reply);
    }
    const bool is_right = step_ == Step::load ? reply.text() == next_to_load().digest
                                              : is_forgotten || (reply.size() == 2 && reply[0].text() == token &&
                                                                 reply[1].kind() == Reply::Kind::array);
    if (!is_right) {
      return Next::foreign;
    }
    if (step_ != Step::load && !is_forgotten) {
      if (std::optional<Error> lacking = forbidden(reply[1])) {
        return answer(std::move(*lacking));
      }
    }
    take_next_step();
    send_next();
    return Next::again;
  }

  void take_next_step() noexcept {
    if (step_ == Step::load && ++loaded_ < scripts_->all().size()) {
      return;
    }
    step_ = step_ == Step::load ? Step::run_text : step_ == Step::run_text ? Step::run_digest : Step::info;
  }

  const Script& next_to_load() const { return *scripts_->all().at(loaded_); }

  static constexpr std::string_view token = "libsessions";

  const std::shared_ptr<const Scripts> scripts_;
  std::array<std::string, 2> keys_;
  Step step_ = Step::load;
  std::size_t loaded_ = 0;
};

}  // namespace

std::unique_ptr<Request> make_preparation(std::shared_ptr<const Scripts> scripts, std::string_view prefix,
                                          const Call& call, Completion<std::string> done) {
  return std::make_unique<Preparation>(std::move(scripts), prefix, call, std::move(done));
}

}  // namespace sessions::store::redis
