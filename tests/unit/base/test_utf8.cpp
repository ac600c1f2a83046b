#include <base/utf8.hpp>
#include <string>

#include "../../support/catch.hpp"

using namespace std::string_literals;
using sessions::is_utf8;
using sessions::utf8_prefix;

TEST_CASE("well-formed UTF-8 is accepted whole") {
  const std::string text = GENERATE(values<std::string>({
      "",
      "a",
      "\0"s,
      "\x7f",
      "exactly 8",
      "\xc2\x80",
      "\xdf\xbf",
      "\xe0\xa0\x80",
      "\xed\x9f\xbf",
      "\xee\x80\x80",
      "\xef\xbb\xbf",
      "\xef\xbf\xbf",
      "\xf0\x90\x80\x80",
      "\xf4\x8f\xbf\xbf",
      "mixed \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 and ASCII",
  }));
  CAPTURE(text);
  CHECK(is_utf8(text));
  CHECK(utf8_prefix(text) == text.size());
}

TEST_CASE("ill-formed UTF-8 is refused where it begins, wherever it stands") {
  const std::string bad = GENERATE(values<std::string>({
      "\x80",              // a continuation byte alone
      "\xbf",              //
      "\xc0\x80",          // overlong NUL
      "\xc1\xbf",          // overlong
      "\xc3",              // cut off
      "\xc3\x28",          // no continuation byte
      "\xe0\x80\x80",      // overlong
      "\xe0\x9f\xbf",      // overlong
      "\xe2\x82",          // cut off
      "\xe2\x28\xa1",      // no continuation byte
      "\xe2\x82\x28",      // no continuation byte
      "\xed\xa0\x80",      // the first surrogate
      "\xed\xbf\xbf",      // the last surrogate
      "\xf0\x80\x80\x80",  // overlong
      "\xf0\x8f\xbf\xbf",  // overlong
      "\xf0\x9f\x98",      // cut off
      "\xf0\x9f\x98\x28",  // no continuation byte
      "\xf4\x90\x80\x80",  // beyond U+10FFFF
      "\xf5\x80\x80\x80",  // likewise
      "\xfe",              //
      "\xff",              //
  }));
  const std::string before = GENERATE(values<std::string>({"", "abc", "eight by", "eight bytes and \xc3\xa9"}));
  const std::string after = GENERATE(values<std::string>({"", "(", "and much more text"}));
  CAPTURE(before, bad, after);
  CHECK(utf8_prefix(before + bad + after) == before.size());
  CHECK_FALSE(is_utf8(before + bad + after));
}

TEST_CASE("a text may end inside no sequence") {
  const std::string text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
  const std::size_t ends[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};
  for (std::size_t size = 0; size <= text.size(); ++size) {
    CAPTURE(size);
    CHECK(utf8_prefix(std::string_view(text).substr(0, size)) == ends[size]);
  }
}
