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
    const Record record({1, 2, 3}, given);
    CHECK(read(record) == fields);
    CHECK(record.times().created == 1);
    CHECK(record.times().written == 2);
    CHECK(record.times().expires == 3);
  }
}

TEST_CASE("copies share, at() keeps the fields under other times") {
  const std::vector<Field> fields = {{"k", "1"}};
  const Record record({1, 2, 3}, fields);
  const Record copy = record;
  CHECK(Record::Reader(copy).next().key.data() == Record::Reader(record).next().key.data());
  const Record later = record.at({4, 5, 6});
  CHECK(read(later) == read(record));
  CHECK(later.times().expires == 6);
  CHECK(record.times().expires == 3);
}
