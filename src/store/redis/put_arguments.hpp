// What the script that writes a whole hash is told.
#pragma once

#include <optional>
#include <span>
#include <store/store.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sessions::store::redis {

class PutArguments {
 public:
  // `former`: what is to be replaced; none when nothing may be there. `ended_until`: of the tombstone where it was.
  PutArguments(std::string_view token, const Attempt& attempt, const std::optional<Record::Head>& former,
               const Record& record, std::string_view tag, std::int64_t now,
               std::optional<std::int64_t> ended_until = std::nullopt);

  std::span<const std::string_view> words() const noexcept { return words_; }

 private:
  std::vector<std::string> texts_;
  std::vector<std::string_view> words_;
};

}  // namespace sessions::store::redis
