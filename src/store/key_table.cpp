#include <algorithm>
#include <cstring>
#include <store/key_table.hpp>
#include <utility>

namespace sessions::store {

std::uint64_t KeyTable::prefix_of(const Key& key) noexcept {
  std::uint64_t prefix = 0;
  std::memcpy(&prefix, key.data(), sizeof prefix);
  return prefix;
}

// The prefix, spread in case the keys are no digests, as a fraction of the table: any size will do.
std::size_t KeyTable::home(std::uint64_t prefix) const noexcept {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::size_t>(static_cast<Wide>(prefix * 0x9e3779b97f4a7c15U) * places_.size() >> 64U);
}

std::size_t KeyTable::distance(std::size_t from, std::size_t to) const noexcept {
  return to >= from ? to - from : to + places_.size() - from;
}

template <class IsMeant>
KeyTable::Entry* KeyTable::find_if(std::uint64_t prefix, IsMeant is_meant) noexcept {
  if (places_.empty()) {
    return nullptr;
  }
  for (std::size_t at = home(prefix); places_[at].record; at = after(at)) {
    if (prefix_of(places_[at].key) == prefix && is_meant(places_[at].key)) {
      return &places_[at];
    }
  }
  return nullptr;
}

KeyTable::Entry* KeyTable::find(const Key& key) noexcept {
  return find_if(prefix_of(key), [&key](const Key& other) { return other == key; });
}

KeyTable::Entry* KeyTable::find_prefix(std::uint64_t prefix) noexcept {
  return find_if(prefix, [](const Key&) { return true; });
}

void KeyTable::put(Entry entry) noexcept {
  std::size_t at = home(prefix_of(entry.key));
  while (places_[at].record) {
    at = after(at);
  }
  places_[at] = std::move(entry);
}

void KeyTable::grow() {
  std::vector<Entry> former(std::max<std::size_t>(16, places_.size() + places_.size() / 2));
  former.swap(places_);
  for (Entry& entry : former) {
    if (entry.record) {
      put(std::move(entry));
    }
  }
}

bool KeyTable::insert(const Key& key, const Record& record) {
  if (find(key) != nullptr) {
    return false;
  }
  if (size_ + 1 > places_.size() / 4 * 3) {
    grow();
  }
  put({key, record});
  ++size_;
  return true;
}

Record KeyTable::erase(Entry& entry) noexcept {
  Record erased = std::move(entry.record);
  auto free = static_cast<std::size_t>(&entry - places_.data());
  for (std::size_t at = after(free); places_[at].record; at = after(at)) {
    if (distance(home(prefix_of(places_[at].key)), at) >= distance(free, at)) {
      places_[free] = std::move(places_[at]);
      free = at;
    }
  }
  places_[free].record = Record();
  --size_;
  return erased;
}

}  // namespace sessions::store
