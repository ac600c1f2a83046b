#include <sessions.h>

#include <algorithm>
#include <base/utf8.hpp>
#include <capi/guard.hpp>
#include <capi/handles.hpp>
#include <cstddef>
#include <cstring>
#include <store/custom.hpp>
#include <store/dialogue.hpp>
#include <string>
#include <vector>

using namespace sessions;

namespace {

constexpr std::size_t least_size = offsetof(sessions_custom_store, sweep);
constexpr std::size_t most_size = 4096;  // no version will have that many members: more is no size
constexpr std::uint64_t known_capabilities = SESSIONS_CUSTOM_DROPS_EXPIRED;

static_assert(sizeof(store::Key) == SESSIONS_CUSTOM_KEY_BYTES);

// The token of C is the dialogue itself.
sessions_custom_call* token(store::Dialogue& dialogue) { return reinterpret_cast<sessions_custom_call*>(&dialogue); }
store::Dialogue* dialogue(sessions_custom_call* call) { return reinterpret_cast<store::Dialogue*>(call); }

const unsigned char* bytes(const store::Key& key) { return reinterpret_cast<const unsigned char*>(key.data()); }

class Table final : public store::Blobs {
 public:
  Table(const sessions_custom_store& table, std::shared_ptr<void> user_data)
      : table_(table), user_data_(std::move(user_data)) {}

  void get(const store::Key& key, store::Dialogue& dialogue) override {
    table_.get(user_data_.get(), bytes(key), token(dialogue));
  }

  void put(const store::Key& key, const store::BlobWrite& write, store::Dialogue& dialogue) override {
    table_.put(user_data_.get(), bytes(key), write.blob.data(), write.blob.size(), write.expected, write.version,
               write.expires, write.now, write.ended ? 1 : 0, token(dialogue));
  }

  bool can_change() const noexcept override { return table_.change != nullptr; }

  void change(const store::Key& key, store::Dialogue& dialogue) override {
    table_.change(user_data_.get(), bytes(key), token(dialogue));
  }

  void remove(const store::Key& key, std::uint64_t expected, store::Dialogue& dialogue) override {
    table_.remove(user_data_.get(), bytes(key), expected, token(dialogue));
  }

  void sweep(std::int64_t most, std::int64_t now, store::Dialogue& dialogue) override {
    if (table_.sweep != nullptr) {
      table_.sweep(user_data_.get(), most, now, token(dialogue));
    } else if ((table_.capabilities & SESSIONS_CUSTOM_DROPS_EXPIRED) != 0) {
      dialogue.answer(store::BlobsCounted{0, 0});
    } else {
      dialogue.answer(Error{Status::unsupported, "the custom store has no sweep callback"});
    }
  }

  void ping(store::Dialogue& dialogue) override {
    if (table_.ping != nullptr) {
      table_.ping(user_data_.get(), token(dialogue));
    } else {
      dialogue.answer(store::BlobDone());
    }
  }

  void statistics(store::Dialogue& dialogue) override {
    if (table_.statistics != nullptr) {
      table_.statistics(user_data_.get(), token(dialogue));
    } else {
      dialogue.answer(Error{Status::unsupported, "the custom store has no statistics callback"});
    }
  }

 private:
  const sessions_custom_store table_;
  const std::shared_ptr<void> user_data_;
};

Result<sessions_custom_store> read_table(const sessions_custom_store* given) {
  if (given == nullptr) {
    return capi::null_argument("table");
  }
  const std::size_t size = given->size;
  if (size < least_size || size > most_size || size % alignof(sessions_custom_store) != 0) {
    return Error{Status::invalid, "the table's size is none of any version: set it to sizeof(sessions_custom_store)"};
  }
  sessions_custom_store table{};
  const std::size_t known = std::min(size, sizeof table);
  std::memcpy(&table, given, known);
  const auto* rest = reinterpret_cast<const unsigned char*>(given);
  if (std::any_of(rest + known, rest + size, [](unsigned char byte) { return byte != 0; })) {
    return Error{Status::unsupported,
                 "the table has a member that this version of libsessions does not know: set it to NULL"};
  }
  if (table.get == nullptr || table.put == nullptr || table.remove == nullptr) {
    return capi::null_argument(table.get == nullptr   ? "the table's get"
                               : table.put == nullptr ? "the table's put"
                                                      : "the table's remove");
  }
  const std::uint64_t unknown = table.capabilities & ~known_capabilities;
  if (unknown != 0) {
    return Error{Status::unsupported, "this version of libsessions does not know all of the table's capabilities: " +
                                          std::to_string(unknown) + " must be left out of them"};
  }
  return table;
}

// The blob that a callback has found.
store::BlobAnswer found(const void* blob, std::size_t blob_len, std::uint64_t version) {
  const Result<std::string_view> text = capi::text("the blob of a custom store", blob, blob_len);
  if (!text || blob_len == SESSIONS_NUL_TERMINATED) {
    return Error{Status::callback, "the custom store found a blob with an impossible length"};
  }
  Result<store::BlobFound> read = store::read_blob(*text, version);
  return read ? store::BlobAnswer(std::move(*read)) : store::BlobAnswer(std::move(read.error()));
}

// What is to be put, as C has it.
class Writes {
 public:
  explicit Writes(std::span<const store::BlobPut> puts) : writes_(puts.size()) {
    const sessions_custom_write* next = nullptr;
    for (std::size_t i = puts.size(); i-- > 0; next = &writes_[i]) {
      const store::BlobWrite& write = puts[i].write;
      writes_[i] = {next,          bytes(*puts[i].key), write.blob.data(), write.blob.size(),  write.expected,
                    write.version, write.expires,       write.now,         write.ended ? 1 : 0};
    }
  }

  const sessions_custom_write* first() const noexcept { return writes_.empty() ? nullptr : writes_.data(); }

 private:
  std::vector<sessions_custom_write> writes_;
};

// Takes what a callback answers with: what `make` throws becomes its failure.
template <class Make>
void answer(sessions_custom_call* call, Make make) {
  store::BlobAnswer made;
  const sessions_status status = capi::guard([&] {
    made = make();
    return Status::ok;
  });
  if (call == nullptr) {
    return;
  }
  if (status != SESSIONS_OK) {
    made = Error{static_cast<Status>(status), {}};
  }
  dialogue(call)->answer(std::move(made));
}

// Messages are one line of UTF-8, whatever a callback gives.
std::string one_line(std::string_view text) {
  constexpr std::size_t most = 1000;
  if (text.size() > most) {
    text = text.substr(0, most);
    const std::size_t good = utf8_prefix(text);
    text = most - good < 4 ? text.substr(0, good) : text;  // a character was cut
  }
  std::string line(text);
  for (std::size_t bad = utf8_prefix(line); bad < line.size(); bad = utf8_prefix(line)) {
    line[bad] = '?';
  }
  const auto is_control = [](unsigned char byte) { return byte < 0x20 || byte == 0x7f; };
  std::replace_if(line.begin(), line.end(), is_control, ' ');
  return line;
}

Error failure(sessions_status status, std::string_view message) {
  const std::optional<Status> theirs = capi::status_of_callback(status);
  std::string line = one_line(message);
  if (!theirs) {
    return {Status::callback, "a callback of the custom store failed with " + std::to_string(status) +
                                  ", which is none of its statuses" + (line.empty() ? "" : ": ") + line};
  }
  return {*theirs, std::move(line)};
}

}  // namespace

sessions_status sessions_backend_new_custom(const sessions_custom_store* table, void* user_data,
                                            sessions_destroy_fn destroy, sessions_backend** backend,
                                            sessions_error** error) {
  return capi::guard(error, [&]() -> Result<void> {
    const std::shared_ptr<void> owned = capi::own(user_data, destroy);
    if (backend == nullptr) {
      return capi::null_argument("backend");
    }
    *backend = nullptr;
    const Result<sessions_custom_store> read = read_table(table);
    if (!read) {
      return read.error();
    }
    manager::Backend made{manager::Backend::Kind::store,
                          std::make_shared<store::Custom>(std::make_shared<Table>(*read, owned))};
    *backend = std::make_unique<sessions_backend>(sessions_backend{std::move(made)}).release();
    return {};
  });
}

const sessions_custom_write* sessions_custom_decide(sessions_custom_call* call, const void* blob, size_t blob_len,
                                                    uint64_t version) {
  const sessions_custom_write* first = nullptr;
  if (call == nullptr) {
    return first;
  }
  const sessions_status status = capi::guard([&] {
    const bool is_missing = blob == nullptr && blob_len == 0 && version == 0;
    const auto writes = std::make_shared<Writes>(
        dialogue(call)->decide(is_missing ? store::BlobMissing() : found(blob, blob_len, version)));
    first = writes->first();
    dialogue(call)->keep(writes);
    return Status::ok;
  });
  if (status != SESSIONS_OK) {
    dialogue(call)->decide(Error{static_cast<Status>(status), {}});
  }
  return first;
}

void sessions_custom_found(sessions_custom_call* call, const void* blob, size_t blob_len, uint64_t version) {
  answer(call, [=] { return found(blob, blob_len, version); });
}

void sessions_custom_missing(sessions_custom_call* call) {
  answer(call, [] { return store::BlobMissing(); });
}

void sessions_custom_done(sessions_custom_call* call) {
  answer(call, [] { return store::BlobDone(); });
}

void sessions_custom_conflict(sessions_custom_call* call) {
  answer(call, [] { return store::BlobConflict(); });
}

void sessions_custom_counted(sessions_custom_call* call, int64_t blobs, int64_t bytes) {
  answer(call, [=] { return store::BlobsCounted{blobs, bytes}; });
}

void sessions_custom_failed(sessions_custom_call* call, sessions_status status, const char* message,
                            size_t message_len) {
  answer(call, [=] { return failure(status, capi::view(message, message_len).value_or(std::string_view())); });
}

int64_t sessions_custom_time_left_ms(const sessions_custom_call* call) {
  return call == nullptr ? 0 : dialogue(const_cast<sessions_custom_call*>(call))->time_left().count();
}
