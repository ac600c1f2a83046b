#include <array>
#include <iterator>
#include <optional>
#include <store/codec.hpp>
#include <store/redis/requests.hpp>
#include <store/redis/script_call.hpp>
#include <vector>

namespace sessions::store::redis {

namespace {

// Runs a script whose answer is one word, or an error in its place.
template <class T>
class Write final : public ScriptCall<T> {
 public:
  // None when no script of ours answers so.
  using Meaning = std::optional<Result<T>> (*)(const Reply& reply, std::string_view outcome);

  Write(Means means, const Call& call, Completion<T> done, Meaning meaning)
      : ScriptCall<T>(call.deadline(), true, std::move(done), std::move(means.scripts), std::move(means.ticket)),
        meaning_(meaning) {}

 private:
  Request::Next read(const Reply& reply, std::string_view outcome) override {
    std::optional<Result<T>> meant = meaning_(reply, outcome);
    return meant ? this->answer(std::move(*meant)) : Request::Next::foreign;
  }

  const Meaning meaning_;
};

std::optional<Result<bool>> was_created(const Reply&, std::string_view outcome) {
  return outcome == "done" || outcome == "taken" ? std::optional(Result<bool>(outcome == "done")) : std::nullopt;
}

std::optional<Result<Destroyed>> was_destroyed(const Reply& reply, std::string_view outcome) {
  if (outcome == "corrupt" && reply.size() == 3) {
    const Result<HashHead> head = parse_head(reply[2].text());
    return head ? unreadable(Status::corrupt) : head.error();
  }
  return outcome == "ended" || outcome == "gone" ? std::optional(Result(Destroyed{outcome == "ended"})) : std::nullopt;
}

}  // namespace

std::unique_ptr<Request> make_create(Means means, const HashKey& key, const Record& record, const Call& call,
                                     Completion<bool> done) {
  auto request = std::make_unique<Write<bool>>(std::move(means), call, std::move(done), &was_created);
  const Result<Record> stored = encode_values(record, call.codec());
  if (!stored) {
    request->fail(stored.error());
    return nullptr;
  }
  std::vector<std::string> texts = {request->token(), to_bytes(request->attempt()), std::to_string(call.now()),
                                    std::to_string(record.expires())};
  std::vector<std::string> hash = format_hash(*stored, key.tag(), request->attempt());
  texts.insert(texts.end(), std::make_move_iterator(hash.begin()), std::make_move_iterator(hash.end()));
  const std::vector<std::string_view> arguments(texts.begin(), texts.end());
  const std::string_view name = key.text();
  request->call(request->scripts().create, {&name, 1}, arguments);
  return request;
}

std::unique_ptr<Request> make_destroy(Means means, const HashKey& key, std::int64_t ended_until, const Call& call,
                                      Confirmation confirmation, Completion<Destroyed> done) {
  auto request = std::make_unique<Write<Destroyed>>(std::move(means), call, std::move(done), &was_destroyed);
  request->confirm_within(confirmation);
  std::string entry;
  append_undated(entry, request->attempt());
  const std::string now = std::to_string(call.now());
  const std::string until = std::to_string(ended_until);
  const std::array<std::string_view, 4> arguments = {request->token(), entry, now, until};
  const std::string_view name = key.text();
  request->call(request->scripts().destroy, {&name, 1}, arguments);
  return request;
}

}  // namespace sessions::store::redis
