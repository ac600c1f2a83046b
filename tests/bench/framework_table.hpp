// Sessions in memory as C++ web frameworks have them: maps of strings under one lock, copied in and out.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "payload.hpp"

namespace bench {

// Share freely between threads.
class FrameworkTable {
 public:
  void create(std::string_view id, const Payload& payload);

  // As BareTable::request().
  bool request(std::string& line, std::string_view cookie_header, std::string_view key, std::string_view value);

 private:
  using Values = std::map<std::string, std::string>;

  std::mutex mutex_;
  std::map<std::string, Values> sessions_;
};

}  // namespace bench
