// sessions-conformance: does a store keep the contract of libsessions? README.md is the manual.
#include <dlfcn.h>

#include <charconv>
#include <conformance/tap.hpp>
#include <conformance/world.hpp>
#include <cstdio>
#include <cstring>
#include <random>

namespace {

using namespace conformance;

enum Exit { all_passed = 0, some_failed = 1, not_run = 2 };

constexpr const char* usage =
    "Usage: sessions-conformance [OPTION...] URL\n"
    "       sessions-conformance [OPTION...] --module FILE.so [ARGUMENT]\n"
    "       sessions-conformance --list\n"
    "\n"
    "Runs the contract of libsessions' stores against a backend and prints TAP. The backend should be there for this\n"
    "alone: time passes quickly, and all sessions in it expire.\n"
    "\n"
    "  --module FILE   takes the backend from sessions_conformance_backend() in this shared object\n"
    "  --quick         runs a sample, for builds that are slow\n"
    "  --seed NUMBER   repeats a run: everything random comes from this number\n"
    "  --only TEXT     runs the tests with this text in their names\n"
    "  --list          prints the names of the tests\n"
    "  --help          prints this\n"
    "\n"
    "Ends with 0 when all tests have passed, 1 when some have failed, 2 when none could be run.\n";

struct Arguments {
  std::string url;
  std::string module;
  std::optional<std::string> module_argument;
  std::string only;
  std::optional<std::uint64_t> seed;
  bool is_quick = false;
  bool lists = false;
  bool helps = false;
};

struct WrongUsage {
  std::string why;
};

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size()) {
    throw WrongUsage{"--seed takes a number from 0 to 2^64-1"};
  }
  return value;
}

Arguments parse(const std::vector<std::string_view>& words) {
  Arguments arguments;
  std::vector<std::string_view> others;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto value = [&] {
      if (i + 1 == words.size()) {
        throw WrongUsage{std::string(words[i]) + " needs a value"};
      }
      return words[++i];
    };
    if (words[i] == "--module") {
      arguments.module = value();
    } else if (words[i] == "--seed") {
      arguments.seed = number(value());
    } else if (words[i] == "--only") {
      arguments.only = value();
    } else if (words[i] == "--quick") {
      arguments.is_quick = true;
    } else if (words[i] == "--list") {
      arguments.lists = true;
    } else if (words[i] == "--help") {
      arguments.helps = true;
    } else if (words[i].substr(0, 2) == "--") {
      throw WrongUsage{"there is no option " + std::string(words[i])};
    } else {
      others.push_back(words[i]);
    }
  }
  if (arguments.lists || arguments.helps) {
    return arguments;
  }
  if (others.size() > 1 || (others.empty() && arguments.module.empty())) {
    throw WrongUsage{"one URL is needed, or --module"};
  }
  if (arguments.module.empty()) {
    arguments.url = others.front();
  } else if (!others.empty()) {
    arguments.module_argument = others.front();
  }
  return arguments;
}

// ---- the backend ----

struct NoBackend {
  std::string why;
};

Backend checked(sessions_status status, sessions_backend* backend, sessions_error* error) {
  const Error owned(error);
  if (status != SESSIONS_OK || backend == nullptr) {
    const char* const why = error != nullptr        ? sessions_error_message(error)
                            : status == SESSIONS_OK ? "and there is no backend"
                                                    : sessions_status_message(status);
    throw NoBackend{std::string(sessions_status_name(status)) + " (" + std::to_string(status) + "): " + why};
  }
  return Backend(backend);
}

Backend open_url(const std::string& url) {
  sessions_backend* backend = nullptr;
  sessions_error* error = nullptr;
  const sessions_status status = sessions_backend_open(url.data(), url.size(), &backend, &error);
  return checked(status, backend, error);
}

// The module stays loaded: the backend's code is in it.
Backend open_module(const Arguments& arguments) {
  using Open = sessions_status (*)(const char*, sessions_backend**, sessions_error**);
  // A name without a directory would be looked for where libraries are.
  const bool has_directory = arguments.module.find('/') != std::string::npos;
  const std::string path = (has_directory ? "" : "./") + arguments.module;
  void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* symbol = module == nullptr ? nullptr : dlsym(module, "sessions_conformance_backend");
  if (symbol == nullptr) {
    throw NoBackend{dlerror()};
  }
  const auto open = reinterpret_cast<Open>(symbol);
  sessions_backend* backend = nullptr;
  sessions_error* error = nullptr;
  const sessions_status status =
      open(arguments.module_argument ? arguments.module_argument->c_str() : nullptr, &backend, &error);
  return checked(status, backend, error);
}

// A store's cookie is an id and does not change with the content.
bool keeps_content_in_cookies(World& world) {
  const Manager manager = world.manager();
  Request request(manager, {});
  request.set("k", "1");
  request.commit();
  const std::string cookie = request.cookie();
  request.set("k", "\"something else\"");
  request.commit();
  const bool differs = request.cookie() != cookie;
  request.destroy();
  return differs;
}

// ---- the tests ----

std::vector<Test> all_tests() {
  std::vector<Test> tests;
  for (const auto topic : {content_tests, merging_tests, mode_tests, ending_tests, expiry_tests, id_tests,
                           interleaving_tests, linearizability_tests, counter_tests, upkeep_tests}) {
    const std::vector<Test> more = topic();
    tests.insert(tests.end(), more.begin(), more.end());
  }
  return tests;
}

std::vector<Test> chosen_tests(const std::string& only) {
  std::vector<Test> chosen;
  for (Test& test : all_tests()) {
    if (test.name.find(only) != std::string::npos) {
      chosen.push_back(std::move(test));
    }
  }
  if (chosen.empty()) {
    throw WrongUsage{"no test has this text in its name; --list prints them"};
  }
  return chosen;
}

std::uint64_t drawn_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

Exit conform(const Arguments& arguments) {
  if (arguments.helps) {
    std::fputs(usage, stdout);
    return all_passed;
  }
  const std::vector<Test> tests = chosen_tests(arguments.only);
  if (arguments.lists) {
    for (const Test& test : tests) {
      std::printf("%s\n", test.name.c_str());
    }
    return all_passed;
  }
  Backend backend = arguments.module.empty() ? open_url(arguments.url) : open_module(arguments);
  const std::uint64_t seed = arguments.seed ? *arguments.seed : drawn_seed();
  std::printf("TAP version 13\n# --seed %llu%s\n", static_cast<unsigned long long>(seed),
              arguments.is_quick ? " --quick" : "");
  World world(std::move(backend), seed, arguments.url.rfind("memory:", 0) == 0, arguments.is_quick);
  if (keeps_content_in_cookies(world)) {
    throw NoBackend{
        "this backend keeps sessions in cookies, where of two parallel requests the last response wins: "
        "there is nothing to test here"};
  }
  world.sweep();  // what an earlier run may have left
  world.remember_start();
  return run(tests, world) ? all_passed : some_failed;
}

}  // namespace

int main(int count, char** words) {
  try {
    return conform(parse({words + (count > 0 ? 1 : 0), words + count}));
  } catch (const WrongUsage& wrong) {
    std::fprintf(stderr, "sessions-conformance: %s\n\n%s", wrong.why.c_str(), usage);
  } catch (const NoBackend& none) {
    std::printf("Bail out! %s\n", none.why.c_str());
    std::fprintf(stderr, "sessions-conformance: %s\n", none.why.c_str());
  } catch (const Failure& failure) {
    std::printf("Bail out! %s: %s\n", failure.about.c_str(), failure.got.c_str());
    std::fprintf(stderr, "sessions-conformance: the store does not work at all: %s: %s\n", failure.about.c_str(),
                 failure.got.c_str());
    return some_failed;
  } catch (const std::exception& defect) {
    std::fprintf(stderr, "sessions-conformance: %s\n", defect.what());
  }
  return not_run;
}
