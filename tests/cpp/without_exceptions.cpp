// Built with -fno-exceptions and -fno-rtti: everything but value_or_throw() is there.
#include <cstdio>
#include <sessions.hpp>

#ifdef __cpp_exceptions
#error "this is to be built without exceptions"
#endif

namespace {

struct Codec {
  sessions::Status encode(std::string_view json, sessions::CodecOutput& out) const { return out.append(json); }
  sessions::Status decode(std::string_view bytes, sessions::CodecOutput& out) const { return out.append(bytes); }
};

struct Store {
  void get(sessions::StoreKey /*key*/, sessions::StoreCall call) { call.missing(); }
  void put(const sessions::StorePut& /*put*/, sessions::StoreCall call) { call.done(); }
  void remove(sessions::StoreKey /*key*/, std::uint64_t /*expected*/, sessions::StoreCall call) { call.done(); }
};

bool counts() {
  auto backend = sessions::Backend::make_custom(Store());
  auto config = sessions::Config::make();
  if (!backend || !config || !config->set_plain_http() || !config->set_codec(Codec()) ||
      !config->set_clock([] { return 1'700'000'000; }) ||
      !config->set_random([](void* /*bytes*/, std::size_t /*size*/) { return true; }) ||
      !config->set_log([](sessions::LogLevel /*level*/, std::string_view message) { std::puts(message.data()); })) {
    return false;
  }
  auto manager = sessions::Manager::make(*backend, *config);
  auto session = manager ? manager->load("") : std::move(manager).error();
  return session && session->set("n", 1) && session->increment("n").value_or(0) == 2 && session->commit() &&
         session->cookie_lines().size() == 1;
}

}  // namespace

int main() { return counts() ? 0 : 1; }
