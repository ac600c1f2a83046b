#include <openssl/err.h>

#include <crypto/tls.hpp>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "../../support/catch.hpp"
#include "../../support/tls_world.hpp"

using namespace sessions;
using namespace sessions::testing;
using World = TlsWorld;

namespace {

std::string bytes(std::size_t size, unsigned seed) {
  std::minstd_rand random(seed);
  std::string made(size, '\0');
  for (char& c : made) {
    c = static_cast<char>(random() >> 8U);
  }
  return made;
}

}  // namespace

TEST_CASE("a megabyte goes both ways, whole or in pieces of any size") {
  const World world;
  for (const int version : versions) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, std::size_t{1} << 30U}) {
      TlsServer server(world.authority.issue(names));
      server.speak_only(version);
      TlsConnection connection = connect(server, world.context());
      connection.piece = piece;
      REQUIRE(connection.exchange());
      REQUIRE(connection.channel->is_open());
      const std::string there = bytes(std::size_t{1} << 20U, 1);
      const std::string back = bytes(std::size_t{1} << 20U, 2);
      REQUIRE(connection.channel->write(there, connection.to_server));
      REQUIRE(connection.exchange());
      CHECK((server.heard() == there));
      REQUIRE(connection.exchange(server.say(back)));
      CHECK((connection.said == back));
    }
  }
}

TEST_CASE("what is written too early is sent, in order, when it can be") {
  const World world;
  TlsServer server(world.authority.issue(names));
  TlsConnection connection = connect(server, world.context());
  REQUIRE(connection.channel->write("PING", connection.to_server));
  REQUIRE(connection.channel->write(" ", connection.to_server));
  REQUIRE(connection.exchange());
  REQUIRE(connection.channel->write("again", connection.to_server));
  REQUIRE(connection.exchange());
  CHECK(server.heard() == "PING again");
}

TEST_CASE("half a ticket does not keep a text from being sent") {
  const World world;
  TlsServer server(world.authority.issue(names));
  server.speak_only(TLS1_3_VERSION);
  TlsConnection connection = connect(server, world.context());
  REQUIRE(connection.channel->go_on({}, connection.to_server, connection.said));
  SSL_set_max_send_fragment(server.ssl(), 512);
  const std::string flight = server.go_on(std::exchange(connection.to_server, {}));
  SSL_set_num_tickets(server.ssl(), 1);
  REQUIRE(connection.channel->go_on(flight, connection.to_server, connection.said));
  REQUIRE(connection.channel->is_open());
  SSL_set_max_send_fragment(server.ssl(), 512);
  const std::string ticket = server.go_on(std::exchange(connection.to_server, {}));
  REQUIRE_FALSE(ticket.empty());
  std::string heard;
  for (const char& byte : ticket) {
    REQUIRE(connection.channel->go_on({&byte, 1}, connection.to_server, connection.said));
    REQUIRE(connection.channel->write("x", connection.to_server));
    heard += 'x';
  }
  REQUIRE(connection.exchange());
  CHECK((server.heard() == heard));
}

TEST_CASE("the name is sent to servers that have several, an address is not") {
  const World world;
  TlsServer server(world.authority.issue(names));
  TlsConnection by_name = connect(server, world.context(), "redis.test.");
  REQUIRE(by_name.exchange());
  CHECK(std::string(SSL_get_servername(server.ssl(), TLSEXT_NAMETYPE_host_name)) == "redis.test");
  TlsConnection by_address = connect(server, world.context(), "127.0.0.1");
  REQUIRE(by_address.exchange());
  CHECK(SSL_get_servername(server.ssl(), TLSEXT_NAMETYPE_host_name) == nullptr);
}

TEST_CASE("names that nobody has are refused") {
  const World world;
  for (const std::string& name : {std::string(), std::string(".test"), std::string("redis.test\0.evil", 16),
                                  std::string("."), std::string(300, 'a')}) {
    const auto channel = crypto::TlsChannel::open(world.context(), name);
    REQUIRE_FALSE(channel);
    CHECK(channel.error().status == Status::invalid);
  }
}

TEST_CASE("a farewell is told from bytes that are missing") {
  const World world;
  TlsServer server(world.authority.issue(names));
  TlsConnection connection = connect(server, world.context());
  REQUIRE(connection.exchange());
  const std::string record = server.say("text");
  CHECK(connection.feed(std::string_view(record).substr(0, record.size() - 1)));
  CHECK(connection.said.empty());
  CHECK(connection.channel->is_open());
  REQUIRE(connection.feed(std::string_view(record).substr(record.size() - 1)));
  const std::string last = server.say("last");
  const Result<void> done = connection.feed(last + server.say_farewell() + "more");
  CHECK(connection.said == "textlast");
  CHECK(refused(done) == "the server has closed the connection");
  CHECK_FALSE(connection.channel->is_open());
}

TEST_CASE("our farewell is understood, and is the last that is sent") {
  const World world;
  TlsServer server(world.authority.issue(names));
  TlsConnection connection = connect(server, world.context());
  REQUIRE(connection.exchange());
  connection.channel->close(connection.to_server);
  server.go_on(std::exchange(connection.to_server, {}));
  CHECK(SSL_get_shutdown(server.ssl()) == SSL_RECEIVED_SHUTDOWN);
  CHECK_FALSE(connection.channel->is_open());
  connection.channel->close(connection.to_server);
  refused(connection.channel->write("more", connection.to_server));
  refused(connection.channel->go_on({}, connection.to_server, connection.said));
  CHECK(connection.to_server.empty());

  TlsConnection unfinished = connect(server, world.context());
  REQUIRE(unfinished.channel->go_on({}, unfinished.to_server, unfinished.said));
  unfinished.channel->close(unfinished.to_server);
  CHECK_FALSE(unfinished.channel->is_open());
}

TEST_CASE("garbage ends a connection in any phase, and it stays ended") {
  const World world;
  TlsServer server(world.authority.issue(names));
  const std::string more = bytes(70'000, 6);
  for (const std::string& garbage :
       {bytes(70'000, 3), std::string("\x16\x03\x03\x00\x04\x02\xff\xff\xff", 9), std::string(70'000, '\0'),
        std::string("\x17\x03\x03\xff\xff", 5) + bytes(70'000, 4),
        std::string("\x17\x03\x03\x00\x20", 5) + bytes(32, 5), std::string("\x14\x03\x03\x00\x02\x01\x01", 7),
        std::string("\x15\x03\x03\x00\x02\x02\x28", 7), std::string("\x15\x03\x03\x00\x02\x01\x00", 7)}) {
    for (const int phase : {0, 1, 2}) {
      INFO("phase " << phase << " " << garbage.size() << " " << static_cast<int>(garbage.front()));
      TlsConnection connection = connect(server, world.context());
      REQUIRE(connection.channel->go_on({}, connection.to_server, connection.said));
      if (phase == 1) {
        const std::string flight = server.go_on(std::exchange(connection.to_server, {}));
        REQUIRE(connection.feed(std::string_view(flight).substr(0, 300)));
      } else if (phase == 2) {
        REQUIRE(connection.exchange());
      }
      refused(connection.feed(garbage + more));
      CHECK_FALSE(connection.channel->is_open());
      CHECK(connection.said.empty());
      CHECK(connection.to_server.size() < 1000);
      connection.to_server.clear();
      refused(connection.feed("x"));
      refused(connection.channel->write("text", connection.to_server));
      CHECK(connection.to_server.empty());
    }
  }
}

TEST_CASE("OpenSSL's errors of the host stay as they were, and are not taken for ours") {
  const World world;
  TlsServer server(world.authority.issue(names));
  for (const unsigned long left :
       {0UL, ERR_PACK(ERR_LIB_SSL, 0, SSL_R_WRONG_VERSION_NUMBER), ERR_PACK(ERR_LIB_SSL, 0, ERR_R_MALLOC_FAILURE)}) {
    TlsConnection connection = connect(server, world.context());
    REQUIRE(connection.exchange());
    const std::string farewell = server.say_farewell();
    ERR_clear_error();
    if (left != 0) {
      ERR_put_error(ERR_GET_LIB(left), 0, ERR_GET_REASON(left), "host.c", 17);
      ERR_add_error_data(1, "what the host says");
    }
    const auto is_untouched = [&] {
      const char* file = "";
      const char* data = "";
      int line = 0;
      return ERR_peek_error() == left && ERR_peek_last_error_all(&file, &line, nullptr, &data, nullptr) == left &&
             (left == 0 || (std::string(file) == "host.c" && line == 17 && std::string(data) == "what the host says"));
    };
    REQUIRE(connection.channel->write("text", connection.to_server));
    CHECK(is_untouched());
    CHECK(refused(connection.feed(farewell)) == "the server has closed the connection");
    CHECK(is_untouched());

    refused_files({world.missing(), {}, {}});
    refused_files({world.file("other.pem", "text"), {}, {}});
    CHECK_FALSE(crypto::TlsChannel::open(world.context(), std::string(300, 'a')));
    CHECK(is_untouched());

    const auto channel = crypto::TlsChannel::open(world.context(), "redis.test");
    std::string to_send;
    std::string said;
    REQUIRE((*channel)->go_on({}, to_send, said));
    const Result<void> done = (*channel)->go_on(std::string("\x15\x03\x03\x00\x02\x02\x28", 7), to_send, said);
    CHECK(is_untouched());
    CHECK(refused(done) == "the server ends TLS with an alert: handshake failure");
  }
  ERR_clear_error();
}
