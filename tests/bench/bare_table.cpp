#include "bare_table.hpp"

#include <base/base64url.hpp>
#include <ctime>

namespace bench {

namespace {

constexpr std::int64_t lifetime = 1'209'600;
constexpr std::string_view cookie_name = "__Host-session";
constexpr std::string_view after_value = "; Max-Age=1209600; Path=/; Secure; HttpOnly; SameSite=Lax";

char* write(char* at, std::string_view text) noexcept {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

}  // namespace

BareTable::Worker::Worker() : sha256_(EVP_sha256()), context_(EVP_MD_CTX_new()) {
  EVP_DigestInit_ex2(context_.get(), sha256_, nullptr);
}

BareTable::Key BareTable::Worker::key_of(std::string_view id_text, bool& good) {
  Key id{};
  good = sessions::base64url_decode(id_text, sessions::Padding::none, id) == id.size();
  // With no algorithm given the context keeps the one that it has fetched.
  EVP_DigestInit_ex2(context_.get(), nullptr, nullptr);
  EVP_DigestUpdate(context_.get(), id.data(), id.size());
  EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(id.data()), nullptr);
  return id;
}

BareTable::Head BareTable::head_of(const Record& record) noexcept {
  Head head{};
  std::memcpy(&head, record.get(), sizeof head);
  return head;
}

void BareTable::create(const Key& key, const Payload& payload) {
  std::string fields;
  for (const auto& [name, value] : payload.fields) {
    const Lengths lengths{static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(value.size())};
    fields.append(reinterpret_cast<const char*>(&lengths), sizeof lengths).append(name).append(value);
  }
  const std::int64_t now = std::time(nullptr);
  const Head head{now, now + lifetime, fields.size()};
  auto record = std::make_shared_for_overwrite<char[]>(sizeof head + fields.size());
  std::memcpy(record.get(), &head, sizeof head);
  write(record.get() + sizeof head, fields);
  Shard& home = shard(key);
  const std::lock_guard lock(home.mutex);
  home.records.emplace(key, std::move(record));
}

BareTable::Record BareTable::with(const Record& record, std::int64_t expires, std::string_view key,
                                  std::string_view value) {
  Head head = head_of(record);
  const char* const begin = record.get() + sizeof head;
  const char* const end = begin + head.size;
  const char* at = begin;
  Lengths lengths{};
  for (; at != end; at += sizeof lengths + lengths.key + lengths.value) {
    std::memcpy(&lengths, at, sizeof lengths);
    if (std::string_view(at + sizeof lengths, lengths.key) == key) {
      break;
    }
  }
  const char* const rest = at == end ? end : at + sizeof lengths + lengths.key + lengths.value;
  head.size = static_cast<std::size_t>(at - begin) + sizeof lengths + key.size() + value.size() +
              static_cast<std::size_t>(end - rest);
  head.expires = expires;
  lengths = {static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(value.size())};
  auto changed = std::make_shared_for_overwrite<char[]>(sizeof head + head.size);
  char* out = changed.get();
  out = write(out, {reinterpret_cast<const char*>(&head), sizeof head});
  out = write(out, {begin, at});
  out = write(out, {reinterpret_cast<const char*>(&lengths), sizeof lengths});
  out = write(out, key);
  out = write(out, value);
  write(out, {rest, end});
  return changed;
}

bool BareTable::request(Worker& worker, std::string_view cookie_header, std::string_view key, std::string_view value) {
  const std::string_view id_text = find_cookie(cookie_header, cookie_name);
  bool good = false;
  const Key home_key = worker.key_of(id_text, good);
  Shard& home = shard(home_key);
  const std::int64_t now = std::time(nullptr);

  // Two turns at the lock, as a request loads first and commits when its work is done.
  Record loaded;
  {
    const std::lock_guard lock(home.mutex);
    const auto found = home.records.find(home_key);
    if (!good || found == home.records.end()) {
      return false;
    }
    loaded = found->second;
  }
  if (head_of(loaded).expires < now) {
    return false;
  }
  Record former;
  {
    const std::lock_guard lock(home.mutex);
    const auto found = home.records.find(home_key);
    if (found == home.records.end()) {
      return false;
    }
    former = std::exchange(found->second, with(found->second, now + lifetime, key, value));
  }
  worker.line = cookie_name;
  worker.line += '=';
  worker.line += id_text;
  worker.line += after_value;
  return true;
}

}  // namespace bench
