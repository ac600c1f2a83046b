// What becomes of replies, whoever they belong to: given by hand, byte for byte.
#pragma once

#include <chrono>
#include <memory>
#include <store/redis/command.hpp>
#include <store/redis/redis.hpp>
#include <store/redis/writer.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "redis_hash.hpp"
#include "store.hpp"

namespace sessions::testing {

inline constexpr std::int64_t now = 1'700'000'000;
inline const store::Key key{'\x01', '\x02'};
inline const store::redis::HashKey hash_key("session:", key);
inline const store::Call call(now, std::chrono::minutes(5));

// Keeps what is submitted.
class Desk final : public store::redis::Transport {
 public:
  void submit(std::unique_ptr<store::redis::Request> request, Lane lane) override {
    request_ = std::move(request);
    lane_ = lane;
  }
  void wait_for(store::Awaited&, Deadline) override {}

  store::redis::Request& request() { return *request_; }
  Lane lane() const { return lane_; }

  // What was sent, word for word, command after command: they are arrays of strings like replies.
  std::vector<std::string> words() const {
    store::redis::ReplyReader reader;
    REQUIRE(reader.feed(request_->command()));
    std::vector<std::string> words;
    for (auto command = reader.next(); command; command = reader.next()) {
      for (std::size_t i = 0; i < command->size(); ++i) {
        words.emplace_back((*command)[i].text());
      }
    }
    return words;
  }

  // What begins the answer of the script that was called, and its first argument.
  std::string token() const { return words().at(3 + std::stoul(words().at(2))).substr(0, store::redis::attempt_size); }

  store::redis::Request::Next take(std::string_view bytes) {
    store::redis::ReplyReader reader;
    REQUIRE(reader.feed(bytes));
    const auto reply = reader.next();
    REQUIRE(reply);
    return request_->take(*reply);
  }

  // What the script answers that scans; `found` is in RESP.
  store::redis::Request::Next take_step(const std::string& cursor, const std::string& found) {
    const std::string token = this->token();
    const std::string begin = store::redis::command(std::vector<std::string_view>{token, cursor}).substr(4);
    return take("*3\r\n" + begin + found);
  }

  store::redis::Request::Next take_echo(const std::string& token) {
    return take("$" + std::to_string(token.size()) + "\r\n" + token + "\r\n");
  }

  // An array of strings.
  store::redis::Request::Next take_array(std::vector<std::string_view> words) {
    return take(store::redis::command(words));
  }

 private:
  std::unique_ptr<store::redis::Request> request_;
  Lane lane_ = Lane::shared;
};

// A store whose requests lie on a desk.
struct DeskWorld {
  explicit DeskWorld(store::redis::StoreOptions options = {})
      : store(*store::redis::Redis::make(desk, std::move(options))) {}

  template <class T, class Start>
  std::shared_ptr<store::Answer<T>> ask(Start start) {
    auto answer = std::make_shared<store::Answer<T>>();
    start(store::Completion<T>(answer));
    return answer;
  }

  auto load() {
    return ask<std::optional<store::Record>>([&](auto done) { store->load(key, call, std::move(done)); });
  }
  auto commit() {
    return ask<store::Committed>([&](auto done) {
      const std::vector<store::Change> changes = {{store::Change::Kind::set, "k", "1"}};
      store::Commit commit;
      commit.generation = 255;
      commit.version = 12;
      commit.expires = now + 1'000;
      commit.changes = changes;
      store->commit(key, commit, call, std::move(done));
    });
  }
  auto create() {
    return ask<bool>([&](auto done) {
      const store::Record record({255, 1, {now, now, store::no_deadline, now + 1'000}}, {}, {});
      store->create(key, record, call, std::move(done));
    });
  }
  auto destroy() {
    return ask<store::Destroyed>([&](auto done) { store->destroy(key, now + 60, call, std::move(done)); });
  }

  std::shared_ptr<Desk> desk = std::make_shared<Desk>();
  std::shared_ptr<store::redis::Redis> store;
};

// As long as this one, and another call's.
inline std::string other_token(std::string token) {
  token.back() = static_cast<char>(token.back() ^ 1);
  return token;
}

inline const std::string head = golden_head();
inline const std::string head_of_other = golden_head("AQMAAAAA");

template <class T>
Status status_of(const std::shared_ptr<store::Answer<T>>& answer) {
  REQUIRE(answer->is_delivered());
  const Result<T> reply = answer->take();
  return reply ? Status::ok : reply.error().status;
}

inline store::redis::StoreOptions confirming() { return {"session:", std::chrono::milliseconds(100)}; }

}  // namespace sessions::testing
