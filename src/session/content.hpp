// What a session holds: an ordered map from keys to JSON text, and how it differs from what is kept elsewhere.
#pragma once

#include <base/result.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <session/members.hpp>
#include <store/store.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sessions::session {

// Values travel as the text that they came in; nothing is decoded that nobody asks for, and what was adopted is not
// even looked at before that. One thread at a time. Whatever throws std::bad_alloc has changed nothing.
class Content {
 public:
  explicit Content(std::size_t max_bytes) : max_bytes_(max_bytes) {}
  Content(const Content&) = delete;  // fields point into text_
  Content& operator=(const Content&) = delete;
  Content(Content&&) = delete;
  Content& operator=(Content&&) = delete;
  ~Content() = default;

  // ---- what is kept elsewhere ----

  void adopt_nothing() noexcept;
  void adopt_record(store::Record record) noexcept;

  // The members of this JSON object, if it is one.
  void adopt_text(std::string text);

  // Whether what was adopted is a JSON object within the limits; if not, the content is empty from then on. Needs no
  // memory, and size() is known then.
  bool look() noexcept;

  // The same, and it can be read: to be called before all else that follows.
  bool decode();

  // ---- reading ----

  bool empty() const noexcept { return fields_.empty(); }
  std::size_t size() noexcept;  // once looked at

  // The value's JSON text.
  std::optional<std::string_view> find(std::string_view key);

  // NUL-terminated; they last until the next change. Null when there is no such key, or index; string also when the
  // value is none.
  const std::string* key_at(std::size_t index);
  const std::string* json_of(std::string_view key);
  const std::string* string_of(std::string_view key);
  const std::string& to_json();

  // ---- changing ----

  // `json` is a valid value, `key` is UTF-8. ok or limit.
  Status set(std::string_view key, std::string_view json);

  // ok, type, range or limit.
  Status increment(std::string_view key, std::int64_t delta, std::int64_t& sum);

  // ok or not_found.
  Status remove(std::string_view key);

  // The next commit is done only if nobody has changed this key. ok, or misuse after clear() and assign(), when what
  // was adopted is not known any more.
  Status require_unchanged(std::string_view key);

  // As json_of() and string_of(), and removes the key.
  const std::string* pop_json(std::string_view key);
  const std::string* pop_string(std::string_view key);

  void clear();

  // Replaces everything by the members of a JSON object.
  Result<void> assign(std::string_view json);

  // ---- what commit needs ----

  bool changed() const noexcept;
  bool cleared() const noexcept { return cleared_; }

  // From now on it is remembered what is read.
  void remember_reads() noexcept { remembers_reads_ = true; }

  // What was adopted, as long as it is at hand; otherwise none.
  const store::Record& record() const noexcept { return record_; }

  // These point into the content. The changes are in the order in which a store applies them; the preconditions are
  // what is required to be unchanged, and also what was read, as far as that was one key after the other.
  std::vector<store::Change> changes() const;
  std::vector<store::Field> fields() const;
  std::vector<store::Precondition> requirements() const;
  std::vector<store::Precondition> preconditions() const;
  bool has_read_everything() const noexcept { return has_read_everything_; }

  // The keys whose values, or whose being there, are others in the record than in what is kept.
  std::vector<std::string> differences(const store::Record& record) const;

  // Appends the whole content as Python writes it to a line, which has room then for what an envelope and attributes
  // add, as a rule. Members that were adopted as Python writes them are taken over.
  void append_python(std::string& line) const;

  // Everything has been written: there are no changes any more.
  void settle() noexcept;

 private:
  // What a field owns once it was added, or set again after a commit, or read as a C string.
  struct Owned {
    std::optional<std::string> key;
    std::optional<std::string> kept;
    std::optional<std::string> json;
    std::optional<std::string> string;
  };

  // Small, since reading a session makes one for each of its keys.
  struct Field {
    enum class Change : std::uint8_t { none, set, increment };

    Field() = default;
    explicit Field(const Member& member) noexcept : key(member.name), adopted(member.json), is_kept(true) {}

    // The value's JSON text, and the one that is kept elsewhere.
    std::string_view json() const noexcept { return own.empty() ? adopted : own; }
    std::string_view kept() const noexcept {
      return is_written() ? std::string_view(own) : owned && owned->kept ? *owned->kept : adopted;
    }

    // What it was set to has become what is kept.
    bool is_written() const noexcept { return change == Change::none && !own.empty(); }

    std::string_view key;
    std::string_view adopted;  // empty when there was none
    std::string own;           // what it was set to since; no JSON text is empty
    std::unique_ptr<Owned> owned;
    std::int64_t delta = 0;  // increment: the sum of the deltas
    Change change = Change::none;
    bool is_kept = false;  // it is in what is kept elsewhere
    bool was_read = false;
  };

  using Fields = std::vector<Field>;

  enum class State { decoded, text, record };

  struct Removed {
    std::string_view kept() const noexcept { return own ? *own : adopted; }

    std::string key;
    std::string_view adopted;
    std::optional<std::string> own;  // what is kept, when this session has written it
    bool was_read;
  };

  // A key as it is kept, or with no text not there, for longer than its field lasts.
  struct AsKept {
    std::string key;
    std::optional<std::string> text;
  };

  struct Decoded {
    Fields fields;
    std::size_t bytes = 0;
  };

  Field* field(std::string_view key) noexcept;
  Removed* removed(std::string_view key) noexcept;
  bool is_required(std::string_view key) const noexcept;
  // What it has set is its own; the sum of an increment is not.
  static bool tells_of_others(const Field& field) noexcept { return field.change != Field::Change::set; }
  Field* read(std::string_view key);
  std::vector<AsKept> all_read() const;
  // What is read after a clear is the session's own.
  bool remembers_reads() const noexcept { return remembers_reads_ && !cleared_; }
  static Owned& owned(Field& field);
  static void keep_written(Field& field);
  static const std::string* string_of(Field& field);
  Status put(std::string_view key, std::string_view json, Field::Change change, std::int64_t delta);
  Field& add(std::string_view key);
  void erase(const Field& field) noexcept;
  void reset() noexcept;
  bool look_at_text() noexcept;
  void look_at_record() noexcept;
  void take_over(Decoded decoded) noexcept;
  static Decoded decoded(Members& members);
  bool is_text_python() const noexcept;
  std::string_view as_adopted(const Field& field) const noexcept;
  void append_as_in_text(std::string& line) const;

  const std::size_t max_bytes_;
  State state_ = State::decoded;
  std::string text_;                       // what fields from text point into
  store::Record record_;                   // what fields from a record point into
  std::vector<std::string_view> scratch_;  // for a text with many names
  std::size_t count_ = 0;                  // of the keys that were adopted, once looked at
  Fields fields_;
  std::size_t bytes_ = 0;  // of all keys and values
  std::vector<Removed> removed_;
  // These outlive clear() and assign().
  std::vector<AsKept> required_;
  std::vector<AsKept> read_;  // what was not there; after clear() and assign() also what was
  bool remembers_reads_ = false;
  bool has_read_everything_ = false;
  bool cleared_ = false;
  std::optional<std::string> json_;
  std::string popped_;
};

}  // namespace sessions::session
