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

TEST_CASE("a command takes its words list after list") {
  const std::vector<std::string_view> first = {"HGET", "k"};
  const std::vector<std::string_view> second = {"", "$1\r\n"};
  CHECK(command({first, {}, second}) == command(std::vector{"HGET"sv, "k"sv, ""sv, "$1\r\n"sv}));
}

TEST_CASE("a command may have many words") {
  const std::string word(100, 'w');
  std::string expected = "*5000\r\n";
  for (int i = 0; i < 5'000; ++i) {
    expected += "$100\r\n" + word + "\r\n";
  }
  const std::vector<std::string_view> words(5'000, word);
  CHECK((command(words) == expected));
}

TEST_CASE("a command that is larger than Redis takes is not made") {
  const std::string half(std::size_t{256} << 20U, 'x');
  const std::vector<std::string_view> words = {half, half, "x"};
  CHECK_THROWS_AS(command(words), std::bad_alloc);
}
