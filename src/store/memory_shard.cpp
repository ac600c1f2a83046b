#include <algorithm>
#include <cstring>
#include <store/memory_shard.hpp>

namespace sessions::store {

namespace {

std::uint64_t prefix_of(const Key& key) noexcept {
  std::uint64_t prefix = 0;
  std::memcpy(&prefix, key.data(), sizeof prefix);
  return prefix;
}

constexpr auto later = [](const auto& a, const auto& b) { return a.expires > b.expires; };

}  // namespace

std::size_t MemoryShard::Hash::operator()(const Key& key) const noexcept { return prefix_of(key); }

std::int64_t MemoryShard::cost(const Record& record) noexcept {
  // A map node with its bucket, a heap entry, and what the allocator and the reference count add to the record.
  constexpr std::size_t around = sizeof(Map::value_type) + 4 * sizeof(void*) + 2 * sizeof(Due) + 48;
  return static_cast<std::int64_t>(record.bytes().size() + around);
}

Record* MemoryShard::find(const Key& key) noexcept {
  const auto found = records_.find(key);
  return found == records_.end() ? nullptr : &found->second;
}

void MemoryShard::make_room_for_entry() {
  if (due_.size() > 2 * records_.size() + 64) {
    forget_dead_entries();
  }
  if (due_.size() == due_.capacity()) {
    due_.reserve(std::max<std::size_t>(64, due_.size() + due_.size() / 2));
  }
}

void MemoryShard::add_entry(const Key& key, std::int64_t expires) noexcept {
  due_.push_back({expires, prefix_of(key)});
  std::push_heap(due_.begin(), due_.end(), later);
}

bool MemoryShard::insert(const Key& key, const Record& record) {
  make_room_for_entry();
  if (!records_.try_emplace(key, record).second) {
    return false;
  }
  add_entry(key, record.expires());
  return true;
}

Record MemoryShard::replace(const Key& key, Record& place, Record record) {
  if (record.expires() < place.expires()) {  // a tombstone: its turn comes sooner than the entry that there is
    make_room_for_entry();
    add_entry(key, record.expires());
  }
  return std::exchange(place, std::move(record));
}

std::optional<Record> MemoryShard::erase(const Key& key) noexcept {
  const auto found = records_.find(key);
  if (found == records_.end()) {
    return std::nullopt;
  }
  Record record = std::move(found->second);
  records_.erase(found);
  return record;
}

std::optional<Record> MemoryShard::erase_oldest(const Key* keep, std::optional<std::int64_t> now) noexcept {
  std::optional<Due> kept;
  std::optional<Record> erased;
  while (!due_.empty() && !erased && !(now && due_.front().expires >= *now)) {
    std::pop_heap(due_.begin(), due_.end(), later);
    Due& due = due_.back();
    const auto found = find_prefix(due.key_prefix);
    if (found == records_.end()) {
      due_.pop_back();
    } else if (keep != nullptr && found->first == *keep) {
      kept = due;
      due_.pop_back();
    } else if (found->second.expires() > due.expires) {
      due.expires = found->second.expires();
      std::push_heap(due_.begin(), due_.end(), later);
    } else {
      erased = std::move(found->second);
      records_.erase(found);
      due_.pop_back();
    }
  }
  if (kept) {
    due_.push_back(*kept);  // its place is still there
    std::push_heap(due_.begin(), due_.end(), later);
  }
  return erased;
}

MemoryShard::Map::iterator MemoryShard::find_prefix(std::uint64_t prefix) noexcept {
  Key key{};
  std::memcpy(key.data(), &prefix, sizeof prefix);
  if (records_.bucket_count() == 0) {
    return records_.end();
  }
  const std::size_t bucket = records_.bucket(key);
  for (auto at = records_.begin(bucket); at != records_.end(bucket); ++at) {
    if (prefix_of(at->first) == prefix) {
      return records_.find(at->first);
    }
  }
  return records_.end();
}

void MemoryShard::forget_dead_entries() noexcept {
  const auto dead = [this](const Due& due) { return find_prefix(due.key_prefix) == records_.end(); };
  due_.erase(std::remove_if(due_.begin(), due_.end(), dead), due_.end());
  std::make_heap(due_.begin(), due_.end(), later);
}

}  // namespace sessions::store
