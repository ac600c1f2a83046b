#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <store/redis/wire.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../../../support/catch.hpp"
#include "../../../support/temporary_directory.hpp"
#include "../../../support/unix_socket.hpp"

using namespace sessions;
using namespace sessions::store::redis;
using testing::Descriptor;

namespace {

// A wire to a unix socket, and the other end of it.
struct World {
  World() { options.path = directory.file("s"); }

  void open() {
    REQUIRE(wire.open(now, now + std::chrono::minutes(1)));
    while (!wire.is_open()) {
      REQUIRE(go_on());
    }
  }

  // Once something has happened to the wire.
  Result<void> go_on() {
    const std::vector<pollfd> polled = poll_all();
    return wire.go_on(polled, now);
  }

  std::vector<pollfd> poll_all() {
    std::vector<pollfd> descriptors;
    wire.list(descriptors);
    REQUIRE(poll(descriptors.data(), descriptors.size(), 60'000) > 0);
    return descriptors;
  }

  Descriptor accept() { return Descriptor(::accept(*listener, nullptr, nullptr)); }

  testing::TemporaryDirectory directory;
  Options options;
  Descriptor listener{testing::listen_at(directory.file("s"))};
  Wire wire{options, nullptr};
  const Deadline now = std::chrono::steady_clock::now();
};

std::string received(const Descriptor& from) {
  char room[100];
  const ssize_t size = recv(*from, room, sizeof room, 0);
  return {room, size > 0 ? static_cast<std::size_t>(size) : 0};
}

}  // namespace

TEST_CASE("a wire is closed until it is open, and then again") {
  World world;
  CHECK(world.wire.is_closed());
  world.open();
  CHECK_FALSE(world.wire.is_closed());
  CHECK_FALSE(world.wire.is_resolving());
  const Descriptor other = world.accept();
  world.wire.close();
  CHECK(world.wire.is_closed());
  CHECK_FALSE(world.wire.is_open());
  CHECK(received(other).empty());
}

TEST_CASE("what is written goes when it is flushed, in order") {
  World world;
  world.open();
  const Descriptor other = world.accept();
  world.wire.write("a");
  world.wire.write("b");
  CHECK(world.wire.has_unsent());
  world.wire.flush();
  CHECK_FALSE(world.wire.has_unsent());
  CHECK(received(other) == "ab");
}

TEST_CASE("more than a socket takes is sent when there is room, and the wire waits for that") {
  World world;
  world.open();
  const Descriptor other = world.accept();
  const std::string text(4'000'000, 'x');
  world.wire.write(text);
  world.wire.flush();
  REQUIRE(world.wire.has_unsent());
  std::size_t count = 0;
  while (count < text.size()) {
    count += received(other).size();
    world.wire.flush();
  }
  CHECK_FALSE(world.wire.has_unsent());
  CHECK(count == text.size());
}

TEST_CASE("what comes is read, and is there to be read according to poll") {
  World world;
  world.open();
  const Descriptor other = world.accept();
  CHECK(world.wire.is_quiet());
  testing::send_all(*other, "+PONG\r\n");
  CHECK(world.wire.has_input(world.poll_all()));
  ReplyReader reader;
  REQUIRE(world.wire.read(reader));
  const auto reply = reader.next();
  REQUIRE(reply);
  CHECK(reply->is_status("PONG"));
}

TEST_CASE("an end without a word is an error, and is remembered until it is opened again") {
  World world;
  world.open();
  { const Descriptor other = world.accept(); }
  CHECK(world.wire.has_input(world.poll_all()));
  ReplyReader reader;
  const Result<void> read = world.wire.read(reader);
  REQUIRE_FALSE(read);
  CHECK(read.error().status == Status::unavailable);
  CHECK(world.wire.was_cut());
  CHECK(world.wire.is_open());
  world.wire.close();
  world.open();
  CHECK_FALSE(world.wire.was_cut());
}

TEST_CASE("bytes that are no reply are an error") {
  World world;
  world.open();
  const Descriptor other = world.accept();
  testing::send_all(*other, "HTTP/1.1 400 Bad Request\r\n");
  static_cast<void>(world.poll_all());
  ReplyReader reader;
  const Result<void> read = world.wire.read(reader);
  CHECK((!read || (!reader.next() && reader.is_broken())));
}

TEST_CASE("where nobody listens no wire is opened") {
  World world;
  unlink(world.options.path.c_str());
  const Result<void> opened = world.wire.open(world.now, world.now + std::chrono::minutes(1));
  REQUIRE_FALSE(opened);
  CHECK(opened.error().status == Status::unavailable);
  CHECK(world.wire.is_closed());
}
