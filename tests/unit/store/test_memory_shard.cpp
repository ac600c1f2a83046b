#include <algorithm>
#include <store/memory_shard.hpp>
#include <vector>

#include "../../support/catch.hpp"

using namespace sessions;
using namespace sessions::store;

namespace {

Key key_of(char number) { return {number, number, number}; }

Record record_until(std::int64_t expires) { return {{1, 1, {0, 0, no_deadline, expires}}, {}, {}}; }

void replace(MemoryShard& shard, char number, std::int64_t expires) {
  Record* place = shard.find(key_of(number));
  REQUIRE(place != nullptr);
  shard.replace(key_of(number), *place, record_until(expires));
}

}  // namespace

TEST_CASE("a session that lives longer and shorter by turns takes no more room for its expiry") {
  MemoryShard shard;
  REQUIRE(shard.insert(key_of(1), record_until(100)));
  REQUIRE(shard.insert(key_of(2), record_until(50)));
  std::size_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    replace(shard, 1, 1'000'000);
    replace(shard, 1, 100);
    most = std::max(most, shard.entry_count());
  }
  CHECK(most < 100);
  replace(shard, 1, 40);
  CHECK(shard.erase_oldest(nullptr, std::nullopt)->expires() == 40);
  CHECK(shard.erase_oldest(nullptr, std::nullopt)->expires() == 50);
  CHECK_FALSE(shard.erase_oldest(nullptr, std::nullopt));
}
