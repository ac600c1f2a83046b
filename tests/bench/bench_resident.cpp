// Measures what a session in memory occupies: makes so many of the 350 B payload in this fresh process and prints the
// name and by how many bytes a session the process has grown.
//
// bench_resident ours|bare|framework SESSIONS
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>

#include "bare_table.hpp"
#include "framework_table.hpp"
#include "ours.hpp"

namespace {

using bench::BareTable;

// Resident pages, from /proc/self/statm (proc(5)).
std::int64_t resident_bytes() {
  std::int64_t size = 0;
  std::int64_t resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

// 43 characters, as ids have; the last one holds bits that are not used.
std::string id_text(std::size_t i) {
  std::string text = std::to_string(i) + 'A';
  return text.insert(0, 43 - text.size(), 'A');
}

template <class Create>
double growth(std::size_t sessions, Create create) {
  // Whatever is made once is made before.
  create(0);
  const std::int64_t before = resident_bytes();
  for (std::size_t i = 1; i <= sessions; ++i) {
    create(i);
  }
  return static_cast<double>(resident_bytes() - before) / static_cast<double>(sessions);
}

double measure(const std::string& who, std::size_t sessions) {
  const bench::Payload payload = bench::small_payload();
  const std::string json = payload.json();
  if (who == "ours") {
    const bench::Ours ours("memory:?max_sessions=100000000&max_bytes=100000000000", {});
    return growth(sessions, [&](std::size_t) { return ours.create(json); });
  }
  if (who == "bare") {
    BareTable table;
    BareTable::Worker worker;
    return growth(sessions, [&](std::size_t i) {
      bool good = false;
      table.create(worker.key_of(id_text(i), good), payload);
    });
  }
  bench::FrameworkTable table;
  return growth(sessions, [&](std::size_t i) { table.create(id_text(i), payload); });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: bench_resident ours|bare|framework SESSIONS\n", stderr);
    return 1;
  }
  try {
    std::printf("%s\t%.0f\n", argv[1], measure(argv[1], std::stoul(argv[2])));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_resident: %s\n", error.what());
    return 1;
  }
}
