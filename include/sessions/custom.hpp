// Custom backends: a database of the host's, plugged in as a class. All since 0.1.
//
//   struct Store {
//     void get(const StoreKey& key, StoreCall call);                              call.found() or .missing()
//     void put(const StorePut& put, StoreCall call);                              call.done() or .conflict()
//     void remove(const StoreKey& key, std::uint64_t expected, StoreCall call);   call.done() or .conflict()
//
//     void change(const StoreKey& key, StoreCall call);                           these if it can: call.decide(), then
//                                                                                 call.done() or .conflict()
//     void sweep(std::int64_t most, std::int64_t now, StoreCall call);            call.counted()
//     void ping(StoreCall call);                                                  call.done()
//     void statistics(StoreCall call);                                            call.counted()
//   };
//   auto backend = sessions::Backend::make_custom(Store(...));
//
// What each function has to do is said at its namesake of <sessions/custom.h>: sessions_custom_get_fn and so on. They
// are called from several threads at once. Each answers its call once, before it returns or later, from any thread. A
// call that is destroyed without an answer, also because the function has thrown, fails the host's call with
// Status::callback.
#pragma once

#include <sessions/custom.h>

#include <sessions/border.hpp>
#include <type_traits>

namespace sessions {
inline namespace v0 {

// SESSIONS_CUSTOM_KEY_BYTES bytes, always; a digest.
using StoreKey = std::string_view;

// What is to be stored: see sessions_custom_put_fn. Views are good until the call is answered.
struct StorePut {
  StoreKey key;
  std::string_view blob;
  std::uint64_t expected;  // the version that has to be there; 0: nothing
  std::uint64_t version;
  std::int64_t expires;  // seconds since 1970
  std::int64_t now;
  bool ended;
};

// What a change is to store: a range of StorePut, good until the call is answered or decided again.
class StoreWrites {
 public:
  class Iterator {
   public:
    explicit Iterator(const sessions_custom_write* write) noexcept : write_(write) {}
    StorePut operator*() const noexcept;
    Iterator& operator++() noexcept {
      write_ = write_->next;
      return *this;
    }
    bool operator!=(const Iterator& other) const noexcept { return write_ != other.write_; }

   private:
    const sessions_custom_write* write_;
  };

  explicit StoreWrites(const sessions_custom_write* first) noexcept : first_(first) {}
  Iterator begin() const noexcept { return Iterator(first_); }
  Iterator end() const noexcept { return Iterator(nullptr); }

 private:
  const sessions_custom_write* first_;
};

// A call to be answered. The first answer uses it up; later ones, and those of a call that was moved from, do nothing.
class StoreCall {
 public:
  // Takes over a call of C.
  explicit StoreCall(sessions_custom_call* call) noexcept : call_(call) {}

  void found(std::string_view blob, std::uint64_t version) noexcept {
    sessions_custom_found(call_.release(), blob.data(), blob.size(), version);
  }
  // change: what is to be stored, given the blob under the key with its version, or that there is none.
  StoreWrites decide(std::string_view blob, std::uint64_t version) noexcept {
    return StoreWrites(sessions_custom_decide(call_.get(), blob.data(), blob.size(), version));
  }
  StoreWrites decide() noexcept { return StoreWrites(sessions_custom_decide(call_.get(), nullptr, 0, 0)); }

  void missing() noexcept { sessions_custom_missing(call_.release()); }
  void done() noexcept { sessions_custom_done(call_.release()); }
  void conflict() noexcept { sessions_custom_conflict(call_.release()); }
  void counted(std::int64_t blobs, std::int64_t bytes) noexcept {
    sessions_custom_counted(call_.release(), blobs, bytes);
  }

  // status: of the environment, of stored data or of callbacks; message: one line without keys and content, may be
  // empty.
  void failed(Status status, std::string_view message = {}) noexcept {
    sessions_custom_failed(call_.release(), static_cast<sessions_status>(status), message.data(), message.size());
  }

  // How many milliseconds the host still waits; 0 after the answer.
  std::int64_t time_left_ms() const noexcept { return sessions_custom_time_left_ms(call_.get()); }

 private:
  struct Fail {
    void operator()(sessions_custom_call* call) const noexcept {
      sessions_custom_failed(call, SESSIONS_E_CALLBACK, nullptr, 0);
    }
  };

  std::unique_ptr<sessions_custom_call, Fail> call_;
};

namespace border {

template <class Store, class = void>
inline constexpr bool can_change = false;
template <class Store>
inline constexpr bool can_change<
    Store, std::void_t<decltype(std::declval<Store&>().change(std::declval<StoreKey>(), std::declval<StoreCall>()))>> =
    true;

template <class Store, class = void>
inline constexpr bool can_sweep = false;
template <class Store>
inline constexpr bool
    can_sweep<Store, std::void_t<decltype(std::declval<Store&>().sweep(0, 0, std::declval<StoreCall>()))>> = true;

template <class Store, class = void>
inline constexpr bool can_ping = false;
template <class Store>
inline constexpr bool can_ping<Store, std::void_t<decltype(std::declval<Store&>().ping(std::declval<StoreCall>()))>> =
    true;

template <class Store, class = void>
inline constexpr bool can_count = false;
template <class Store>
inline constexpr bool
    can_count<Store, std::void_t<decltype(std::declval<Store&>().statistics(std::declval<StoreCall>()))>> = true;

// Calls a function of the store. What it throws has answered its call already: that was destroyed on the way.
template <class Store, class Call>
void call_store(void* user_data, const Call& call) noexcept {
  call_host([&] { call(*static_cast<Store*>(user_data)); }, [](Status) {});
}

inline StoreKey key_of(const unsigned char* key) noexcept {
  return {static_cast<const char*>(static_cast<const void*>(key)), SESSIONS_CUSTOM_KEY_BYTES};
}

template <class Store>
sessions_custom_store store_table(bool drops_expired) noexcept {
  sessions_custom_store table = {};
  table.size = sizeof table;
  table.capabilities = drops_expired ? SESSIONS_CUSTOM_DROPS_EXPIRED : 0;
  table.get = [](void* user_data, const unsigned char* key, sessions_custom_call* call) {
    call_store<Store>(user_data, [&](Store& store) { store.get(key_of(key), StoreCall(call)); });
  };
  table.put = [](void* user_data, const unsigned char* key, const void* blob, std::size_t blob_len,
                 std::uint64_t expected, std::uint64_t version, std::int64_t expires, std::int64_t now,
                 std::int32_t ended, sessions_custom_call* call) {
    call_store<Store>(user_data, [&](Store& store) {
      const std::string_view bytes(static_cast<const char*>(blob), blob_len);
      store.put(StorePut{key_of(key), bytes, expected, version, expires, now, ended != 0}, StoreCall(call));
    });
  };
  table.remove = [](void* user_data, const unsigned char* key, std::uint64_t expected, sessions_custom_call* call) {
    call_store<Store>(user_data, [&](Store& store) { store.remove(key_of(key), expected, StoreCall(call)); });
  };
  if constexpr (can_change<Store>) {
    table.change = [](void* user_data, const unsigned char* key, sessions_custom_call* call) {
      call_store<Store>(user_data, [&](Store& store) { store.change(key_of(key), StoreCall(call)); });
    };
  }
  if constexpr (can_sweep<Store>) {
    table.sweep = [](void* user_data, std::int64_t most, std::int64_t now, sessions_custom_call* call) {
      call_store<Store>(user_data, [&](Store& store) { store.sweep(most, now, StoreCall(call)); });
    };
  }
  if constexpr (can_ping<Store>) {
    table.ping = [](void* user_data, sessions_custom_call* call) {
      call_store<Store>(user_data, [&](Store& store) { store.ping(StoreCall(call)); });
    };
  }
  if constexpr (can_count<Store>) {
    table.statistics = [](void* user_data, sessions_custom_call* call) {
      call_store<Store>(user_data, [&](Store& store) { store.statistics(StoreCall(call)); });
    };
  }
  return table;
}

}  // namespace border

inline StorePut StoreWrites::Iterator::operator*() const noexcept {
  const std::string_view bytes(static_cast<const char*>(write_->blob), write_->blob_len);
  return {border::key_of(write_->key), bytes, write_->expected, write_->version, write_->expires, write_->now,
          write_->ended != 0};
}
}  // namespace v0
}  // namespace sessions
