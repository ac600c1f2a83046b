#include <cstdint>
#include <store/redis/coded_changes.hpp>
#include <string>
#include <vector>

#include "../../../support/catch.hpp"
#include "../../../support/codecs.hpp"

using namespace sessions;
using namespace sessions::store;
using redis::CodedChanges;
using Kind = Change::Kind;

namespace {

Record record_of(const std::vector<Field>& fields, bool coded = true) {
  Record::Head head;
  head.coded = coded;
  return {head, {}, fields};
}

// "-key key=value", with a question mark behind a value where something was seen; "refused" instead of all.
std::string coded(const Commit& commit, const Record& found, const Record& merged,
                  const Codec& codec = testing::Reversal()) {
  const auto made = CodedChanges::make(commit, found, merged, codec);
  if (!made) {
    return "refused";
  }
  std::string text;
  for (const Change& change : made->changes()) {
    text += text.empty() ? "" : " ";
    text += change.kind == Kind::remove ? "-" : "";
    text += change.key;
    text += change.kind == Kind::set ? "=" + std::string(change.value) + (change.seen ? "?" : "") : "";
  }
  return text;
}

}  // namespace

TEST_CASE("each change is told by what its key holds in the end, as the codec makes it") {
  const std::vector<Change> changes = {{Kind::remove, "gone", {}, 0, "1"},
                                       {Kind::set, "new", "12"},
                                       {Kind::increment, "sum", {}, 5, "10"},
                                       {Kind::set, "beaten", "34", 0, "3"}};
  Commit commit;
  commit.changes = changes;
  const Record found = record_of({{"gone", "1"}, {"sum", "10"}, {"other", "1"}});
  const Record merged = record_of({{"new", "12"}, {"sum", "15"}, {"other", "1"}});
  CHECK(coded(commit, found, merged) == "-gone new=21 sum=51? -beaten");
}

TEST_CASE("what no codec has touched yet is coded with the first change, unless it goes or nothing changes") {
  const std::vector<Change> changes = {{Kind::set, "new", "12"}};
  Commit commit;
  commit.changes = changes;
  const Record found = record_of({{"old", "34"}}, false);
  const Record merged = record_of({{"old", "34"}, {"new", "12"}}, false);
  CHECK(coded(commit, found, merged) == "new=21 old=43?");
  CHECK(coded(commit, record_of({{"old", "34"}}), merged) == "new=21");
  Commit nothing;
  CHECK(coded(nothing, found, found).empty());
  commit.clear = true;
  CHECK(coded(commit, found, record_of({{"new", "12"}}, false)) == "new=21");
}

TEST_CASE("what the codec makes has room beside what stays, in one session") {
  const std::vector<Change> changes = {{Kind::set, "k", "12"}};
  Commit commit;
  commit.changes = changes;
  const std::string large(most_length - 5, '1');
  CHECK(coded(commit, record_of({{"o", large}}), record_of({{"o", large}, {"k", "12"}})) == "k=21");
  const std::string larger(most_length - 3, '1');
  CHECK(coded(commit, record_of({{"o", larger}}), record_of({{"o", larger}, {"k", "12"}})) == "refused");
  CHECK(coded(commit, record_of({}), record_of({{"k", "12"}}), testing::Swelling()) == "refused");
}
