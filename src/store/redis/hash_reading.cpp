#include <array>
#include <store/redis/command.hpp>
#include <store/redis/hash_reading.hpp>
#include <store/redis/server_error.hpp>
#include <utility>

namespace sessions::store::redis {

void HashReading::start() noexcept {
  is_echoed_ = false;
  result_.reset();
}

std::string HashReading::command() const {
  std::string command = redis::command(std::array<std::string_view, 2>{"HGETALL", key_.text()});
  if (is_echoed_) {
    command += format_echo(to_bytes(attempt_));
  }
  return command;
}

Request::Next HashReading::take(const Reply& reply) {
  switch (reply.kind()) {
    case Reply::Kind::array:
      return take_hash(reply);
    case Reply::Kind::error:
      if (result_) {
        return Request::Next::done;
      }
      result_ = server_error(reply.text());
      return is_echoed_ ? Request::Next::more : Request::Next::done;
    case Reply::Kind::string:
      return is_echoed_ && result_ && reply.text() == to_bytes(attempt_) ? Request::Next::done : Request::Next::foreign;
    default:
      return Request::Next::foreign;
  }
}

Request::Next HashReading::take_hash(const Reply& hash) {
  if (result_) {
    return Request::Next::foreign;
  }
  std::optional<Result<Record>> record = hash.size() == 0 ? std::nullopt : read_hash(hash, key_);
  if (!record && !is_echoed_) {
    is_echoed_ = true;
    return Request::Next::again;
  }
  if (hash.size() == 0) {
    result_ = std::optional<Record>();
  } else if (!record) {
    result_ = unreadable(Status::corrupt);
  } else {
    result_ = *record ? Result<std::optional<Record>>(std::move(**record)) : std::move(record->error());
  }
  return is_echoed_ ? Request::Next::more : Request::Next::done;
}

}  // namespace sessions::store::redis
