#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "bare_redis.hpp"

namespace bench {

namespace {

struct Caller {
  enum class State { waiting, leading, answered };

  void tell(State told) {
    {
      const std::lock_guard lock(mutex);
      state = told;
    }
    changed.notify_one();
  }
  State wait() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return state != State::waiting; });
    return std::exchange(state, State::waiting);
  }

  std::mutex mutex;
  std::condition_variable changed;
  State state = State::waiting;
  RedisReply reply;
};

// Callers append to one buffer. One of those who wait leads: it receives, and hands out the replies; who comes then
// leaves it to the leader to send.
class Pipeline final : public RedisClient {
 public:
  explicit Pipeline(const RedisAddress& address) : link_(connect(address)) {}

  RedisReply ask(Words words) override {
    const std::string command = redis_command(words);
    // Shared, for who wakes it may not have done yet when it goes on.
    static thread_local const auto caller = std::make_shared<Caller>();
    caller->state = Caller::State::waiting;
    std::unique_lock lock(mutex_);
    unsent_ += command;
    callers_.push_back(caller);
    const bool leads = !std::exchange(is_led_, true);
    if (is_receiving_) {
      send(lock);
    }
    lock.unlock();
    if (leads || caller->wait() == Caller::State::leading) {
      lead(*caller);
    }
    return std::move(caller->reply);
  }

 private:
  // Until the caller has been answered; then another one leads.
  void lead(const Caller& caller) {
    std::unique_lock lock(mutex_);
    while (!caller.reply) {
      step(lock);
    }
    send(lock);
    is_led_ = !callers_.empty();
    if (is_led_) {
      const std::shared_ptr<Caller> next = callers_.front();
      lock.unlock();
      next->tell(Caller::State::leading);
    }
  }

  // What comes while one sends goes with it.
  void send(std::unique_lock<std::mutex>& lock) {
    if (is_sending_) {
      return;
    }
    is_sending_ = true;
    while (!unsent_.empty()) {
      sending_.swap(unsent_);
      lock.unlock();
      link_->send(sending_);
      sending_.clear();
      lock.lock();
    }
    is_sending_ = false;
  }

  void step(std::unique_lock<std::mutex>& lock) {
    send(lock);
    is_receiving_ = true;
    lock.unlock();
    reader_.feed(*link_);
    replies_.clear();
    while (RedisReply reply = reader_.next()) {
      replies_.push_back(std::move(reply));
    }
    lock.lock();
    is_receiving_ = false;
    answered_.assign(callers_.begin(), callers_.begin() + static_cast<std::ptrdiff_t>(replies_.size()));
    callers_.erase(callers_.begin(), callers_.begin() + static_cast<std::ptrdiff_t>(replies_.size()));
    lock.unlock();
    for (std::size_t i = 0; i < replies_.size(); ++i) {
      answered_[i]->reply = std::move(replies_[i]);
      answered_[i]->tell(Caller::State::answered);
    }
    lock.lock();
  }

  std::unique_ptr<Link> link_;
  ReplyReader reader_;
  std::vector<RedisReply> replies_;
  std::vector<std::shared_ptr<Caller>> answered_;
  std::mutex mutex_;
  std::string unsent_;
  std::string sending_;
  std::deque<std::shared_ptr<Caller>> callers_;
  bool is_led_ = false;
  bool is_receiving_ = false;
  bool is_sending_ = false;
};

}  // namespace

std::unique_ptr<RedisClient> connect_for_all(const RedisAddress& address) {
  return std::make_unique<Pipeline>(address);
}

}  // namespace bench
