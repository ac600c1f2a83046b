#include <filesystem>
#include <manager/backend.hpp>
#include <string>

#include "../../support/catch.hpp"
#include "../../support/temporary_database.hpp"

using namespace sessions;
using manager::Backend;

namespace {

void refuses(std::string_view url, Status status, std::string_view word) {
  const auto backend = manager::open_backend(url);
  CAPTURE(url);
  REQUIRE_FALSE(backend);
  CAPTURE(backend.error().message);
  CHECK(backend.error().status == status);
  CHECK(backend.error().message.find(word) != std::string::npos);
}

}  // namespace

TEST_CASE("a database is named by an absolute path") {
  const testing::TemporaryDirectory directory;
  for (const std::string parameters :
       {"", "?synchronous=off", "?synchronous=normal&connections=1", "?synchronous=full&connections=64"}) {
    const auto backend = manager::open_backend("sqlite:" + directory.file("a%3fb%25.db") + parameters);
    REQUIRE(backend);
    CHECK(backend->kind == Backend::Kind::store);
  }
  CHECK(std::filesystem::exists(directory.file("a?b%.db")));
  refuses("sqlite:", Status::invalid, "absolute");
  refuses("sqlite:/tmp/a%", Status::invalid, "%25");
  refuses("sqlite:/tmp/a?connections=0", Status::invalid, "from 1 to 64");
  refuses("sqlite:/tmp/a?connections=65", Status::invalid, "from 1 to 64");
  refuses("sqlite:/tmp/a?synchronous=extra", Status::invalid, "off, normal or full");
  refuses("sqlite:/tmp/a?mode=ro", Status::invalid, "\"mode\"");
  refuses("sqlite:/no/such/directory/s.db", Status::unavailable, "No such file");
}
