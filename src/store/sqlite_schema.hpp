// What is in the database file, and how a file gets there: a new one, or one of an older libsessions.
#pragma once

#include <sqlite3.h>

#include <base/result.hpp>
#include <cstdint>
#include <span>

namespace sessions::store {

// The one at [n] takes a database from version n to n + 1.
using SchemaSteps = std::span<const char* const>;

SchemaSteps schema_steps() noexcept;

// Makes the tables in an empty database, and brings an older one up to date. Status newer when a newer libsessions has
// written it, corrupt when it belongs to another program; neither is touched then.
Result<void> prepare_schema(sqlite3* database, SchemaSteps steps = schema_steps());

// Tests a user_version that was read later: a newer libsessions may have brought the database up to date meanwhile.
// Status newer.
Result<void> check_version(std::int64_t version, SchemaSteps steps = schema_steps());

}  // namespace sessions::store
