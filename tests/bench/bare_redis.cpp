#include "bare_redis.hpp"

#include <array>
#include <ctime>
#include <random>
#include <stdexcept>
#include <store/redis/scripts.hpp>

namespace bench {

namespace {

constexpr std::uint64_t lifetime = 1'209'600;

std::string_view text_of(const redisReply* reply) noexcept { return {reply->str, reply->len}; }

std::span<redisReply*> elements_of(const redisReply* reply) noexcept {
  return reply->type == REDIS_REPLY_ARRAY ? std::span(reply->element, reply->elements) : std::span<redisReply*>();
}

// The value of a hash's field, empty when there is none.
std::string_view find(const redisReply* hash, std::string_view field) noexcept {
  const std::span<redisReply*> elements = elements_of(hash);
  for (std::size_t i = 0; i + 1 < elements.size(); i += 2) {
    if (text_of(elements[i]) == field) {
      return text_of(elements[i + 1]);
    }
  }
  return {};
}

void append_integer(std::string& bytes, std::uint64_t number, unsigned size) {
  for (unsigned i = size; i > 0; --i) {
    bytes += static_cast<char>(number >> 8U * (i - 1) & 0xffU);
  }
}

std::uint64_t read_integer(std::string_view bytes) noexcept {
  std::uint64_t number = 0;
  for (const char byte : bytes) {
    number = number << 8U | static_cast<unsigned char>(byte);
  }
  return number;
}

// Words as hiredis takes them.
class Arguments {
 public:
  explicit Arguments(Words words) : count_(words.size()) {
    for (std::size_t i = 0; i < count_; ++i) {
      texts_.at(i) = words[i].data();
      sizes_.at(i) = words[i].size();
    }
  }

  int count() const noexcept { return static_cast<int>(count_); }
  const char** texts() noexcept { return texts_.data(); }
  const std::size_t* sizes() const noexcept { return sizes_.data(); }

 private:
  static constexpr std::size_t most = 9;

  std::size_t count_;
  std::array<const char*, most> texts_{};
  std::array<std::size_t, most> sizes_{};
};

class Hiredis final : public RedisClient {
 public:
  explicit Hiredis(const RedisAddress& address)
      : context_(address.transport == "unix" ? redisConnectUnix(address.place.c_str())
                                             : redisConnect("127.0.0.1", std::stoi(address.place))) {
    if (context_ == nullptr || context_->err != 0) {
      throw std::runtime_error("hiredis: connect");
    }
  }

  RedisReply ask(Words words) override {
    Arguments arguments(words);
    void* reply = nullptr;
    if (redisAppendCommandArgv(context_.get(), arguments.count(), arguments.texts(), arguments.sizes()) != REDIS_OK ||
        redisGetReply(context_.get(), &reply) != REDIS_OK) {
      throw std::runtime_error("hiredis: the connection is broken");
    }
    return RedisReply(static_cast<redisReply*>(reply));
  }

 private:
  struct Free {
    void operator()(redisContext* context) const noexcept { redisFree(context); }
  };

  std::unique_ptr<redisContext, Free> context_;
};

class OverLink final : public RedisClient {
 public:
  explicit OverLink(const RedisAddress& address) : link_(connect(address)) {}

  RedisReply ask(Words words) override {
    link_->send(redis_command(words));
    while (true) {
      if (RedisReply reply = reader_.next()) {
        return reply;
      }
      reader_.feed(*link_);
    }
  }

 private:
  std::unique_ptr<Link> link_;
  ReplyReader reader_;
};

}  // namespace

ReplyReader::ReplyReader() : reader_(redisReaderCreate()) {
  if (reader_ == nullptr) {
    throw std::bad_alloc();
  }
}

void ReplyReader::feed(Link& link) {
  std::array<char, std::size_t{16} << 10U> room;
  if (redisReaderFeed(reader_.get(), room.data(), link.receive(room)) != REDIS_OK) {
    throw std::runtime_error("redisReader: feed");
  }
}

RedisReply ReplyReader::next() {
  void* reply = nullptr;
  if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
    throw std::runtime_error("redisReader: no reply of Redis");
  }
  return RedisReply(static_cast<redisReply*>(reply));
}

std::string redis_command(Words words) {
  Arguments arguments(words);
  char* formatted = nullptr;
  const auto size = redisFormatCommandArgv(&formatted, arguments.count(), arguments.texts(), arguments.sizes());
  if (size < 0) {
    throw std::bad_alloc();
  }
  const std::unique_ptr<char, void (*)(char*)> owned(formatted, &redisFreeCommand);
  return {formatted, static_cast<std::size_t>(size)};
}

std::unique_ptr<RedisClient> connect_for_one(const RedisAddress& address) {
  if (address.transport == "tls") {
    return std::make_unique<OverLink>(address);
  }
  return std::make_unique<Hiredis>(address);
}

BareRedis::BareRedis(std::shared_ptr<RedisClient> client)
    : client_(std::move(client)), script_digest_(sessions::store::redis::Scripts::make()->commit.digest) {
  std::random_device random;
  append_integer(writer_, random(), 4);
  append_integer(writer_, random(), 4);
}

std::vector<std::string> BareRedis::keys(std::string_view prefix) {
  const std::string pattern = std::string(prefix) + "*";
  const RedisReply reply = client_->ask(std::array<std::string_view, 2>{"KEYS", pattern});
  std::vector<std::string> keys;
  for (const redisReply* key : elements_of(reply.get())) {
    keys.emplace_back(text_of(key));
  }
  return keys;
}

// The arguments are those of scripts.cpp; each of these callers is a writer of its own.
bool BareRedis::request(std::string_view key, std::string_view field, std::string_view value) {
  const RedisReply hash = client_->ask(std::array<std::string_view, 2>{"HGETALL", key});
  const std::string_view head = find(hash.get(), "@");
  const std::string stored_field = "." + std::string(field);
  const std::string_view stored = find(hash.get(), stored_field);
  if (head.size() != 60 || stored.empty()) {
    return false;
  }
  const auto now = static_cast<std::uint64_t>(std::time(nullptr));
  std::string token = writer_;
  append_integer(token, ++sequence_, 8);
  const std::string_view seen = stored.substr(stored.find(':') + 1);
  std::string work = token;
  work.append(head.substr(0, 24)).append(head.substr(0, 18));
  append_integer(work, read_integer(head.substr(18, 6)) + 1, 6);
  append_integer(work, sequence_, 8);
  append_integer(work, now, 6);
  append_integer(work, now + lifetime, 6);
  append_integer(work, 65'536, 6);
  work += "p-";
  append_integer(work, 1, 4);
  append_integer(work, token.size() + 5, 4);
  work.append("s").append(token);
  append_integer(work, now, 5);
  append_integer(work, seen.size(), 4);
  work += seen;
  const RedisReply committed =
      client_->ask(std::array<std::string_view, 7>{"EVALSHA", script_digest_, "1", key, work, stored_field, value});
  const std::span<redisReply*> answer = elements_of(committed.get());
  return answer.size() == 3 && text_of(answer[0]) == token && text_of(answer[1]) == "applied";
}

}  // namespace bench
