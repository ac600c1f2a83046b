#include <algorithm>
#include <store/memory_shard.hpp>

namespace sessions::store {

namespace {

constexpr auto later = [](const auto& a, const auto& b) { return a.expires > b.expires; };

}  // namespace

std::int64_t MemoryShard::cost(const Record& record) noexcept {
  // Two places in the table, two in the heap, and what the allocator and the reference count add to the record.
  constexpr std::size_t around = 2 * sizeof(KeyTable::Entry) + 2 * sizeof(Due) + 48;
  return static_cast<std::int64_t>(record.bytes().size() + around);
}

Record* MemoryShard::find(const Key& key) noexcept {
  KeyTable::Entry* found = records_.find(key);
  if (found == nullptr) {
    return nullptr;
  }
  found->record.prefetch();
  return &found->record;
}

void MemoryShard::make_room_for_entry(const Record& record) {
  if (entry_count() > 2 * records_.size() + 64) {
    renew_entries();
  }
  Order& order = order_of(record);
  if (order.size() == order.capacity()) {
    order.reserve(std::max<std::size_t>(64, order.size() + order.size() / 2));
  }
}

void MemoryShard::add_entry(const Key& key, const Record& record) noexcept {
  Order& order = order_of(record);
  order.push_back({record.expires(), KeyTable::prefix_of(key)});
  std::push_heap(order.begin(), order.end(), later);
}

bool MemoryShard::insert(const Key& key, const Record& record) {
  make_room_for_entry(record);
  if (!records_.insert(key, record)) {
    return false;
  }
  add_entry(key, record);
  return true;
}

Record MemoryShard::replace(const Key& key, Record& place, Record record) {
  const bool has_ended = record.head().ended && !place.head().ended;
  if (has_ended || record.expires() < place.expires()) {  // its turn comes sooner than the entry that there is
    make_room_for_entry(record);
    add_entry(key, record);
  }
  return std::exchange(place, std::move(record));
}

std::optional<Record> MemoryShard::erase(const Key& key) noexcept {
  KeyTable::Entry* found = records_.find(key);
  return found == nullptr ? std::nullopt : std::optional(records_.erase(*found));
}

std::optional<Record> MemoryShard::erase_oldest(const Key* keep, std::optional<std::int64_t> now) noexcept {
  std::optional<Record> erased = erase_first(tombstones_, keep, now);
  return erased ? std::move(erased) : erase_first(sessions_, keep, now);
}

std::optional<Record> MemoryShard::erase_first(Order& order, const Key* keep,
                                               std::optional<std::int64_t> now) noexcept {
  std::optional<Due> kept;
  std::optional<Record> erased;
  while (!order.empty() && !erased && !(now && order.front().expires >= *now)) {
    std::pop_heap(order.begin(), order.end(), later);
    Due& due = order.back();
    KeyTable::Entry* found = records_.find_prefix(due.key_prefix);
    if (found == nullptr || &order_of(found->record) != &order) {
      order.pop_back();
    } else if (keep != nullptr && found->key == *keep) {
      kept = due;
      order.pop_back();
    } else if (found->record.expires() > due.expires) {
      due.expires = found->record.expires();
      std::push_heap(order.begin(), order.end(), later);
    } else {
      erased = records_.erase(*found);
      order.pop_back();
    }
  }
  if (kept) {
    order.push_back(*kept);  // its place is still there
    std::push_heap(order.begin(), order.end(), later);
  }
  return erased;
}

void MemoryShard::renew_entries() noexcept {
  sessions_.clear();
  tombstones_.clear();
  records_.visit([this](const KeyTable::Entry& entry) {
    order_of(entry.record).push_back({entry.record.expires(), KeyTable::prefix_of(entry.key)});  // there were more
  });
  std::make_heap(sessions_.begin(), sessions_.end(), later);
  std::make_heap(tombstones_.begin(), tombstones_.end(), later);
}

}  // namespace sessions::store
