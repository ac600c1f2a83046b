// What a session holds: an ordered map from keys to JSON text, and how it differs from what is kept elsewhere.
#pragma once

#include <base/result.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <store/store.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sessions::session {

// Values travel as the text that they came in; nothing is decoded that nobody asks for, and text from a cookie is not
// even looked at before decode(). One thread at a time. Whatever throws std::bad_alloc has changed nothing.
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
  void adopt_record(store::Record record);

  // The members of this JSON object, when it is one; that is tested by decode().
  void adopt_text(std::string text);

  // To be called before anything below. False when the adopted text is not a JSON object within the limits: then the
  // content is empty.
  bool decode() noexcept;

  // ---- reading ----

  bool empty() const noexcept { return fields_.empty(); }
  std::size_t size() const noexcept { return fields_.size(); }

  // The value's JSON text.
  std::optional<std::string_view> find(std::string_view key) const noexcept;

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

  // As json_of() and string_of(), and removes the key.
  const std::string* pop_json(std::string_view key);
  const std::string* pop_string(std::string_view key);

  void clear() noexcept;

  // Replaces everything by the members of a JSON object.
  Result<void> assign(std::string_view json);

  // ---- what commit needs ----

  bool changed() const noexcept;
  bool cleared() const noexcept { return cleared_; }

  // Point into the content, in the order in which a store applies them.
  std::vector<store::Change> changes() const;
  std::vector<store::Field> fields() const;

  // The whole content as Python writes it. Values that came in as text are taken over as they are.
  std::string to_python() const;

  // Everything has been written: there are no changes any more.
  void settle() noexcept;

 private:
  // What a field owns once it was set, or read as a C string.
  struct Owned {
    std::optional<std::string> key;
    std::optional<std::string> json;
    std::optional<std::string> string;
  };

  struct Field {
    enum class Change : std::uint8_t { none, set, increment };

    std::string_view key;
    std::string_view json;
    std::unique_ptr<Owned> owned;
    std::int64_t delta = 0;  // increment: the sum of the deltas
    Change change = Change::none;
    bool kept = false;      // it is in what is kept elsewhere
    bool verbatim = false;  // the text is as the envelope wrote it
  };

  using Fields = std::vector<Field>;

  Fields::const_iterator at(std::string_view key) const noexcept;
  Field* field(std::string_view key) noexcept;
  static Owned& owned(Field& field);
  static const std::string* string_of(Field& field);
  Status put(std::string_view key, std::string_view json, Field::Change change, std::int64_t delta);
  void erase(const Field& field) noexcept;
  void reset(Fields fields, std::string text, store::Record record) noexcept;

  const std::size_t max_bytes_;
  std::string text_;                       // what fields from text point into
  store::Record record_;                   // what fields from a record point into
  std::vector<std::string_view> scratch_;  // room for decode(), while that has yet to be done
  bool decoded_ = true;
  Fields fields_;
  std::size_t bytes_ = 0;             // of all keys and values
  std::vector<std::string> removed_;  // kept keys that are to be removed
  bool cleared_ = false;
  std::optional<std::string> json_;
  std::string popped_;
};

}  // namespace sessions::session
