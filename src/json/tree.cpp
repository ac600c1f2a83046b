#include <cjson/cJSON.h>

#include <base/limits.hpp>
#include <base/process_lock.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <json/number.hpp>
#include <json/scan.hpp>
#include <json/string.hpp>
#include <json/tree.hpp>
#include <mutex>
#include <optional>
#include <vector>

namespace sessions::json {

namespace {

// cJSON reads no number beyond so many characters: it cuts it off.
constexpr std::size_t number_bytes = 63;

// More than any session may have. A tree that is its own sibling would be written for ever.
constexpr std::size_t printed_bytes = std::size_t{1} << 28;

constexpr double exact_integers = 9007199254740992.0;  // 2^53

std::optional<Error> check_number(std::string_view number) {
  double value = 0;
  if (number.size() > number_bytes || to_double(number, value) != Status::ok) {
    return Error{Status::range, "the JSON value holds a number that a cJSON tree would change: read it as JSON text"};
  }
  return std::nullopt;
}

// Moves `at` from behind a string's opening quote to behind its closing one.
std::optional<Error> check_string(std::string_view valid, std::size_t& at) {
  while (valid[at] != '"') {
    if (valid[at] != '\\') {
      ++at;
    } else if (valid.substr(at, 6) == "\\u0000") {
      return Error{Status::range, "the JSON value holds a NUL, which ends a string in cJSON: read it as JSON text"};
    } else {
      at += 2;
    }
  }
  ++at;
  return std::nullopt;
}

// Looks for what cJSON would lose without a word.
std::optional<Error> check_lossless(std::string_view valid) {
  std::size_t at = 0;
  while (at < valid.size()) {
    const char c = valid[at];
    std::optional<Error> loss;
    if (c == '"') {
      ++at;
      loss = check_string(valid, at);
    } else if (c == '-' || (c >= '0' && c <= '9')) {
      const std::string_view number = valid.substr(at, valid.find_first_not_of("0123456789+-.eE", at) - at);
      at += number.size();
      loss = check_number(number);
    } else {
      ++at;
    }
    if (loss) {
      return loss;
    }
  }
  return std::nullopt;
}

Error no_json(const char* what) { return {Status::invalid, what}; }

// cJSON's own printer loses digits and knows no bound of ours.
class Printer {
 public:
  Result<void> item(const cJSON& item, std::size_t depth) {
    if (out_.size() > printed_bytes) {
      return Error{Status::limit, "the cJSON tree is too large for a session, or refers to itself"};
    }
    switch (item.type & 0xff) {
      case cJSON_NULL:
        out_ += "null";
        return {};
      case cJSON_False:
        out_ += "false";
        return {};
      case cJSON_True:
        out_ += "true";
        return {};
      case cJSON_Number:
        return number(item.valuedouble);
      case cJSON_String:
        return string(item.valuestring);
      case cJSON_Array:
      case cJSON_Object:
        return children(item, depth + 1);
      default:
        return no_json("the cJSON tree holds an item whose type is none of JSON's");
    }
  }

  std::string take() { return std::move(out_); }

 private:
  Result<void> number(double value) {
    if (!std::isfinite(value)) {
      return no_json("the cJSON tree holds a number that is not finite, which JSON cannot");
    }
    const bool minus_zero = value == 0 && std::signbit(value);
    if (value != std::trunc(value) || std::fabs(value) > exact_integers || minus_zero) {
      append_double(out_, value);
      return {};
    }
    out_ += std::to_string(static_cast<std::int64_t>(value));
    return {};
  }

  Result<void> string(const char* text) {
    if (text == nullptr) {
      return no_json("the cJSON tree holds a string or a name that is NULL");
    }
    append_string(out_, text);
    return {};
  }

  Result<void> children(const cJSON& parent, std::size_t depth) {
    if (depth > limits::json_depth) {
      return Error{Status::limit, "the cJSON tree has more than 64 arrays and objects inside each other"};
    }
    const bool is_object = (parent.type & 0xff) == cJSON_Object;
    out_ += is_object ? '{' : '[';
    for (const cJSON* child = parent.child; child != nullptr; child = child->next) {
      if (child != parent.child) {
        out_ += ',';
      }
      if (is_object) {
        if (auto named = string(child->string); !named) {
          return named;
        }
        out_ += ':';
      }
      if (auto written = item(*child, depth); !written) {
        return written;
      }
    }
    out_ += is_object ? '}' : ']';
    return {};
  }

  std::string out_;
};

}  // namespace

void DeleteTree::operator()(cJSON* tree) const noexcept { cJSON_Delete(tree); }

Result<Tree> parse_tree(std::string_view valid) {
  if (auto loss = check_lossless(valid)) {
    return std::move(*loss);
  }
  // cJSON notes where parsing ended in a variable that all threads share.
  static ProcessLock one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  Tree tree(cJSON_ParseWithLength(valid.data(), valid.size()));
  if (!tree) {
    return Error{Status::nomem, "out of memory while building a cJSON tree"};
  }
  return tree;
}

Result<std::string> print_tree(const cJSON* tree) {
  Printer printer;
  if (auto written = printer.item(*tree, 0); !written) {
    return std::move(written.error());
  }
  std::string text = printer.take();
  std::vector<std::string_view> scratch(scratch_size(text));
  if (const auto fault = scan_value(text, scratch, nullptr)) {
    return no_json(to_error(*fault).message.c_str());
  }
  return text;
}

}  // namespace sessions::json
