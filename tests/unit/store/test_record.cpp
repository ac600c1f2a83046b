#include <store/record.hpp>
#include <string>
#include <vector>

#include "../../support/catch.hpp"

using namespace sessions::store;

namespace {

std::vector<std::pair<std::string, std::string>> read(const Record& record) {
  std::vector<std::pair<std::string, std::string>> fields;
  Record::Reader reader(record);
  for (std::size_t i = 0; i < record.field_count(); ++i) {
    const Field field = reader.next();
    fields.emplace_back(field.key, field.value);
  }
  return fields;
}

}  // namespace

TEST_CASE("a record gives back what it was made of") {
  const std::string large(2'100'000, 'x');
  for (const std::vector<std::pair<std::string, std::string>>& fields :
       std::vector<std::vector<std::pair<std::string, std::string>>>{
           {},
           {{"", "null"}},
           {{std::string("a\0b", 3), "1"}, {"k", "\"v\""}},
           {{std::string(127, 'k'), std::string(128, 'v')}, {std::string(16'383, 'k'), std::string(16'384, 'v')}},
           {{"large", large}, {"after", "2"}}}) {
    std::vector<Field> given;
    for (const auto& [key, value] : fields) {
      given.push_back({key, value});
    }
    const Record record({5, 6, {1, 2, 4, 3}}, {}, given);
    for (const Record& same : {record, *Record::parse(record.bytes())}) {
      CHECK(read(same) == fields);
      CHECK(same.head().generation == 5);
      CHECK(same.head().version == 6);
      CHECK(same.head().times.created == 1);
      CHECK(same.head().times.written == 2);
      CHECK(same.head().times.deadline == 4);
      CHECK(same.head().times.expires == 3);
      CHECK(same.expires() == 3);
      CHECK_FALSE(same.head().ended);
      CHECK_FALSE(same.head().coded);
      CHECK(same.applied().empty());
    }
  }
}

TEST_CASE("a value may be as long as all content of a session") {
  const std::string value(most_length, '1');
  const Field field{{}, value};
  CHECK(Record::parse(Record({}, {}, {&field, 1}).bytes()));
  const std::string longer = value + "1";
  const Field too_long{{}, longer};
  CHECK_FALSE(Record::parse(Record({}, {}, {&too_long, 1}).bytes()));
}

TEST_CASE("copies share, with() keeps everything else under another head") {
  const std::vector<Field> fields = {{"k", "1"}};
  const std::vector<Applied> applied = {{1, 2, 3}, {4, 5, 6}};
  const Record record({1, 1, {1, 2, 3, 4}}, applied, fields);
  const Record copy = record;
  CHECK(Record::Reader(copy).next().key.data() == Record::Reader(record).next().key.data());
  Record::Head head = record.head();
  head.generation = 9;
  head.ended = true;
  const Record other = record.with(head);
  CHECK(read(other) == read(record));
  CHECK(other.head().generation == 9);
  CHECK(other.head().ended);
  REQUIRE(other.applied().size() == 2);
  CHECK(other.applied()[1].writer == 4);
  CHECK(other.applied()[1].sequence == 5);
  CHECK(other.applied()[1].time == 6);
  CHECK(record.head().generation == 1);
}

TEST_CASE("the bytes of version 1 are read for ever") {
  using namespace std::string_view_literals;
  const std::string_view golden =
      "\x01\x00"
      "\x08\x07\x06\x05\x04\x03\x02\x01"
      "\x02\x00\x00\x00\x00\x00\x00\x00"
      "\x0a\x00\x00\x00\x00\x00\x00\x00"
      "\x0b\x00\x00\x00\x00\x00\x00\x00"
      "\xff\xff\xff\xff\xff\xff\xff\x7f"
      "\x0c\x00\x00\x00\x00\x00\x00\x00"
      "\x00"
      "\x01"
      "\x2a\x00\x00\x00\x00\x00\x00\x00"
      "\x03\x00\x00\x00\x00\x00\x00\x00"
      "\x0b\x00\x00\x00\x00\x00\x00\x00"
      "\x02"
      "\x01\x01k1"
      "\x04\x05name\"Ada\""sv;
  const std::vector<Field> fields = {{"k", "1"}, {"name", "\"Ada\""}};
  const std::vector<Applied> applied = {{42, 3, 11}};
  const Record made({0x0102030405060708, 2, {10, 11, no_deadline, 12}}, applied, fields);
  CHECK(made.bytes() == golden);
  REQUIRE(Record::parse(golden));
  CHECK(read(*Record::parse(golden)) == read(made));
}

TEST_CASE("what is not a record is refused, whatever is wrong") {
  const std::vector<Field> fields = {{"k", "1"}, {"l", "\"x\""}};
  const std::vector<Applied> applied = {{1, 2, 3}};
  const std::string good(Record({1, 1, {1, 2, 3, 4}}, applied, fields).bytes());
  const auto status_of = [](std::string_view bytes) {
    const auto parsed = Record::parse(bytes);
    return parsed ? sessions::Status::ok : parsed.error().status;
  };
  CHECK(status_of(good) == sessions::Status::ok);
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK(status_of(good.substr(0, size)) == sessions::Status::corrupt);
  }
  CHECK(status_of(good + "x") == sessions::Status::corrupt);
  for (int first = 0; first < 256; ++first) {
    std::string other = good;
    other.front() = static_cast<char>(first);
    INFO(first);
    CHECK(status_of(other) == (first == 1                  ? sessions::Status::ok
                               : first >= 2 && first <= 15 ? sessions::Status::newer
                                                           : sessions::Status::corrupt));
  }
  CHECK(status_of("\x02") == sessions::Status::newer);  // whatever comes behind it
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = good;
      flipped[at] = static_cast<char>(flipped[at] ^ 1 << bit);
      if (const auto parsed = Record::parse(flipped)) {
        CHECK(read(*parsed).size() == parsed->field_count());  // readable to its end
      }
    }
  }
}
