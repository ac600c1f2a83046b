#include <base/limits.hpp>
#include <store/redis/command.hpp>
#include <store/redis/hash.hpp>
#include <store/redis/writer.hpp>
#include <string>
#include <vector>

#include "../../../support/catch.hpp"
#include "../../../support/redis_hash.hpp"
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

const std::string golden = testing::golden_head();

std::string changed(std::size_t at, std::string_view bytes) {
  return std::string(golden).replace(at, bytes.size(), bytes);
}

}  // namespace

TEST_CASE("the key of a hash is the digest in base64url, in the braces that keep a cluster from splitting it") {
  CHECK(key.text() == "session:{AQIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA}");
  CHECK(key.tag() == "AQIAAAAA");
}

TEST_CASE("heads of version 1 are read for ever") {
  const Result<HashHead> head = parse_head(golden);
  REQUIRE(head);
  CHECK(head->tag == "AQIAAAAA");
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
  CHECK(format_head(*head) == golden);
  CHECK(golden.size() <= 64);  // the most that values of small hashes have
  const std::string with_deadline = changed(30, std::string("\0\0\0\0\0\3", 6));
  REQUIRE(parse_head(with_deadline));
  CHECK(parse_head(with_deadline)->head.times.deadline == 3);
  CHECK(format_head(*parse_head(with_deadline)) == with_deadline);
  CHECK(parse_head(changed(1, "c"))->head.coded);
  CHECK(parse_head(changed(1, "e"))->head.ended);
  CHECK(format_head(*parse_head(changed(1, "e"))) == changed(1, "e"));
  std::string beginning;
  append_beginning(beginning, head->tag, 255, 12);
  CHECK(golden.starts_with(beginning));
}

TEST_CASE("every other head is refused, cut or changed anywhere") {
  REQUIRE(status_of_head(golden) == Status::ok);
  for (std::size_t size = 0; size < golden.size(); ++size) {
    INFO(size);
    CHECK(status_of_head(golden.substr(0, size)) == Status::corrupt);
  }
  CHECK(status_of_head(golden + ' ') == Status::corrupt);
  for (const char* const format : {"0", "x", "-", " "}) {
    CHECK(status_of_head(changed(0, format)) == Status::corrupt);
  }
  for (const char* const flag : {"x", " ", "E"}) {
    CHECK(status_of_head(changed(1, flag)) == Status::corrupt);
  }
  for (const std::size_t time : {24U, 30U, 36U, 42U}) {  // beyond all years
    CHECK(status_of_head(changed(time, "\xff\xff\xff\xff\xff\xfe")) == Status::corrupt);
  }
  for (const char* const newer : {"2", "2 whatever", "9"}) {
    CHECK(status_of_head(newer) == Status::newer);
  }
  CHECK(status_of_head(changed(0, "2")) == Status::newer);
}

TEST_CASE("the commits that a hash remembers are in a field of their own") {
  const std::string applied = testing::from_hex(
      "000000000000002a 0000000000000007 006553f101"
      "ffffffffffffffff ffffffffffffffff 0000000000");
  const auto record = read({"@", golden, "+", applied});
  REQUIRE(record);
  REQUIRE(*record);
  const std::vector<Applied> remembered = (*record)->applied();
  REQUIRE(remembered.size() == 2);
  CHECK(remembered[0].writer == 42);
  CHECK(remembered[0].sequence == 7);
  CHECK(remembered[0].time == 1'700'000'001);
  CHECK(remembered[1].writer == UINT64_MAX);
  CHECK(remembered[1].sequence == UINT64_MAX);
  CHECK(remembered[1].time == 0);
  CHECK(to_bytes(remembered[0]) + to_bytes(remembered[1]) == applied);
  for (std::size_t size = 0; size < applied.size(); ++size) {
    CHECK(status_of({"@", golden, "+", applied.substr(0, size)}) == (size % 21 == 0 ? Status::ok : Status::corrupt));
  }
}

TEST_CASE("a record comes back from its hash, whatever order the server gives it in") {
  const std::vector<Field> fields = {{"b", "1"}, {"", "\"\""}, {"a", "{\"x\":1}"}};
  const Record record({9, 3, {1, 2, no_deadline, 4}}, {}, fields);
  std::vector<std::string> hash = format_hash(record, key.tag(), {42, 7});
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
  CHECK_FALSE(read({"@", testing::golden_head("AQIAAAAB")}));
}

TEST_CASE("a hash that nobody of us has written is corrupt") {
  const std::string& head = golden;
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
