#include <cstddef>
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

TEST_CASE("a command goes on where its beginning ends, as hiredis would") {
  const std::string beginning = "$4\r\nHGET\r\n$1\r\nk\r\n";
  for (const std::size_t size : {0U, 1U, 9U, 10U, 99U, 100U, 65'536U}) {
    const std::string word = std::string(size, '\0') + "\r\n";
    const std::vector<std::string_view> first = {""};
    const std::vector<std::string_view> second = {word, "$1\r\n"};
    CHECK(command({2, beginning}, {first, {}, second}) ==
          command(std::vector<std::string_view>{"HGET", "k", "", word, "$1\r\n"}));
  }
  CHECK(command({2, beginning}, {}) == "*2\r\n" + beginning);
}

TEST_CASE("a command may have many words") {
  const std::string word(100, 'w');
  std::string expected = "*5000\r\n";
  for (int i = 0; i < 5'000; ++i) {
    expected += "$100\r\n" + word + "\r\n";
  }
  const std::vector<std::string_view> words(5'000, word);
  CHECK((command(words) == expected));
  CHECK((command({0, {}}, {words}) == expected));
}

TEST_CASE("a command that is larger than Redis takes is not made") {
  const std::string half(std::size_t{256} << 20U, 'x');
  const std::vector<std::string_view> words = {half, half, "x"};
  CHECK_THROWS_AS(command(words), std::bad_alloc);
  CHECK_THROWS_AS(command({0, {}}, {words}), std::bad_alloc);
}
