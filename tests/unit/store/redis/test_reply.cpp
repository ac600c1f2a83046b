#include <base/limits.hpp>
#include <store/redis/reply.hpp>
#include <string>
#include <string_view>

#include "../../../support/catch.hpp"

using namespace sessions;
using store::redis::Reply;
using store::redis::ReplyReader;
using Kind = Reply::Kind;

namespace {

// What is in a reply, on one line.
std::string text(const Reply& reply) {
  switch (reply.kind()) {
    case Kind::string:
      return "\"" + std::string(reply.text()) + "\"";
    case Kind::status:
      return "+" + std::string(reply.text());
    case Kind::error:
      return "-" + std::string(reply.text());
    case Kind::integer:
      return std::to_string(reply.integer());
    case Kind::nil:
      return "nil";
    case Kind::array:
      break;
  }
  std::string elements = "[";
  for (std::size_t i = 0; i < reply.size(); ++i) {
    elements += (i == 0 ? "" : " ") + text(reply[i]);
  }
  return elements + "]";
}

// Everything that is read of these bytes; "!" where the reader breaks.
std::string read(std::string_view bytes, std::size_t at_once) {
  ReplyReader reader;
  std::string replies;
  for (std::size_t at = 0; at < bytes.size(); at += at_once) {
    if (!reader.feed(bytes.substr(at, at_once))) {
      return replies + "!";
    }
    while (const auto reply = reader.next()) {
      replies += text(*reply) + ";";
    }
    if (reader.is_broken()) {
      return replies + "!";
    }
  }
  return replies;
}

std::string read(std::string_view bytes) {
  const std::string whole = read(bytes, bytes.size());
  CHECK(read(bytes, 1) == whole);
  return whole;
}

}  // namespace

TEST_CASE("replies of every kind are read, whole or byte by byte") {
  CHECK(read("+OK\r\n:-42\r\n$-1\r\n*-1\r\n$0\r\n\r\n-NOSCRIPT No such\r\n") ==
        "+OK;-42;nil;nil;\"\";-NOSCRIPT No such;");
  CHECK(read("*3\r\n$3\r\na\r\n\r\n*2\r\n:1\r\n*0\r\n+x\r\n") == "[\"a\r\n\" [1 []] +x];" + std::string(""));
}

TEST_CASE("elements after an array within an array keep their places") {
  CHECK(read("*3\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n*1\r\n:7\r\n$1\r\nc\r\n:8\r\n") == "[[\"a\" \"b\"] [7] \"c\"];8;");
}

TEST_CASE("an error is known by its first word") {
  ReplyReader reader;
  REQUIRE(reader.feed("-BUSYKEY x\r\n"));
  const auto reply = reader.next();
  REQUIRE(reply);
  CHECK(reply->is_error("BUSYKEY"));
  CHECK_FALSE(reply->is_error("BUSY"));
  CHECK(reply->integer() == 0);
  CHECK(reply->size() == 0);
}

TEST_CASE("what is no reply breaks the reader") {
  CHECK(read("x\r\n") == "!");
  CHECK(read("$3\r\nabcXY:1\r\n") == "!");
  CHECK(read("$3\r\nabc\rY") == "!");
  CHECK(read("*1\r\n%1\r\n+a\r\n+b\r\n") == "!");
  CHECK(read(":12x\r\n") == "!");
  for (const char* of_resp3 : {",1.5\r\n", "#t\r\n", "*1\r\n,1.5\r\n", "*1\r\n#f\r\n", ">1\r\n+a\r\n", "(12\r\n"}) {
    CHECK(read(of_resp3) == "!");
  }
}

TEST_CASE("what is more than a session can have breaks the reader, at no cost") {
  CHECK(read("*2147483647\r\n") == "!");
  CHECK(read("*65537\r\n") == "!");
  CHECK(read("*2\r\n*40000\r\n" + [] {
          std::string ones;
          for (int i = 0; i < 40'000; ++i) {
            ones += ":1\r\n";
          }
          return ones;
        }() + "*40000\r\n") == "!");
  CHECK(read("$2147483647\r\n").empty());  // is waited for, as long as no more comes than a reply may have
}

TEST_CASE("the largest session there may be has room in a reply, with what goes around its values") {
  const std::string piece(std::size_t{1} << 20U, 'x');
  const std::size_t count = limits::content_bytes / piece.size();
  ReplyReader reader;
  REQUIRE(reader.feed("*2\r\n$4\r\n.key\r\n$" + std::to_string(limits::content_bytes) + "\r\n"));
  for (std::size_t i = 0; i < count; ++i) {
    REQUIRE(reader.feed(piece));
  }
  CHECK(reader.feed("\r\n"));
  CHECK_FALSE(reader.feed(piece));
}

TEST_CASE("a broken reader stays broken") {
  ReplyReader reader;
  REQUIRE(reader.feed("+OK\r\n?\r\n+OK\r\n"));
  CHECK(reader.next());
  CHECK_FALSE(reader.next());
  CHECK(reader.is_broken());
  CHECK_FALSE(reader.feed("+OK\r\n"));
  CHECK_FALSE(reader.next());
}
