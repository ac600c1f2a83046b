// What runs on the server: one step each, whatever happens. Keys and arguments are listed in scripts.cpp.
//
// Each answers an array whose first element is the token, with which its first argument begins.
#pragma once

#include <array>
#include <base/result.hpp>
#include <string>

namespace sessions::store::redis {

struct Script {
  std::string text;
  std::string digest;  // SHA-1, in hexadecimal
};

struct Scripts {
  static Result<Scripts> make();

  // Those that the server is to know beforehand.
  std::array<const Script*, 4> all() const noexcept { return {&commit, &create, &destroy, &scan}; }

  Script commit;   // what merge() does, to one hash, or moving it to another key
  Script create;   // writes a whole hash, if nothing is there
  Script destroy;  // leaves a tombstone
  Script scan;     // a step through all hashes: drops or counts
  Script probe;    // calls what the others call, and leaves nothing
};

}  // namespace sessions::store::redis
