// A record that comes from outside of the process: its bytes may be anything.
#pragma once

#include <base/result.hpp>
#include <store/record.hpp>
#include <string_view>

namespace sessions::store {

// As Record::parse(), and nothing that is done with it later can go wrong: its times can be reckoned with, its keys are
// UTF-8 and its values JSON, as far as no codec has written them. Status corrupt or newer.
Result<Record> read_stored(std::string_view bytes);

}  // namespace sessions::store
