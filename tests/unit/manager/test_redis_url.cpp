#include <fstream>
#include <manager/redis_url.hpp>
#include <string>

#include "../../support/catch.hpp"
#include "../../support/temporary_database.hpp"

using namespace sessions;
using std::chrono::milliseconds;
using store::redis::Options;

namespace {

Result<Options> options_of(const std::string& text) {
  const Result<manager::Url> url = manager::parse_url(text);
  return url ? manager::redis_options(*url) : url.error();
}

void refuses(const std::string& text, std::string_view word) {
  const Result<Options> options = options_of(text);
  CAPTURE(text);
  REQUIRE_FALSE(options);
  CAPTURE(options.error().message);
  CHECK(options.error().status == Status::invalid);
  CHECK(options.error().message.find(word) != std::string::npos);
  CHECK(options.error().message.find("hunter2") == std::string::npos);
}

}  // namespace

TEST_CASE("a server over TCP") {
  const Options plain = *options_of("redis://localhost");
  CHECK(plain.host == "localhost");
  CHECK(plain.port == 6379);
  CHECK(plain.path.empty());
  CHECK(plain.user.empty());
  CHECK(plain.password.empty());
  CHECK(plain.database == 0);
  CHECK_FALSE(plain.tls);
  CHECK(plain.prefix == "session:");
  CHECK(plain.connections == 1);
  CHECK(plain.wait_for_replica == milliseconds(0));

  const Options all = *options_of(
      "redis://app:p%40ss:%2F@10.0.0.1:7000/"
      "12?prefix=a%26b:&connect_timeout_ms=250&connections=3&wait_for_replica_ms=40");
  CHECK(all.user == "app");
  CHECK(all.password == "p@ss:/");
  CHECK(all.host == "10.0.0.1");
  CHECK(all.port == 7000);
  CHECK(all.database == 12);
  CHECK(all.prefix == "a&b:");
  CHECK(all.connect_timeout == milliseconds(250));
  CHECK(all.connections == 3);
  CHECK(all.wait_for_replica == milliseconds(40));

  CHECK(options_of("redis://:secret@h")->user.empty());
  CHECK(options_of("redis://:secret@h")->password == "secret");
  CHECK(options_of("redis://h/")->database == 0);
  CHECK(options_of("redis://[::1]")->host == "::1");
  CHECK(options_of("redis://[::1]:7001/1")->port == 7001);
}

TEST_CASE("a server over TLS") {
  const Options options = *options_of(
      "rediss://h:6380?ca_file=/etc/ca.pem&certificate_file=/etc/c.pem&key_file=/etc/k.pem&server_name=redis.example");
  CHECK(options.tls);
  CHECK(options.tls_files.ca_file == "/etc/ca.pem");
  CHECK(options.tls_files.certificate_file == "/etc/c.pem");
  CHECK(options.tls_files.key_file == "/etc/k.pem");
  CHECK(options.server_name == "redis.example");
  refuses("rediss://h?certificate_file=/c.pem", "key_file");
  for (const char* const empty :
       {"ca_file=", "certificate_file=&key_file=", "server_name=", "user_file=", "password_file="}) {
    refuses(std::string("rediss://h?") + empty, "empty parameter \"");
  }
  refuses("rediss://h?key_file=/k.pem", "key_file");
  refuses("rediss://h?server_name=a%20b", "server_name");
  refuses("rediss://h?server_name=a%00b", "server_name");
  refuses("redis://h?ca_file=/ca.pem", "\"ca_file\"");
}

TEST_CASE("a server over a unix socket") {
  const Options options = *options_of("redis+unix:///run/a%3fb.sock?db=3");
  CHECK(options.path == "/run/a?b.sock");
  CHECK(options.database == 3);
  CHECK(options_of("redis+unix://app:x@/run/s")->user == "app");
  CHECK(options_of("redis+unix:///" + std::string(106, 'a'))->path.size() == 107);
  refuses("redis+unix:///" + std::string(107, 'a'), "107 bytes");
  refuses("redis+unix://host/s", "absolute");
  refuses("redis+unix:/s", "\"//\"");
  refuses("redis://h?db=3", "\"db\"");
}

TEST_CASE("what is malformed is named, without what is secret") {
  refuses("redis:", "\"//\"");
  refuses("redis://", "no host");
  refuses("redis://:hunter2@", "no host");
  refuses("redis://u:hunter2@h h", "no host");
  refuses("redis://u:hunter2@[::1", "no host");
  refuses("redis://u:hunter2@[::1]7", "no host");
  refuses("redis://u:hunter2@h:", "port");
  refuses("redis://u:hunter2@h:0", "port");
  refuses("redis://u:hunter2@h:65536", "port");
  refuses("redis://u:hunter2@h/x", "database");
  refuses("redis://u:hunter2@h/-1", "database");
  refuses("redis://u:hunter2%@h", "password");
  refuses("redis://h?prefix={hunter2}", "brace");
  refuses("redis://h?prefix=" + std::string(257, 'p'), "brace");
  refuses("redis://h?connections=0", "from 1 to 64");
  refuses("redis://h?connect_timeout_ms=0", "from 1 to");
  refuses("redis://h?wait_for_replica_ms=-1", "from 0 to");
  refuses("redis://h?timeout=hunter2", "\"timeout\"");
}

TEST_CASE("a user may stand in a file") {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.file("user");
  std::ofstream(path) << "app\n";
  const auto options = options_of("redis://other:hunter2@h?user_file=" + path);
  CHECK(options->user == "app");
  CHECK(options->password == "hunter2");
  std::ofstream(path) << "\n";
  refuses("redis://h?user_file=" + path, "no user");
  refuses("redis://h?user_file=" + directory.file("none"), "user_file");
  std::ofstream(path) << "app\n";
  refuses("redis://h?user_file=" + path, "without a password");
}

TEST_CASE("a password may stand in a file") {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.file("password");
  std::ofstream(path) << "hunter2\n";
  CHECK(options_of("redis://app@h?password_file=" + path)->password == "hunter2");
  CHECK(options_of("redis://app@h?password_file=" + path)->user == "app");
  for (const char* empty : {"", "\n", "\r\n"}) {
    std::ofstream(path) << empty;
    refuses("redis://h?password_file=" + path, "no password");
  }
  std::ofstream(path) << std::string(4097, 'p');
  refuses("redis://h?password_file=" + path, "password_file of the backend URL is larger than 4096");
  refuses("redis://h?password_file=" + directory.file("none"), "cannot be read: No such file or directory");
  refuses("redis://h?password_file=/", "cannot be read: Is a directory");
}

TEST_CASE("a user needs a password") {
  for (const char* const url : {"redis://app@h", "redis://app:@h", "redis+unix://app@/run/redis.sock"}) {
    refuses(url, "a user without a password");
  }
}
