#include <sessions.hpp>

#include "operations.hpp"
#include "ours.hpp"

namespace bench {

namespace {

// Sessions, and the headers of their browsers. C and C++ take turns with the same ones.
struct Requests {
  Requests(std::string_view url, std::string_view secret, const Payload& payload, std::size_t sessions)
      : in_c(url, secret), in_cpp(in_c.lend()) {
    for (std::size_t i = 0; i < sessions; ++i) {
      headers.push_back(in_c.create(payload.json()));
    }
  }
  ~Requests() { static_cast<void>(in_cpp.release()); }
  Requests(const Requests&) = delete;
  Requests& operator=(const Requests&) = delete;
  Requests(Requests&&) = delete;
  Requests& operator=(Requests&&) = delete;

  std::string_view next() noexcept { return headers[++turn % headers.size()]; }

  Ours in_c;
  sessions::Manager in_cpp;
  std::vector<std::string> headers;
  std::size_t turn = 0;
};

std::int64_t next_value(const Requests& requests) noexcept {
  return 1'000'000 + static_cast<std::int64_t>(requests.turn % 1'000'000);
}

bool request_in_c(Requests& requests) {
  std::int64_t value = 0;
  const Session session = requests.in_c.load(requests.next());
  return read(session.get(), value) && change_and_commit(session.get(), next_value(requests));
}

bool request_in_cpp(Requests& requests) {
  auto session = requests.in_cpp.load(requests.next());
  if (!session) {
    return false;
  }
  const auto value = session->get<std::int64_t>(read_key);
  return value && *value && session->set(changed_key, next_value(requests)) && session->commit() &&
         !(*session->cookie_lines().begin()).empty();
}

}  // namespace

std::vector<Operation> binding_operations(const Payload& payload, std::size_t sessions) {
  const auto requests = sessions == 0 ? std::make_shared<Requests>("signed-cookie:", signing_secret, payload, 1)
                                      : std::make_shared<Requests>("memory:", "", payload, sessions);
  const std::string subject = payload.name + (sessions == 0 ? "" : "*" + std::to_string(sessions));
  const Step in_c = [requests] { return request_in_c(*requests); };
  const Step in_cpp = [requests] { return request_in_cpp(*requests); };
  return {{"request/" + subject + "/c", [in_c] { return in_c; }},
          {"request/" + subject + "/cpp", [in_cpp] { return in_cpp; }}};
}

}  // namespace bench
