#include <cstring>
#include <map>
#include <random>
#include <store/key_table.hpp>

#include "../../support/catch.hpp"

using namespace sessions::store;

namespace {

Record record_of(std::uint64_t number) {
  Record::Head head;
  head.generation = number;
  return {head, {}, {}};
}

// Few prefixes, so that keys crowd together, wrap around the end and share a prefix.
Key key_of(std::uint64_t prefix, char rest) {
  Key key{};
  std::memcpy(key.data(), &prefix, sizeof prefix);
  key.back() = rest;
  return key;
}

}  // namespace

TEST_CASE("a table of keys does what a map does, whatever is inserted and erased") {
  std::mt19937_64 random(GENERATE(1U, 2U, 3U));
  const std::uint64_t prefixes = GENERATE(1U, 40U, 5'000U);
  KeyTable table;
  std::map<Key, std::uint64_t> model;
  for (std::uint64_t step = 0; step < 4'000; ++step) {
    const Key key = key_of(random() % prefixes * 0x9e3779b97f4a7c15U, static_cast<char>(random() % 4));
    if (random() % 5 < 3) {
      CHECK(table.insert(key, record_of(step)) == model.try_emplace(key, step).second);
    } else if (KeyTable::Entry* found = table.find(key)) {
      CHECK(table.erase(*found).head().generation == model.at(key));
      model.erase(key);
    } else {
      CHECK(model.count(key) == 0);
    }
    REQUIRE(table.size() == model.size());
  }
  for (const auto& [key, number] : model) {
    KeyTable::Entry* found = table.find(key);
    REQUIRE(found != nullptr);
    CHECK(found->record.head().generation == number);
    CHECK(KeyTable::prefix_of(table.find_prefix(KeyTable::prefix_of(key))->key) == KeyTable::prefix_of(key));
  }
}

TEST_CASE("an empty table has nothing") {
  KeyTable table;
  CHECK(table.find(key_of(1, 1)) == nullptr);
  CHECK(table.find_prefix(1) == nullptr);
}
