// Counts what operations allocate: for each NAME (see operations.hpp) prints it with the number of allocations and
// their bytes for one run, separated by tabs.
//
// The allocator is counted from outside, so that whatever the library or OpenSSL takes is in it: this program's malloc,
// calloc and realloc stand before those of the C library.
#include <cstddef>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "operations.hpp"

namespace {

std::size_t calls = 0;
std::size_t bytes = 0;

void count(std::size_t size) noexcept {
  ++calls;
  bytes += size;
}

}  // namespace

extern "C" {

// The C library's own (glibc's malloc/malloc.c), under the names that it keeps for this.
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);

void* malloc(std::size_t size) {
  count(size);
  return __libc_malloc(size);
}

void* calloc(std::size_t members, std::size_t size) {
  count(members * size);
  return __libc_calloc(members, size);
}

void* realloc(void* memory, std::size_t size) {
  count(size);
  return __libc_realloc(memory, size);
}
}

int main(int argc, char** argv) {
  constexpr int warm_up = 100;
  constexpr std::size_t times = 1000;
  try {
    for (int i = 1; i < argc; ++i) {
      const bench::Step step = bench::operation_named(argv[i]).make_step();
      bool good = true;
      for (int run = 0; run < warm_up; ++run) {
        good = step() && good;
      }
      calls = 0;
      bytes = 0;
      for (std::size_t run = 0; run < times; ++run) {
        good = step() && good;
      }
      if (!good) {
        throw std::runtime_error(std::string(argv[i]) + " went wrong");
      }
      std::printf("%s\t%.1f\t%.0f\n", argv[i], static_cast<double>(calls) / times, static_cast<double>(bytes) / times);
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_allocations: %s\n", error.what());
    return 1;
  }
}
