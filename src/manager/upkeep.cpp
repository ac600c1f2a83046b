#include <manager/ask.hpp>
#include <manager/upkeep.hpp>
#include <variant>

namespace sessions::manager {

namespace {

// Makes a call with `start`, and waits for the answer.
template <class Reply, class Start>
Result<Reply> ask(const Manager& manager, Status late, Start start) {
  store::Store& store = *manager.store();
  const store::Call call(manager.config().now(), manager.config().timeout());
  Asked asked;
  const auto ask_store = [&] {
    return asked.ask<Reply>(store, late, [&](store::Completion<Reply> done) -> Result<void> {
      start(store, call, std::move(done));
      return {};
    });
  };
  Result<Reply> reply = ask_store();
  if (asked.is_open()) {
    store.wait_for(asked.answer(), call.deadline());
    reply = ask_store();
  }
  return reply;
}

}  // namespace

Result<void> ping(const Manager& manager) {
  if (!manager.store()) {
    return {};
  }
  using Done = store::Completion<std::monostate>;
  const auto pong = ask<std::monostate>(
      manager, load_late,
      [](store::Store& store, const store::Call& call, Done done) { store.ping(call, std::move(done)); });
  return pong ? Result<void>() : pong.error();
}

Result<std::int64_t> sweep(const Manager& manager, std::int64_t most) {
  if (most < 1) {
    return Error{Status::invalid, "most must be 1 or more"};
  }
  if (!manager.store()) {
    return std::int64_t{0};
  }
  using Done = store::Completion<std::int64_t>;
  return ask<std::int64_t>(manager, write_late, [most](store::Store& store, const store::Call& call, Done done) {
    store.sweep(most, call, std::move(done));
  });
}

Result<store::Statistics> statistics(const Manager& manager) {
  if (!manager.store()) {
    return Error{Status::unsupported, "sessions in cookies are with the browsers: nobody can count them"};
  }
  using Done = store::Completion<store::Statistics>;
  return ask<store::Statistics>(manager, load_late, [](store::Store& store, const store::Call& call, Done done) {
    store.statistics(call, std::move(done));
  });
}

}  // namespace sessions::manager
