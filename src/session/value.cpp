#include <json/number.hpp>
#include <json/string.hpp>
#include <session/value.hpp>

namespace sessions::session {

namespace {

bool is_number(std::string_view json) noexcept {
  return json.front() == '-' || (json.front() >= '0' && json.front() <= '9');
}

}  // namespace

Type type_of(std::string_view json) noexcept {
  switch (json.front()) {
    case 'n':
      return Type::null;
    case 't':
    case 'f':
      return Type::boolean;
    case '"':
      return Type::string;
    case '[':
      return Type::array;
    case '{':
      return Type::object;
    default:
      break;
  }
  switch (json::number_kind(json)) {
    case json::NumberKind::int64:
      return Type::int64;
    case json::NumberKind::uint64:
      return Type::uint64;
    case json::NumberKind::floating:
      return Type::floating;
    case json::NumberKind::other:
      break;
  }
  return Type::number;
}

Status to_bool(std::string_view json, bool& value) noexcept {
  if (json != "true" && json != "false") {
    return Status::type;
  }
  value = json == "true";
  return Status::ok;
}

Status to_int64(std::string_view json, std::int64_t& value) noexcept {
  return is_number(json) ? json::to_int64(json, value) : Status::type;
}

Status to_uint64(std::string_view json, std::uint64_t& value) noexcept {
  return is_number(json) ? json::to_uint64(json, value) : Status::type;
}

Status to_double(std::string_view json, double& value) noexcept {
  return is_number(json) ? json::to_double(json, value) : Status::type;
}

Status to_string(std::string_view json, std::string& value) {
  if (json.front() != '"') {
    return Status::type;
  }
  const std::string_view inner = json.substr(1, json.size() - 2);
  value.resize(inner.size());
  value.resize(json::unescape(inner, value.data()));
  return Status::ok;
}

}  // namespace sessions::session
