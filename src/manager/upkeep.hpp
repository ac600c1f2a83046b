// What a host does for its store between requests: ask whether it answers, drop what has expired, count.
#pragma once

#include <base/result.hpp>
#include <cstdint>
#include <manager/manager.hpp>

namespace sessions::manager {

// Documented in <sessions/manager.h>.
Result<void> ping(const Manager& manager);
Result<std::int64_t> sweep(const Manager& manager, std::int64_t most);
Result<store::Statistics> statistics(const Manager& manager);

}  // namespace sessions::manager
