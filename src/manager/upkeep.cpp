#include <manager/ask.hpp>
#include <manager/upkeep.hpp>
#include <variant>

namespace sessions::manager {

namespace {

store::Call call_of(const Manager& manager) { return {manager.config().now(), manager.config().timeout()}; }

}  // namespace

Result<void> ping(const Manager& manager) {
  if (!manager.store()) {
    return {};
  }
  const store::Call call = call_of(manager);
  const auto pong = ask<std::monostate>(*manager.store(), call, load_late, [&](store::Completion<std::monostate> done) {
    manager.store()->ping(call, std::move(done));
  });
  return pong ? Result<void>() : pong.error();
}

Result<std::int64_t> sweep(const Manager& manager, std::int64_t most) {
  if (most < 1) {
    return Error{Status::invalid, "most must be 1 or more"};
  }
  if (!manager.store()) {
    return std::int64_t{0};
  }
  const store::Call call = call_of(manager);
  return ask<std::int64_t>(*manager.store(), call, write_late, [&](store::Completion<std::int64_t> done) {
    manager.store()->sweep(most, call, std::move(done));
  });
}

Result<store::Statistics> statistics(const Manager& manager) {
  if (!manager.store()) {
    return Error{Status::unsupported, "sessions in cookies are with the browsers: nobody can count them"};
  }
  const store::Call call = call_of(manager);
  return ask<store::Statistics>(*manager.store(), call, load_late, [&](store::Completion<store::Statistics> done) {
    manager.store()->statistics(call, std::move(done));
  });
}

}  // namespace sessions::manager
