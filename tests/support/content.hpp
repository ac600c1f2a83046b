// The content of a session, and what it says in short texts.
#pragma once

#include <memory>
#include <session/content.hpp>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"

namespace sessions::testing {

inline constexpr std::size_t roomy = 1'000'000;

inline std::unique_ptr<session::Content> of_text(std::string text) {
  auto content = std::make_unique<session::Content>(roomy);
  content->adopt_text(std::move(text));
  REQUIRE(content->decode());
  return content;
}

inline std::unique_ptr<session::Content> of_record(std::vector<store::Field> fields) {
  auto content = std::make_unique<session::Content>(roomy);
  content->adopt_record(store::Record({}, {}, fields));
  REQUIRE(content->decode());
  return content;
}

// "clear -key key=value key+delta"
inline std::string changes(const session::Content& content) {
  std::string text = content.cleared() ? "clear " : "";
  for (const store::Change& change : content.changes()) {
    text += change.kind == store::Change::Kind::remove ? "-" : "";
    text += change.key;
    if (change.kind == store::Change::Kind::set) {
      text += "=" + std::string(change.value);
    } else if (change.kind == store::Change::Kind::increment) {
      text += "+" + std::to_string(change.delta);
    }
    text += ' ';
  }
  return text;
}

// "key=value key", the latter when it is not to be there
inline std::string preconditions(const session::Content& content) {
  std::string text;
  for (const store::Precondition& precondition : content.preconditions()) {
    text += std::string(precondition.key) + (precondition.value ? "=" + std::string(*precondition.value) : "") + " ";
  }
  return text;
}

inline std::string python(const session::Content& content) {
  std::string line;
  content.append_python(line);
  return line;
}

}  // namespace sessions::testing
