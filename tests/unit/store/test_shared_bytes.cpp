#include <algorithm>
#include <store/shared_bytes.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "../../support/catch.hpp"

using sessions::store::SharedBytes;

namespace {

SharedBytes filled(std::size_t size, char with) {
  SharedBytes bytes(size);
  std::fill_n(bytes.data(), size, with);
  return bytes;
}

}  // namespace

TEST_CASE("bytes are none by default, and as many as were asked for") {
  CHECK_FALSE(SharedBytes());
  CHECK(SharedBytes(0));
  for (const std::size_t size : {1U, 7U, 8U, 9U, 100'000U}) {
    const SharedBytes bytes = filled(size, 'x');
    REQUIRE(bytes);
    CHECK(std::count(bytes.data(), bytes.data() + size, 'x') == static_cast<std::ptrdiff_t>(size));
  }
}

TEST_CASE("copies share, and the last one keeps the bytes alive") {
  SharedBytes last;
  {
    const SharedBytes first = filled(3, 'x');
    const SharedBytes second = first;  // NOLINT(performance-unnecessary-copy-initialization)
    last = second;
    CHECK(last.data() == first.data());
  }
  CHECK(std::count(last.data(), last.data() + 3, 'x') == 3);
}

TEST_CASE("what is moved from has none") {
  SharedBytes from = filled(3, 'x');
  const char* const data = std::as_const(from).data();
  const SharedBytes to = std::move(from);
  CHECK(to.data() == data);
  CHECK_FALSE(from);  // NOLINT(bugprone-use-after-move)
}

TEST_CASE("bytes may be assigned to themselves") {
  SharedBytes bytes = filled(3, 'x');
  const SharedBytes& same = bytes;
  bytes = same;
  CHECK(std::count(bytes.data(), bytes.data() + 3, 'x') == 3);
}

TEST_CASE("threads copy and drop what they share") {
  const SharedBytes bytes = filled(8, 'x');
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([mine = bytes] {
      for (int i = 0; i < 10'000; ++i) {
        const SharedBytes copy = mine;  // NOLINT(performance-unnecessary-copy-initialization)
      }
    });
  }
  threads.clear();
  CHECK(std::count(bytes.data(), bytes.data() + 8, 'x') == 8);
}
