#include <base/limits.hpp>
#include <store/redis/command.hpp>
#include <store/redis/hash.hpp>
#include <string>
#include <vector>

#include "../../../support/catch.hpp"
#include "../../../support/store.hpp"

using namespace sessions;
using namespace sessions::store;
using namespace sessions::store::redis;

namespace {

const HashKey key("session:", Key{'\x01', '\x02'});

// As a server answers HGETALL: a command has the same bytes as an array of strings.
std::optional<Result<Record>> read(const std::vector<std::string>& words) {
  ReplyReader reader;
  REQUIRE(reader.feed(redis::command(std::vector<std::string_view>(words.begin(), words.end()))));
  const std::optional<Reply> reply = reader.next();
  REQUIRE(reply);
  return read_hash(*reply, key);
}

Status status_of(const std::vector<std::string>& words) {
  const auto record = read(words);
  REQUIRE(record);
  return *record ? Status::ok : record->error().status;
}

Status status_of_head(const std::string& head) {
  const Result<HashHead> read = parse_head(head);
  return read ? Status::ok : read.error().status;
}

constexpr const char* golden = "1 AQIAAAAAAAA 00000000000000ff 12 1700000000 1700000005 - 1700001000 - 3 21";

}  // namespace

TEST_CASE("the key of a hash is the digest in base64url, in the braces that keep a cluster from splitting it") {
  CHECK(key.text() == "session:{AQIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA}");
  CHECK(key.tag() == "AQIAAAAAAAA");
}

TEST_CASE("heads of version 1 are read for ever") {
  const std::string text =
      std::string(golden) + " 000000000000002a:7:1700000001 ffffffffffffffff:18446744073709551615:0";
  const Result<HashHead> head = parse_head(text);
  REQUIRE(head);
  CHECK(head->tag == "AQIAAAAAAAA");
  CHECK(head->head.generation == 255);
  CHECK(head->head.version == 12);
  CHECK(head->head.times.created == 1'700'000'000);
  CHECK(head->head.times.written == 1'700'000'005);
  CHECK(head->head.times.deadline == no_deadline);
  CHECK(head->head.times.expires == 1'700'001'000);
  CHECK_FALSE(head->head.ended);
  CHECK_FALSE(head->head.coded);
  CHECK(head->next == 3);
  CHECK(head->bytes == 21);
  REQUIRE(head->applied.size() == 2);
  CHECK(head->applied[0].writer == 42);
  CHECK(head->applied[0].sequence == 7);
  CHECK(head->applied[0].time == 1'700'000'001);
  CHECK(head->applied[1].sequence == UINT64_MAX);
  CHECK(format_head(*head) == text);
  const std::string with_deadline = "1 t 0000000000000001 1 1 2 3 4 c 0 0";
  REQUIRE(parse_head(with_deadline));
  CHECK(parse_head(with_deadline)->head.times.deadline == 3);
  CHECK(parse_head(with_deadline)->head.coded);
  CHECK(format_head(*parse_head(with_deadline)) == with_deadline);
}

TEST_CASE("every other head is refused, cut or changed anywhere") {
  REQUIRE(status_of_head(golden) == Status::ok);
  for (const char* const damaged : {"",
                                    " ",
                                    "0",
                                    "x",
                                    "1",
                                    "1 ",
                                    "-1",
                                    "01 AQIAAAAAAAA 00000000000000ff 12 1 1 - 1 - 3 21",
                                    "1 t 00000000000000f 12 1 1 - 1 - 3 21",
                                    "1 t 00000000000000fff 12 1 1 - 1 - 3 21",
                                    "1 t 00000000000000fg 12 1 1 - 1 - 3 21",
                                    "1 t 00000000000000ff -12 1 1 - 1 - 3 21",
                                    "1 t 00000000000000ff 1234567890123456 1 1 - 1 - 3 21",
                                    "1 t 00000000000000ff 12 1e3 1 - 1 - 3 21",
                                    "1 t 00000000000000ff 12 1 1 -- 1 - 3 21",
                                    "1 t 00000000000000ff 12 1 1 - 999999999999999 - 3 21",
                                    "1 t 00000000000000ff 12 1 1 - 1 ec 3 21",
                                    "1 t 00000000000000ff 12 1 1 - 1 - 3",
                                    "1 t 00000000000000ff 12 1 1 - 1 - 3 21 x",
                                    "1 t 00000000000000ff 12 1 1 - 1 - 3 21 1:2:3",
                                    "1 t 00000000000000ff 12 1 1 - 1 - 3 21 000000000000002a:7:",
                                    "1  t 00000000000000ff 12 1 1 - 1 - 3 21",
                                    "1 t 00000000000000ff 12 1 1 - 1 - 3 21 000000000000002a:18446744073709551616:1"}) {
    INFO(damaged);
    CHECK(status_of_head(damaged) == Status::corrupt);
  }
  const std::string whole = golden;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const char c : {'\0', '\n', ':', '\xff'}) {
      std::string changed = whole;
      changed[i] = c;
      INFO(i);
      CHECK((status_of_head(changed) != Status::ok || (i > 1 && i < 13)));  // a tag is any word
    }
  }
  for (const char* const newer : {"2", "2 whatever", "10 t 0"}) {
    CHECK(status_of_head(newer) == Status::newer);
  }
}

TEST_CASE("a record comes back from its hash, whatever order the server gives it in") {
  const std::vector<Field> fields = {{"b", "1"}, {"", "\"\""}, {"a", "{\"x\":1}"}};
  const Record record({9, 3, {1, 2, no_deadline, 4}}, {}, fields);
  std::vector<std::string> hash = format_hash(record, key.tag(), {42, 7}, 2);
  hash.insert(hash.begin(), "@");
  const auto same = read(hash);
  REQUIRE(same);
  REQUIRE(*same);
  CHECK(testing::text(**same) == testing::text(record));
  CHECK((**same).applied().size() == 1);
  std::vector<std::string> turned;
  for (std::size_t i = hash.size(); i > 0; i -= 2) {
    turned.insert(turned.end(), {hash[i - 2], hash[i - 1]});
  }
  CHECK(testing::text(**read(turned)) == testing::text(record));
}

TEST_CASE("a hash that is another session's is not taken for this one") {
  CHECK_FALSE(read({"@", "1 AQIAAAAAAAB 00000000000000ff 12 1 1 - 1 - 3 21"}));
}

TEST_CASE("a hash that nobody of us has written is corrupt") {
  const std::string head = golden;
  CHECK(status_of({"@", head}) == Status::ok);
  CHECK(status_of({"@", head, ".k", "0:1"}) == Status::ok);
  CHECK(status_of({"@", "2 anything"}) == Status::newer);
  CHECK(status_of({".k", "0:1"}) == Status::corrupt);
  CHECK(status_of({"@", head, ".k"}) == Status::corrupt);
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{{"k", "0:1"},
                                                                                    {"", "0:1"},
                                                                                    {".k", ""},
                                                                                    {".k", "1"},
                                                                                    {".k", ":1"},
                                                                                    {".k", "x:1"},
                                                                                    {".k", "0:"},
                                                                                    {".k", "0:tru"},
                                                                                    {".k", "0: 1"},
                                                                                    {".k", "9999999999999999:1"},
                                                                                    {".\xff", "0:1"},
                                                                                    {"!", "1"}}) {
    INFO(name << " " << value);
    CHECK(status_of({"@", head, name, value}) == Status::corrupt);
  }
  std::vector<std::string> many = {"@", head};
  for (std::size_t i = 0; i <= limits::keys; ++i) {
    many.insert(many.end(), {"." + std::to_string(i), std::to_string(i) + ":1"});
  }
  CHECK(status_of(many) == Status::corrupt);
}
