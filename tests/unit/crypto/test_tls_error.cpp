#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <crypto/tls_error.hpp>
#include <new>
#include <string>

#include "../../support/catch.hpp"
#include "../../support/tls_world.hpp"

using namespace sessions;
using namespace sessions::testing;
using World = TlsWorld;

TEST_CASE("the cause is the first error, and the queue is empty then") {
  ERR_clear_error();
  ERR_raise(ERR_LIB_SSL, SSL_R_UNSUPPORTED_PROTOCOL);
  ERR_raise(ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER);
  CHECK(ERR_GET_REASON(crypto::take_cause()) == SSL_R_UNSUPPORTED_PROTOCOL);
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("memory that was missing at any level is the cause, also when there was none to say so") {
  ERR_clear_error();
  CHECK_THROWS_AS(crypto::take_cause(), std::bad_alloc);
  ERR_raise(ERR_LIB_SSL, SSL_R_UNSUPPORTED_PROTOCOL);
  ERR_raise(ERR_LIB_SSL, ERR_R_MALLOC_FAILURE);
  CHECK_THROWS_AS(crypto::take_cause(), std::bad_alloc);
  CHECK(ERR_peek_error() == 0);
  ERR_raise(ERR_LIB_SYS, ENOMEM);
  CHECK_THROWS_AS(crypto::take_cause(), std::bad_alloc);
}

TEST_CASE("a reason is OpenSSL's, as far as it has one") {
  REQUIRE(World().context());  // which loads them
  CHECK(crypto::reason_of(ERR_PACK(ERR_LIB_SSL, 0, SSL_R_UNSUPPORTED_PROTOCOL)) == "unsupported protocol");
  CHECK(crypto::reason_of(ERR_PACK(ERR_LIB_USER, 0, 4'000)) == "OpenSSL gives no reason");
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

TEST_CASE("the server's alerts are passed on") {
  const World world;
  TlsServer server(world.authority.issue(names));
  SSL_CTX_set_ciphersuites(server.context(), "");
  SSL_CTX_set_cipher_list(server.context(), "ECDHE-RSA-AES128-GCM-SHA256");  // for which it has no certificate
  has(failing(connect(server, world.context())), "ends TLS with an alert: handshake failure");
}
