// A manager: a backend with a copy of a config. Immutable, and shared by the sessions that came from it.
#pragma once

#include <base/result.hpp>
#include <cookie/set_cookie.hpp>
#include <manager/backend.hpp>
#include <manager/config.hpp>
#include <manager/keeper.hpp>
#include <memory>
#include <store/store.hpp>

namespace sessions::manager {

class Manager {
 public:
  static Result<std::shared_ptr<const Manager>> make(const Backend& backend, const Config& config);

  explicit Manager(const Config& config);

  const Config& config() const noexcept { return config_; }
  const Keeper& keeper() const noexcept { return *keeper_; }
  const std::shared_ptr<store::Store>& store() const noexcept { return store_; }  // null when cookies keep the content
  const cookie::SetCookieLines& lines() const noexcept { return lines_; }

 private:
  const Config config_;
  const cookie::SetCookieLines lines_;
  std::shared_ptr<store::Store> store_;
  std::unique_ptr<const Keeper> keeper_;
};

}  // namespace sessions::manager
