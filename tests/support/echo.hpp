// A server that is asked for echoes, over the transport that users have.
#pragma once

#include <chrono>
#include <memory>
#include <store/redis/command.hpp>
#include <store/redis/multiplexer.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scripted_server.hpp"
#include "temporary_directory.hpp"

namespace sessions::testing {

using Asked = std::shared_ptr<store::Answer<std::string>>;

// Sends words, and is answered with the text of the reply, which repeats the last word unless it is an error.
class Echo final : public store::redis::Request {
 public:
  Echo(const std::vector<std::string_view>& words, Deadline deadline, bool writes, const Asked& answer,
       std::chrono::milliseconds confirmation = std::chrono::milliseconds(0))
      : Request(deadline, writes), command_(store::redis::command(words)), last_(words.back()), done_(answer) {
    confirm_within(confirmation);
  }

  const std::string& command() const noexcept override { return command_; }

  Next take(const store::redis::Reply& reply) override {
    if (reply.is_error("AGAIN")) {
      return Next::again;
    }
    if (reply.text() != last_) {
      return Next::foreign;
    }
    if (confirmation().count() > 0) {
      return Next::unconfirmed;
    }
    done_(std::string(reply.text()));
    return Next::done;
  }

  void confirm() noexcept override { done_(last_ + ", confirmed"); }
  void fail(Error error) noexcept override { done_(std::move(error)); }
  store::Awaited* awaited() const noexcept override { return done_.awaited(); }

 private:
  const std::string command_;
  const std::string last_;
  store::Completion<std::string> done_;
};

struct EchoWorld {
  using milliseconds = std::chrono::milliseconds;
  using Lane = store::redis::Transport::Lane;

  static constexpr milliseconds usual_timeout{2'000};

  EchoWorld() { options.path = path; }

  store::redis::Multiplexer& client() {
    if (!multiplexer) {
      multiplexer = std::make_unique<store::redis::Multiplexer>(options, nullptr, server.environment());
    }
    return *multiplexer;
  }

  Asked submit(const std::string& text, bool writes = false, milliseconds timeout = usual_timeout) {
    auto answer = std::make_shared<store::Answer<std::string>>();
    const std::vector<std::string_view> words = {"ECHO", text};
    client().submit(std::make_unique<Echo>(words, server.now() + timeout, writes, answer), Lane::shared);
    return answer;
  }

  Asked submit_to_confirm(const std::string& text, milliseconds confirmation,
                          milliseconds timeout = std::chrono::minutes(1)) {
    auto answer = std::make_shared<store::Answer<std::string>>();
    const std::vector<std::string_view> words = {"ECHO", text};
    client().submit(std::make_unique<Echo>(words, server.now() + timeout, true, answer, confirmation),
                    Lane::confirming);
    return answer;
  }

  // The text, or the number of the status and the message.
  std::string wait(const Asked& asked, milliseconds timeout = usual_timeout) {
    client().wait_for(*asked, server.now() + timeout);
    if (!asked->is_delivered()) {
      return "nothing";
    }
    Result<std::string> reply = asked->take();
    return reply ? *reply : std::to_string(static_cast<int>(reply.error().status)) + " " + reply.error().message;
  }

  std::string ask(const std::string& text, bool writes = false, milliseconds timeout = usual_timeout) {
    return wait(submit(text, writes, timeout), timeout);
  }

  // Answers ECHO, and everything else as usual.
  static std::string echo(const std::vector<std::string>& words) {
    return words.front() == "ECHO" ? ScriptedServer::bulk(words.back()) : ScriptedServer::usual(words);
  }

  TemporaryDirectory directory;
  std::string path = directory.file("s");
  ScriptedServer server{path};
  store::redis::Options options;
  std::unique_ptr<store::redis::Multiplexer> multiplexer;
};

inline bool begins(const std::string& text, Status status) {
  return text.starts_with(std::to_string(static_cast<int>(status)) + " ");
}

}  // namespace sessions::testing
