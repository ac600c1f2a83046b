#include <openssl/sha.h>

#include <regex>
#include <set>
#include <store/redis/scripts.hpp>
#include <string>

#include "../../../support/catch.hpp"
#include "../../../support/hex.hpp"

using namespace sessions;
using store::redis::Script;
using store::redis::Scripts;

namespace {

std::string sha1_of(const std::string& text) {
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return testing::hex({reinterpret_cast<const char*>(digest), sizeof digest});
}

}  // namespace

TEST_CASE("a script goes by the digest by which servers know its text") {
  const auto scripts = Scripts::make();
  REQUIRE(scripts);
  std::set<std::string> digests;
  for (const Script* const script : scripts->all()) {
    CHECK(script->digest == sha1_of(script->text));
    digests.insert(script->digest);
  }
  CHECK(scripts->probe.digest == sha1_of(scripts->probe.text));
  CHECK(digests.size() == scripts->all().size());
}

TEST_CASE("scripts are the same in every process, so that servers need to know them once") {
  CHECK(Scripts::make()->commit.digest == Scripts::make()->commit.digest);
}

TEST_CASE("the probe calls all that the other scripts call") {
  const auto scripts = Scripts::make();
  REQUIRE(scripts);
  const auto commands_of = [](const Script& script) {
    static const std::regex call(R"re((?:call|try)\('([A-Z]+)')re");
    std::set<std::string> commands;
    for (std::sregex_iterator next(script.text.begin(), script.text.end(), call), end; next != end; ++next) {
      commands.insert((*next)[1]);
    }
    return commands;
  };
  std::set<std::string> called;
  for (const Script* const script : scripts->all()) {
    called.merge(commands_of(*script));
  }
  CHECK(called == commands_of(scripts->probe));
}
