// Records by key in one block of memory: looking one up costs one or two cache misses, where nodes and buckets cost
// four, and those are most of what a commit in a large store costs.
#pragma once

#include <cstdint>
#include <store/store.hpp>
#include <vector>

namespace sessions::store {

// Keys are digests: nobody can choose them so that they meet in one place.
class KeyTable {
 public:
  struct Entry {
    Key key{};
    Record record;  // an empty one marks a free place
  };

  // The first bytes of a key: they say where in the table it is.
  static std::uint64_t prefix_of(const Key& key) noexcept;

  std::size_t size() const noexcept { return size_; }

  // Null when there is none; with a prefix, the first that has it. Entries stay where they are until something is
  // inserted or erased.
  Entry* find(const Key& key) noexcept;
  Entry* find_prefix(std::uint64_t prefix) noexcept;

  // False when the key is taken. Throws std::bad_alloc with nothing changed.
  bool insert(const Key& key, const Record& record);

  Record erase(Entry& entry) noexcept;

  // Calls visit(entry) for each, in no order.
  template <class Visit>
  void visit(Visit visit) const {
    for (const Entry& entry : places_) {
      if (entry.record) {
        visit(entry);
      }
    }
  }

 private:
  void grow();
  template <class IsMeant>
  Entry* find_if(std::uint64_t prefix, IsMeant is_meant) noexcept;
  std::size_t home(std::uint64_t prefix) const noexcept;
  std::size_t after(std::size_t place) const noexcept { return place + 1 == places_.size() ? 0 : place + 1; }
  std::size_t distance(std::size_t from, std::size_t to) const noexcept;
  void put(Entry entry) noexcept;

  std::vector<Entry> places_;  // each key is at its home, or behind it without a free place in between
  std::size_t size_ = 0;
};

}  // namespace sessions::store
