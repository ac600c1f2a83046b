#include <openssl/err.h>

#include <array>
#include <atomic>
#include <crypto/tls.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "../../support/catch.hpp"
#include "../../support/certificates.hpp"
#include "../../support/temporary_directory.hpp"
#include "../../support/tls_server.hpp"

using namespace sessions;
using testing::Authority;
using testing::Certificate;
using testing::TlsConnection;
using testing::TlsServer;

namespace {

constexpr const char* names = "DNS:redis.test, DNS:*.wild.test, IP:127.0.0.1, IP:::1";

// The authority that the client trusts, and files for it.
class World {
 public:
  World() : ca_file_(file("ca.pem", authority.pem())) {}

  std::string file(const std::string& name, const std::string& text) const {
    testing::write_file(directory_.file(name), text);
    return directory_.file(name);
  }

  std::string missing() const { return directory_.file("missing.pem"); }
  std::string directory() const { return directory_.file("."); }

  crypto::TlsFiles trusting() const { return {ca_file_, {}, {}}; }

  crypto::TlsFiles identified(const Certificate& own) const {
    return {ca_file_, file("client.pem", own.certificate), file("client.key", own.key)};
  }

  std::shared_ptr<crypto::TlsContext> context() const { return context(trusting()); }

  static std::shared_ptr<crypto::TlsContext> context(const crypto::TlsFiles& files) {
    auto opened = crypto::TlsContext::open(files);
    REQUIRE(opened);
    return *opened;
  }

  const Authority authority;

 private:
  testing::TemporaryDirectory directory_;
  std::string ca_file_;
};

TlsConnection connect(TlsServer& server, const std::shared_ptr<crypto::TlsContext>& context,
                      const std::string& name = "redis.test") {
  auto channel = crypto::TlsChannel::open(context, name);
  REQUIRE(channel);
  return {server, std::move(*channel)};
}

// The message of the error that this must be.
std::string refused(const Result<void>& result, Status status = Status::unavailable) {
  REQUIRE_FALSE(result);
  CHECK(result.error().status == status);
  return result.error().message;
}

std::string failing(TlsConnection connection) {
  const Result<void> done = connection.exchange();
  CHECK_FALSE(connection.channel->is_open());
  CHECK(connection.said.empty());
  return refused(done);
}

std::string refused_files(const crypto::TlsFiles& files) {
  const auto opened = crypto::TlsContext::open(files);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().status == Status::invalid);
  CHECK(opened.error().message.find(".pem") == std::string::npos);
  return opened.error().message;
}

bool has(const std::string& text, std::string_view part) {
  INFO(text);
  const bool found = text.find(part) != std::string::npos;
  CHECK(found);
  return found;
}

std::string bytes(std::size_t size, unsigned seed) {
  std::minstd_rand random(seed);
  std::string made(size, '\0');
  for (char& c : made) {
    c = static_cast<char>(random() >> 8U);
  }
  return made;
}

constexpr std::array<int, 2> versions{TLS1_2_VERSION, TLS1_3_VERSION};

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

TEST_CASE("a server is who its certificate says, of an authority that is trusted") {
  const World world;
  TlsServer server(world.authority.issue(names));
  for (const char* name : {"redis.test", "REDIS.test", "redis.test.", "a.wild.test", "127.0.0.1", "::1"}) {
    TlsConnection connection = connect(server, world.context(), name);
    CHECK(connection.exchange());
    CHECK(connection.channel->is_open());
  }
  for (const char* name : {"redis.tes", "x.redis.test", "a.b.wild.test", "wild.test", "localhost"}) {
    has(failing(connect(server, world.context(), name)), "hostname mismatch; use a name that it has");
  }
  for (const char* name : {"127.0.0.2", "::2"}) {
    has(failing(connect(server, world.context(), name)), "IP address mismatch; use a name that it has");
  }
  has(failing(connect(server, World().context())), "; name the file of its authority as ca_file");
  const std::string another = Authority("another").pem();
  has(failing(connect(server, World::context({world.file("another.pem", another), {}, {}}))),
      "; name the file of its authority as ca_file");
  has(failing(connect(server, World::context({}))), "; name the file of its authority as ca_file");
}

TEST_CASE("an address that is only a name of a certificate is none that it has") {
  const World world;
  TlsServer server(world.authority.issue("DNS:127.0.0.1, DNS:w*.redis.test"));
  has(failing(connect(server, world.context(), "127.0.0.1")), "IP address mismatch");
  has(failing(connect(server, world.context(), "wild.redis.test")), "hostname mismatch");
}

TEST_CASE("certificates are good for their time only") {
  const World world;
  TlsServer expired(world.authority.issue(names, -7200, -3600));
  has(failing(connect(expired, world.context())), "certificate has expired; renew it");
  TlsServer early(world.authority.issue(names, 3600, 7200));
  has(failing(connect(early, world.context())), "certificate is not yet valid; renew it");
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

TEST_CASE("a client certificate is shown to a server that wants one") {
  const World world;
  const Authority clients;
  for (const int version : versions) {
    TlsServer server(world.authority.issue(names));
    server.speak_only(version);
    server.want_certificates_of(clients);
    TlsConnection good = connect(server, World::context(world.identified(clients.issue("DNS:me"))));
    CHECK(good.exchange());
    CHECK(good.channel->is_open());
    has(failing(connect(server, world.context())), "wants a client certificate; name one as certificate_file");
    has(failing(connect(server, World::context(world.identified(Authority("stranger").issue("DNS:me"))))),
        "does not accept the client certificate: unknown CA");
    has(failing(connect(server, World::context(world.identified(clients.issue("DNS:me", -7200, -3600))))),
        "does not accept the client certificate: certificate expired");
  }
}

TEST_CASE("who does not speak TLS is told so") {
  const World world;
  TlsServer server(world.authority.issue(names));
  for (const char* text : {"-ERR unknown command\r\n", "+PONG\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n"}) {
    TlsConnection connection = connect(server, world.context());
    REQUIRE(connection.channel->go_on({}, connection.to_server, connection.said));
    has(refused(connection.feed(text)), "does not speak TLS; use its port for TLS");
  }
}

TEST_CASE("TLS before 1.2 is refused") {
  const World world;
  TlsServer server(world.authority.issue(names));
  server.speak_only(TLS1_1_VERSION);
  has(failing(connect(server, world.context())), "does not speak TLS 1.2 or 1.3");
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

TEST_CASE("the next connection resumes the session, however the last one ended") {
  const World world;
  for (const int version : versions) {
    TlsServer server(world.authority.issue(names));
    server.speak_only(version);
    const auto context = world.context();
    const auto is_resumed = [&](const std::string& name = "redis.test", std::string_view end = {}) {
      TlsConnection connection = connect(server, context, name);
      REQUIRE(connection.exchange());
      REQUIRE(connection.exchange(server.say("tickets come before this")));
      const bool resumed = server.was_resumed();
      if (!end.empty()) {
        refused(connection.feed(end));
      }
      return resumed;
    };
    CHECK_FALSE(is_resumed());
    CHECK(is_resumed());
    CHECK(is_resumed("redis.test", "this is garbage, for which the connection ends"));
    CHECK(is_resumed());

    // While one is open, too.
    TlsConnection open = connect(server, context);
    REQUIRE(open.exchange());
    TlsServer other(world.authority.issue(names));
    CHECK(server.was_resumed());
    CHECK(is_resumed());

    // A session says that the certificate was for this name, and no other.
    CHECK_FALSE(is_resumed("127.0.0.1"));
    CHECK(is_resumed("127.0.0.1"));
    has(failing(connect(server, context, "other.test")), "hostname mismatch");

    // After a handshake that failed nothing is left to trip over.
    CHECK_FALSE(is_resumed("127.0.0.1"));
    CHECK(is_resumed("127.0.0.1"));

    // A server that does not know the session makes a new one.
    TlsConnection elsewhere = connect(other, context, "127.0.0.1");
    CHECK(elsewhere.exchange());
    CHECK_FALSE(other.was_resumed());
  }
}

TEST_CASE("threads share a context") {
  const World world;
  const auto context = world.context();
  std::array<std::unique_ptr<TlsServer>, 4> servers;
  for (auto& server : servers) {
    server = std::make_unique<TlsServer>(world.authority.issue(names));
  }
  std::atomic<int> connected = 0;
  std::vector<std::thread> threads;
  threads.reserve(servers.size());
  for (const auto& server : servers) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        auto channel = crypto::TlsChannel::open(context, "redis.test");
        TlsConnection connection{*server, std::move(*channel)};
        connected += connection.exchange() && connection.channel->is_open() ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(connected == 80);
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

TEST_CASE("the server's alerts are passed on") {
  const World world;
  TlsServer server(world.authority.issue(names));
  SSL_CTX_set_ciphersuites(server.context(), "");
  SSL_CTX_set_cipher_list(server.context(), "ECDHE-RSA-AES128-GCM-SHA256");  // for which it has no certificate
  has(failing(connect(server, world.context())), "ends TLS with an alert: handshake failure");
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

TEST_CASE("files that are no use are told apart") {
  const World world;
  const Certificate own = world.authority.issue("DNS:me");
  const Certificate other = world.authority.issue("DNS:me");
  const std::string ca = world.trusting().ca_file;
  const std::string certificate = world.file("own.pem", own.certificate);
  const std::string key = world.file("own.key.pem", own.key);
  const std::string text = world.file("text.pem", "this is not PEM\n");
  const std::string empty = world.file("empty.pem", "");
  const std::string broken = world.file("broken.pem", own.certificate.substr(0, 200));
  const std::string passphrase = world.file("passphrase.pem", testing::with_passphrase(own.key));
  CHECK(crypto::TlsContext::open({ca, certificate, key}));
  for (const auto& [files, message] : std::vector<std::pair<crypto::TlsFiles, std::string>>{
           {{world.missing(), {}, {}}, "the ca file cannot be read: No such file or directory"},
           {{world.directory(), {}, {}}, "the ca file cannot be read: Is a directory"},
           {{text, {}, {}}, "the ca file is no certificate in PEM form: "},
           {{empty, {}, {}}, "the ca file is no certificate in PEM form: "},
           {{broken, {}, {}}, "the ca file is no certificate in PEM form: "},
           {{ca, world.missing(), key}, "the client certificate cannot be read: No such file or directory"},
           {{ca, text, key}, "the client certificate is no certificate in PEM form: "},
           {{ca, empty, key}, "the client certificate is no certificate in PEM form: "},
           {{ca, broken, key}, "the client certificate is no certificate in PEM form: "},
           {{ca, key, key}, "the client certificate is no certificate in PEM form: "},
           {{ca, certificate, world.missing()}, "the key of the client certificate cannot be read: No such"},
           {{ca, certificate, text}, "the key of the client certificate is no key in PEM form: "},
           {{ca, certificate, empty}, "the key of the client certificate is no key in PEM form: "},
           {{ca, certificate, broken}, "the key of the client certificate is no key in PEM form: "},
           {{ca, certificate, certificate}, "the key of the client certificate is no key in PEM form: "},
           {{ca, certificate, passphrase}, "the key of the client certificate has a passphrase"},
           {{ca, certificate, world.file("other.key.pem", other.key)}, "belongs to another certificate"},
       }) {
    has(refused_files(files), message);
  }
}
