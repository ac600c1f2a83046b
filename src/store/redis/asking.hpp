// A request that somebody waits for.
#pragma once

#include <memory>
#include <new>
#include <optional>
#include <store/answer.hpp>
#include <store/redis/reply.hpp>
#include <store/redis/request.hpp>
#include <store/redis/server_error.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace sessions::store::redis {

// What is made of it says how to go on after each reply; it gives the answer with answer(), or leaves the rest to who
// waits, and is done.
template <class T>
class Asking : public Request {
 public:
  const std::string& command() const noexcept final { return command_; }

  Next take(const Reply& reply) final {
    try {
      const Next next = go_on(reply);
      if (next == Next::done && answer_) {
        give(std::move(done_), std::move(*answer_));
      }
      return next;
    } catch (const std::bad_alloc&) {
      // What was written stays written.
      done_(Error{writes() ? Status::unknown : Status::nomem, {}});
      return Next::done;
    }
  }

  void confirm() noexcept final { give(std::move(done_), std::move(*answer_)); }

  void fail(Error error) noexcept final { give(std::move(done_), failed(std::move(error))); }

  Awaited* awaited() const noexcept final { return done_.awaited(); }

 protected:
  Asking(Deadline deadline, bool writes, Completion<T> done) : Request(deadline, writes), done_(std::move(done)) {}

  void send(std::string command) noexcept { command_ = std::move(command); }
  void append(std::string_view command) { command_ += command; }

  // What the server refuses now it may have done before.
  Next refuse(const Reply& error) {
    return answer(may_be_done() ? Error{Status::unknown, {}} : server_error(error.text()));
  }

  Next answer(Result<T> answer) {
    answer_.emplace(std::move(answer));
    return Next::done;
  }

  // Instead of an answer: who waits goes on.
  Next leave(std::unique_ptr<Rest<T>> rest) noexcept {
    done_.leave(std::move(rest));
    return Next::done;
  }

  bool has_answer() const noexcept { return answer_.has_value(); }
  std::optional<Result<T>>& answer() noexcept { return answer_; }

 private:
  virtual Next go_on(const Reply& reply) = 0;

  virtual void give(Completion<T> done, Result<T> answer) noexcept { done(std::move(answer)); }

  // What is known when the answer does not come.
  virtual Result<T> failed(Error error) noexcept { return error; }

  Completion<T> done_;
  std::optional<Result<T>> answer_;
  std::string command_;
};

}  // namespace sessions::store::redis
