#include <iterator>
#include <store/redis/hash.hpp>
#include <store/redis/put_arguments.hpp>
#include <store/redis/writer.hpp>

namespace sessions::store::redis {

PutArguments::PutArguments(std::string_view token, const Attempt& attempt, const std::optional<Record::Head>& former,
                           const Record& record, std::string_view tag, std::int64_t now,
                           std::optional<std::int64_t> ended_until) {
  std::string expected;
  if (former) {
    append_hex(expected, former->generation);
    expected.append(" ").append(std::to_string(former->version));
  }
  texts_ = {std::string(token),
            to_text(attempt),
            expected,
            std::to_string(now),
            std::to_string(record.expires()),
            ended_until ? std::to_string(*ended_until) : std::string()};
  std::vector<std::string> hash = format_hash(record, tag, attempt, now);
  texts_.insert(texts_.end(), std::make_move_iterator(hash.begin()), std::make_move_iterator(hash.end()));
  words_.assign(texts_.begin(), texts_.end());
}

}  // namespace sessions::store::redis
