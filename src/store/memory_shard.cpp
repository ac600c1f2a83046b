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

void MemoryShard::make_room_for_entry() {
  if (due_.size() > 2 * records_.size() + 64) {
    renew_entries();
  }
  if (due_.size() == due_.capacity()) {
    due_.reserve(std::max<std::size_t>(64, due_.size() + due_.size() / 2));
  }
}

void MemoryShard::add_entry(const Key& key, std::int64_t expires) noexcept {
  due_.push_back({expires, KeyTable::prefix_of(key)});
  std::push_heap(due_.begin(), due_.end(), later);
}

bool MemoryShard::insert(const Key& key, const Record& record) {
  make_room_for_entry();
  if (!records_.insert(key, record)) {
    return false;
  }
  add_entry(key, record.expires());
  return true;
}

Record MemoryShard::replace(const Key& key, Record& place, Record record) {
  if (record.expires() < place.expires()) {  // its turn comes sooner than the entry that there is
    make_room_for_entry();
    add_entry(key, record.expires());
  }
  return std::exchange(place, std::move(record));
}

std::optional<Record> MemoryShard::erase(const Key& key) noexcept {
  KeyTable::Entry* found = records_.find(key);
  return found == nullptr ? std::nullopt : std::optional(records_.erase(*found));
}

std::optional<Record> MemoryShard::erase_oldest(const Key* keep, std::optional<std::int64_t> now) noexcept {
  std::optional<Due> kept;
  std::optional<Record> erased;
  while (!due_.empty() && !erased && !(now && due_.front().expires >= *now)) {
    std::pop_heap(due_.begin(), due_.end(), later);
    Due& due = due_.back();
    KeyTable::Entry* found = records_.find_prefix(due.key_prefix);
    if (found == nullptr) {
      due_.pop_back();
    } else if (keep != nullptr && found->key == *keep) {
      kept = due;
      due_.pop_back();
    } else if (found->record.expires() > due.expires) {
      due.expires = found->record.expires();
      std::push_heap(due_.begin(), due_.end(), later);
    } else {
      erased = records_.erase(*found);
      due_.pop_back();
    }
  }
  if (kept) {
    due_.push_back(*kept);  // its place is still there
    std::push_heap(due_.begin(), due_.end(), later);
  }
  return erased;
}

void MemoryShard::renew_entries() noexcept {
  due_.clear();
  records_.visit([this](const KeyTable::Entry& entry) {
    due_.push_back({entry.record.expires(), KeyTable::prefix_of(entry.key)});  // there were more
  });
  std::make_heap(due_.begin(), due_.end(), later);
}

}  // namespace sessions::store
