#include <array>
#include <atomic>
#include <crypto/tls.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "../../support/catch.hpp"
#include "../../support/tls_world.hpp"

using namespace sessions;
using namespace sessions::testing;
using World = TlsWorld;

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
