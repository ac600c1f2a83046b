#include <new>
#include <store/redis/command.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "../../../support/catch.hpp"

using namespace std::string_view_literals;
using sessions::store::redis::command;

TEST_CASE("a command is an array of words of any bytes") {
  CHECK(command(std::vector{"SET"sv, ""sv, "a\r\n\0"sv}) == "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$4\r\na\r\n\0\r\n"sv);
}

TEST_CASE("a command goes on where its beginning ends, and counts its words") {
  CHECK(command({2, "$4\r\nHGET\r\n$1\r\nk\r\n"}, std::vector{"field"sv}) ==
        command(std::vector{"HGET"sv, "k"sv, "field"sv}));
}

TEST_CASE("a command may have more words than there is room for beforehand") {
  const std::string word(100, 'w');
  std::string expected = "*5000\r\n";
  for (int i = 0; i < 5'000; ++i) {
    expected += "$100\r\n" + word + "\r\n";
  }
  CHECK((command(std::vector<std::string_view>(5'000, word)) == expected));
}

TEST_CASE("a command that is larger than Redis takes is not made") {
  const std::string half(std::size_t{256} << 20U, 'x');
  CHECK_THROWS_AS(command(std::vector<std::string_view>{half, half, "x"}), std::bad_alloc);
}
