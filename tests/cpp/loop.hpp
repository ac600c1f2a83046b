// A host's loop, and a store that answers when the test wants it to.
#pragma once

#include <poll.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <sessions.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace world {

struct Blob {
  std::string bytes;
  std::uint64_t version;
};

using Blobs = std::map<std::string, Blob, std::less<>>;

// What a store has to say.
struct Reply {
  enum { missing, conflict, done, found } kind;
  Blob blob = {};

  void give(sessions::StoreCall& call) const {
    kind == missing    ? call.missing()
    : kind == conflict ? call.conflict()
    : kind == done     ? call.done()
                       : call.found(blob.bytes, blob.version);
  }
};

using Work = std::function<Reply(Blobs&)>;

// What comes while it is shut is kept until it opens.
class Gate {
 public:
  void pass(Work work, sessions::StoreCall call) {
    std::unique_lock lock(mutex_);
    if (!is_open_) {
      kept_.push_back({std::move(work), std::move(call)});
      return;
    }
    const Reply reply = work(blobs_);
    lock.unlock();  // an answer may make the next call
    reply.give(call);
  }

  // Until it ends, a thread that comes waits.
  std::unique_lock<std::mutex> hold() { return std::unique_lock(mutex_); }

  void shut() {
    const std::lock_guard lock(mutex_);
    is_open_ = false;
  }

  void open() {
    std::vector<Kept> kept;
    {
      const std::lock_guard lock(mutex_);
      is_open_ = true;
      kept.swap(kept_);
    }
    for (Kept& one : kept) {
      pass(std::move(one.work), std::move(one.call));
    }
  }

 private:
  struct Kept {
    Work work;
    sessions::StoreCall call;
  };

  std::mutex mutex_;
  bool is_open_ = true;
  Blobs blobs_;
  std::vector<Kept> kept_;
};

class GatedStore {
 public:
  explicit GatedStore(std::shared_ptr<Gate> gate) : gate_(std::move(gate)) {}

  void get(sessions::StoreKey key, sessions::StoreCall call) {
    const auto work = [key = std::string(key)](const Blobs& blobs) {
      const auto found = blobs.find(key);
      return found == blobs.end() ? Reply{Reply::missing} : Reply{Reply::found, found->second};
    };
    gate_->pass(work, std::move(call));
  }

  void put(const sessions::StorePut& put, sessions::StoreCall call) {
    const auto work = [key = std::string(put.key), blob = Blob{std::string(put.blob), put.version},
                       expected = put.expected](Blobs& blobs) {
      if (version_of(blobs, key) != expected) {
        return Reply{Reply::conflict};
      }
      blobs[key] = blob;
      return Reply{Reply::done};
    };
    gate_->pass(work, std::move(call));
  }

  void remove(sessions::StoreKey key, std::uint64_t expected, sessions::StoreCall call) {
    const auto work = [key = std::string(key), expected](Blobs& blobs) {
      if (version_of(blobs, key) != expected) {
        return Reply{Reply::conflict};
      }
      blobs.erase(key);
      return Reply{Reply::done};
    };
    gate_->pass(work, std::move(call));
  }

 private:
  static std::uint64_t version_of(const Blobs& blobs, const std::string& key) {
    const auto found = blobs.find(key);
    return found == blobs.end() ? 0 : found->second.version;
  }

  std::shared_ptr<Gate> gate_;
};

inline bool is_readable(const sessions::Queue& queue, int timeout_ms = 0) {
  pollfd descriptor = {queue.descriptor(), POLLIN, 0};
  return poll(&descriptor, 1, timeout_ms) == 1;
}

// Waits for results and takes them, until so many have come.
inline void run(sessions::Queue& queue, std::size_t count) {
  while (count > 0) {
    if (!is_readable(queue, 60'000)) {
      throw std::runtime_error("no result has come");
    }
    count -= queue.dispatch().value_or_throw();
  }
}

}  // namespace world
