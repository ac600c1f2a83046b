// JSON text to cJSON trees and back: the only file that sees cJSON.
#pragma once

#include <base/result.hpp>
#include <memory>
#include <string>
#include <string_view>

struct cJSON;

namespace sessions::json {

struct DeleteTree {
  void operator()(cJSON* tree) const noexcept;
};
using Tree = std::unique_ptr<cJSON, DeleteTree>;

// Parses a valid value. Status range when a tree cannot hold it: a number that changes as a double or has more than 63
// characters, a string with NUL. cJSON writes a file-scope variable at every parse, so this is the only place that
// lets it parse, one thread at a time.
Result<Tree> parse_tree(std::string_view valid);

// Writes a tree as valid JSON text. Status invalid when it holds what JSON cannot: text that is not UTF-8, a name
// twice, a number that is not finite, an item without a type. Status limit when it is nested too deep, or a list that
// never ends.
Result<std::string> print_tree(const cJSON* tree);

}  // namespace sessions::json
