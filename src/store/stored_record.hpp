// A record that comes from outside of the process: its bytes may be anything.
#pragma once

#include <base/result.hpp>
#include <store/record.hpp>
#include <string_view>

namespace sessions::store {

// Whether sums and differences can be made of them.
bool is_sound(const Times& times) noexcept;

// The record, if nothing that is done with it later can go wrong: its times can be reckoned with, its keys are UTF-8
// and its values JSON, as far as no codec has written them. Status corrupt.
Result<Record> tested(Record record);

// As Record::parse(), and tested. `known` is a record that was read before, or none: what has the same bytes is that
// one. Status corrupt or newer.
Result<Record> read_stored(std::string_view bytes, const Record& known = {});

}  // namespace sessions::store
