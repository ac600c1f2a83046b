#include <crypto/digest.hpp>
#include <store/redis/scripts.hpp>

namespace sessions::store::redis {

namespace {

// Heads, as hash.hpp says they are written. Numbers of 15 digits are exact.
constexpr std::string_view common = R"lua(
local function parse(head)
  local h = {}
  h.tag, h.generation, h.version, h.created, h.written, h.deadline, h.expires, h.flags, h.next, h.bytes, h.applied =
    string.match(head, '^1 (%S+) (%x+) (%d+) (%d+) (%d+) (%S+) (%d+) (%S+) (%d+) (%d+)(.*)$')
  if not h.tag or #h.version > 15 or #h.written > 15 or #h.expires > 15 or #h.next > 15 or #h.bytes > 15 then
    return nil
  end
  h.written, h.expires, h.last = tonumber(h.written), tonumber(h.expires), tonumber(h.deadline) or math.huge
  h.next, h.bytes = tonumber(h.next), tonumber(h.bytes)
  h.is_ended = h.flags == 'e'
  return h
end

local function format(h)
  return string.format('1 %s %s %s %s %.0f %s %.0f %s %.0f %.0f%s', h.tag, h.generation, h.version, h.created,
    h.written, h.deadline, h.expires, h.flags, h.next, h.bytes, h.applied)
end

local function next_version(h)
  return string.format('%.0f', tonumber(h.version) + 1)
end

local function is_alive(h, now)
  return not h.is_ended and h.expires >= now and h.last >= now
end

local function was_applied(applied, attempt)
  return attempt ~= '' and string.find(applied, ' ' .. attempt .. ':', 1, true)
end

local function missing(key)
  return redis.call('EXISTS', key) == 1 and 'corrupt' or 'gone'
end

-- calls command(key, words...), not more at once than Lua's stack takes
local function call(command, key, words)
  for i = 1, #words, 1000 do
    redis.call(command, key, unpack(words, i, math.min(i + 999, #words)))
  end
end

-- this is only garbage collection: our clock may be another than the server's. It is also done where all is done
-- already: WAIT waits for what its own connection has written, which must not be nothing
local function expire(key, expires, now)
  redis.call('PEXPIRE', key, string.format('%.0f', 1000 * math.max(1, math.min(expires - now + 1, 1e11))))
end

local function bury(key, h, expires, now, applied)
  h.version, h.written, h.expires, h.flags, h.next, h.bytes = next_version(h), now, expires, 'e', 0, 0
  h.applied = applied
  redis.call('DEL', key)
  redis.call('HSET', key, '@', format(h))
  expire(key, expires, now)
end
)lua";

// KEYS: the hash; where it moves to, if it does.
// ARGV: 1 token, 2 attempt or '', 3 settled, 4 generation, 5 version, 6 now, 7 expires, 8 most bytes or '', 9 only
// version or '', 10 flags: c clear, k there is a codec: whatever changes leaves all values coded; when it moves 11 the
// new generation, 12 the new tag, 13 until when the tombstone stays; 14 how many preconditions; then for each field,
// value or ''; then for each change s(et)|r(emove)|i(ncrement), field, value or delta, what was seen or ''. Answers
// token, outcome and: applied: the head; merged, conflict: the hash, keys; duplicate: the hash; corrupt: the head. The
// outcomes are those of Committed, and type, range, limit, busy, corrupt, coded, taken.
constexpr std::string_view commit = R"lua(
local from, to = KEYS[1], KEYS[2]
local token, attempt, settled, generation, version = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local now, expires, most_bytes, only_version, flags = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9], ARGV[10]
local clear = string.find(flags, 'c', 1, true)
local first_change = 15 + 2 * tonumber(ARGV[14])

if to then
  local head = redis.call('HGET', to, '@')
  local h = head and parse(head)
  if h and was_applied(h.applied, attempt) then
    expire(to, h.expires, now)
    return {token, 'duplicate', redis.call('HGETALL', to)}
  end
end

local names, is_named = {'@'}, {}
local function name(field)
  if not is_named[field] then
    is_named[field] = true
    names[#names + 1] = field
  end
end
for i = 15, first_change - 1, 2 do name(ARGV[i]) end
for i = first_change, #ARGV, 4 do name(ARGV[i + 1]) end

local raw, text, ordinal = {}, {}, {}
for i = 1, #names, 1000 do
  local last = math.min(i + 999, #names)
  local values = redis.call('HMGET', from, unpack(names, i, last))
  for j = i, last do raw[names[j]] = values[j - i + 1] end
end
if not raw['@'] then return {token, missing(from), ''} end
local h = parse(raw['@'])
if not h then return {token, 'corrupt', raw['@']} end
if not is_alive(h, now) then return {token, 'gone'} end
if h.generation ~= generation then return {token, 'stale'} end
if was_applied(h.applied, attempt) then return {token, 'duplicate', redis.call('HGETALL', from)} end
if h.flags == 'c' and not string.find(flags, 'k', 1, true) then return {token, 'coded'} end
for i = 2, #names do
  local stored = raw[names[i]]
  if stored then
    local colon = string.find(stored, ':', 1, true)
    if not colon then return {token, 'corrupt', ''} end
    ordinal[names[i]], text[names[i]] = string.sub(stored, 1, colon - 1), string.sub(stored, colon + 1)
  end
end

local keys = {}
for i = 15, first_change - 1, 2 do
  if (text[ARGV[i]] or '') ~= ARGV[i + 1] then keys[#keys + 1] = string.sub(ARGV[i], 2) end
end
if #keys > 0 or (only_version ~= '' and only_version ~= h.version) then
  return {token, 'conflict', redis.call('HGETALL', from), keys}
end

-- a removal beats the edit of a writer who had still seen the field; replacing everything is no edit
local is_first, is_beaten = h.version == version, {}
if not is_first then
  local is_contested = {}
  for i = first_change, #ARGV, 4 do
    local kind, field, seen = ARGV[i], ARGV[i + 1], ARGV[i + 3]
    is_beaten[i] = not clear and seen ~= '' and kind ~= 'r' and not text[field]
    local contested = is_beaten[i]
    if kind ~= 'i' then contested = (text[field] or '') ~= seen end
    if contested and not is_contested[field] then
      is_contested[field] = true
      keys[#keys + 1] = string.sub(field, 2)
    end
  end
end

-- what is too long for a double is left to Redis
local function add(number, delta)
  if not string.find(number, '^[-%d]') then return nil, 'type' end
  if not string.find(number, '^%-?%d+$') then return nil, 'range' end
  if #number < 16 and #delta < 16 then return string.format('%.0f', tonumber(number) + tonumber(delta)) end
  redis.call('HSET', from, '!', number == '-0' and '0' or number)
  local done = redis.pcall('HINCRBY', from, '!', delta)
  local sum = redis.call('HGET', from, '!')
  redis.call('HDEL', from, '!')
  if type(done) ~= 'table' then return sum end
  if string.find(done.err, 'overflow', 1, true) or string.find(done.err, 'integer', 1, true) then return nil, 'range' end
  return nil, done
end

local count, bytes, next = 0, h.bytes, h.next
if clear then text, ordinal, bytes = {}, {}, 0 end
for i = first_change, #ARGV, 4 do
  local kind, field, value = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local old = text[field]
  if is_beaten[i] then
  elseif kind == 'r' then
    if old then
      text[field], ordinal[field] = nil, nil
      count, bytes = count - 1, bytes - #field + 1 - #old
    end
  else
    if kind == 'i' and old then
      local refusal
      value, refusal = add(old, value)
      if type(refusal) == 'table' then return refusal end
      if refusal then return {token, refusal} end
    end
    if old then
      bytes = bytes - #old + #value
    else
      ordinal[field] = string.format('%.0f', next)
      next, count, bytes = next + 1, count + 1, bytes + #field - 1 + #value
    end
    text[field] = value
  end
end

if most_bytes and bytes > most_bytes and bytes > h.bytes then return {token, 'limit'} end
if count > 0 then
  local former = redis.call('HLEN', from) - 1
  local all = clear and count or former + count
  if all > 1024 and all > former then return {token, 'limit'} end
end

if attempt ~= '' then
  local writer, applied = string.sub(attempt, 1, 16), {}
  for w, s, t in string.gmatch(h.applied, ' (%x+):(%d+):(%d+)') do
    local is_settled = w == writer and (#s < #settled or (#s == #settled and s < settled))
    if not is_settled and tonumber(t) + 60 >= now then applied[#applied + 1] = ' ' .. w .. ':' .. s .. ':' .. t end
  end
  if #applied >= 128 then return {token, 'busy'} end
  applied[#applied + 1] = ' ' .. attempt .. ':' .. ARGV[6]
  h.applied = table.concat(applied)
end
if to and redis.call('EXISTS', to) == 1 then return {token, 'taken'} end

if clear or first_change <= #ARGV then
  h.version = next_version(h)
  if string.find(flags, 'k', 1, true) then h.flags = 'c' end
end
h.written, h.expires, h.next, h.bytes = math.max(h.written, now), math.min(expires, h.last), next, bytes
local old_tag, target = h.tag, to or from
if to then h.generation, h.tag = ARGV[11], ARGV[12] end
local head = format(h)
local set, removed = {'@', head}, {}
for i = 2, #names do
  local field = names[i]
  local stored = text[field] and ordinal[field] .. ':' .. text[field]
  if stored and stored ~= raw[field] then
    set[#set + 1], set[#set + 2] = field, stored
  elseif raw[field] and not stored then
    removed[#removed + 1] = field
  end
end
if clear then
  redis.call('DEL', from)
elseif to then
  redis.call('RENAME', from, to)
end
call('HDEL', target, removed)
call('HSET', target, set)
expire(target, h.expires, now)
if to then
  h.tag = old_tag
  bury(from, h, tonumber(ARGV[13]), now, '')
end
if is_first then return {token, 'applied', head} end
return {token, 'merged', redis.call('HGETALL', target), keys}
)lua";

// KEYS: the hash. ARGV: 1 token, 2 attempt, 3 now, 4 expires, 5 head, then field, value...
// Answers token and: done, taken.
constexpr std::string_view create = R"lua(
local key = KEYS[1]
local head = redis.call('HGET', key, '@')
if head and was_applied(head, ARGV[2]) then return {ARGV[1], 'done'} end
if redis.call('EXISTS', key) == 1 then return {ARGV[1], 'taken'} end
local words = {'@'}
for i = 5, #ARGV do words[#words + 1] = ARGV[i] end
call('HSET', key, words)
expire(key, tonumber(ARGV[4]), tonumber(ARGV[3]))
return {ARGV[1], 'done'}
)lua";

// KEYS: the hash. ARGV: 1 token, 2 attempt, 3 now, 4 until when the tombstone stays.
// Answers token and: ended, gone, or corrupt and the head.
constexpr std::string_view destroy = R"lua(
local key, now = KEYS[1], tonumber(ARGV[3])
local head = redis.call('HGET', key, '@')
if not head then return {ARGV[1], missing(key), ''} end
local h = parse(head)
if not h then return {ARGV[1], 'corrupt', head} end
if h.is_ended then
  expire(key, h.expires, now)
  return {ARGV[1], was_applied(h.applied, ARGV[2]) and 'ended' or 'gone'}
end
local was_alive = is_alive(h, now)
bury(key, h, tonumber(ARGV[4]), now, was_alive and ' ' .. ARGV[2] .. ':' .. ARGV[3] or '')
return {ARGV[1], was_alive and 'ended' or 'gone'}
)lua";

// ARGV: 1 token, 2 cursor, 3 pattern, 4 now, 5 how many to drop at the most, or '' to count.
// Answers token, the next cursor, and how many it dropped, or how many sessions and bytes there are.
constexpr std::string_view scan = R"lua(
local now, most, count, bytes = tonumber(ARGV[4]), tonumber(ARGV[5]), 0, 0
local found = redis.call('SCAN', ARGV[2], 'MATCH', ARGV[3], 'COUNT', 100)
for _, key in ipairs(found[2]) do
  local head = redis.pcall('HGET', key, '@')
  local h = type(head) == 'string' and parse(head)
  if h and most then
    if h.expires < now and count < most then count = count + redis.call('DEL', key) end
  elseif h then
    if not h.is_ended then count = count + 1 end
    bytes = bytes + #key + #head + h.bytes
  end
end
return {ARGV[1], found[1], count, bytes}
)lua";

Script make_script(std::string_view text, const crypto::Digest& sha1) {
  char digest[crypto::sha1_size];
  sha1.compute({common, text}, digest);
  constexpr std::string_view digits = "0123456789abcdef";
  Script script;
  script.text.append(common).append(text);
  for (const char byte : digest) {
    script.digest += digits[static_cast<unsigned char>(byte) >> 4U];
    script.digest += digits[static_cast<unsigned char>(byte) & 0xfU];
  }
  return script;
}

}  // namespace

Result<Scripts> Scripts::make() {
  const auto sha1 = crypto::Digest::make(crypto::Algorithm::sha1);
  if (!sha1) {
    return sha1.error();
  }
  return Scripts{make_script(redis::commit, **sha1), make_script(redis::create, **sha1),
                 make_script(redis::destroy, **sha1), make_script(redis::scan, **sha1)};
}

}  // namespace sessions::store::redis
