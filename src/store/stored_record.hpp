// A record that comes from outside of the process: its bytes may be anything.
#pragma once

#include <base/result.hpp>
#include <cstdint>
#include <optional>
#include <store/record.hpp>
#include <string_view>

namespace sessions::store {

// Whether sums and differences can be made of them.
bool is_sound(const Times& times) noexcept;

// The record, if nothing that is done with it later can go wrong: its times can be reckoned with, its keys are UTF-8
// and its values JSON, as far as no codec has written them. Status corrupt.
Result<Record> tested(Record record);

// Which content was under a key: it has never two of the same version.
struct Version {
  std::uint64_t generation;
  std::uint64_t version;
};

// As Record::parse(), and tested; the keys and values of the version that was seen have been. Status corrupt or newer.
Result<Record> read_stored(std::string_view bytes, std::optional<Version> seen = {});

}  // namespace sessions::store
