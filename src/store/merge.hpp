// What a record is after changes: the one place that says so, for every store that keeps whole records.
#pragma once

#include <base/result.hpp>
#include <store/record.hpp>
#include <store/store.hpp>

namespace sessions::store {

// `times` replaces the record's, but for `created`. Status type or range when an increment does not fit what is there.
Result<Record> merge(const Record& record, const Changes& changes, const Times& times);

}  // namespace sessions::store
