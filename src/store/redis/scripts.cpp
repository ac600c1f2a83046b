#include <crypto/digest.hpp>
#include <store/redis/scripts.hpp>

namespace sessions::store::redis {

namespace {

// Heads and what is remembered of commits are as hash.hpp says. Numbers below 2^53 are exact. Functions cost each call
// that defines them, so what is called most defines the fewest.
constexpr std::string_view memory = R"lua(
local function was_applied(applied, attempt)
  local at = attempt ~= '' and string.find(applied, attempt, 1, true)
  while at and at % 21 ~= 1 do at = string.find(applied, attempt, at + 1, true) end
  return at
end

-- what is to be remembered after one more commit, or nil when that is too much. Clocks of clients differ, so that the
-- server's counts; it is asked by the next commit, which is early enough and seldom needs to know
local function remember(applied, entry, settled)
  local writer, kept, now = string.sub(entry, 1, 8), {}
  for i = 1, #applied, 21 do
    local other, sequence, time = struct.unpack('>c8I8I5', applied, i)
    if other ~= writer or sequence >= settled then
      now = now or tonumber(redis.call('TIME')[1])
      if time == 0 then time = now end
      if time + 60 >= now then kept[#kept + 1] = string.sub(applied, i, i + 15) .. struct.pack('>I5', time) end
    end
  end
  return #kept < 1024 and table.concat(kept) .. entry or nil
end

-- this is only garbage collection: our clock may be another than the server's. To the end of a minute, so that commits
-- within one move it once, and of the next one, so that clients' clocks may differ by as much. It is also done where
-- all is done already: WAIT waits for what its own connection has written, which must not be nothing
local function expire(key, expires, now)
  redis.call('PEXPIRE', key, 1000 * math.max(1, math.min(expires - expires % 60 + 120 - now, 1e11)))
end
)lua";

constexpr std::string_view heads = R"lua(
local function parse(head)
  local h = {}
  if #head ~= 60 or string.sub(head, 1, 1) ~= '1' then return nil end
  h.flag, h.tag, h.generation, h.version, h.created, h.last, h.written, h.expires, h.next, h.bytes =
    struct.unpack('>c1c8c8I6I6I6I6I6I6I6', head, 2)
  if not string.find(h.flag, '^[-ec]$') then return nil end
  h.is_ended = h.flag == 'e'
  return h
end

local function format(h)
  return struct.pack('>c1c1c8c8I6I6I6I6I6I6I6', '1', h.flag, h.tag, h.generation, h.version, h.created, h.last,
    h.written, h.expires, h.next, h.bytes)
end

local function is_alive(h, now)
  return not h.is_ended and h.expires >= now and h.last >= now
end

-- nil when it is none that a script has written
local function applied_to(key)
  local applied = redis.call('HGET', key, '+') or ''
  return #applied % 21 == 0 and applied or nil
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

local function bury(key, h, expires, now, applied)
  h.version, h.written, h.expires, h.flag, h.next, h.bytes = h.version + 1, now, expires, 'e', 0, 0
  redis.call('DEL', key)
  redis.call('HSET', key, '@', format(h))
  if applied ~= '' then redis.call('HSET', key, '+', applied) end
  expire(key, expires, now)
end
)lua";

// KEYS: the hash; where it moves to, if it does.
// ARGV: 1 in one word, since each costs: token c16, how the head begins that is expected, when it is flagged with '-',
// how it begins then, settled u64, now, expires and most bytes u48, flags, how many changes u32, how many bytes are to
// be remembered of this commit u32, for each change s(et)|r(emove)|i(ncrement), what is to be remembered, for each
// change the size u32 of what was seen of it, and that; then the field of each change, the value or delta of each. When
// it is not plain: only version u48 or ''; tag and generation when it moves, and until when the tombstone stays, or ''
// and ''; for each precondition field, value or ''. Answers token, outcome and: applied: the head; merged, conflict:
// the hash, keys; duplicate: the hash; corrupt: the head. The outcomes are those of Committed, and type, range, limit,
// busy, corrupt, coded, taken.
//
// Flags: p- plain, that is, nothing but changes of different fields, and no codec; otherwise c clear or -, then k or -:
// there is a codec, and whatever changes leaves all values coded.
//
// First the most frequent case: a plain commit that nobody was faster than, of fields that are there, and only a small
// number is incremented. All else is left to what follows.
constexpr std::string_view plain_commit = R"lua(
local work, from = ARGV[1], KEYS[1]
local token = string.sub(work, 1, 16)
local settled, now, expires, most_bytes, flags, count, entry_size =
  struct.unpack('>I8I6I6I6c2I4I4', work, 65)
local entry = string.sub(work, 101 + count, 100 + count + entry_size)

if flags == 'p-' then repeat
  local stored = redis.call('HMGET', from, '@', '+', unpack(ARGV, 2, 1 + count))
  local head, applied = stored[1], stored[2]
  if not head or #head ~= 60 or string.sub(head, 1, 24) ~= string.sub(work, 17, 40) then break end
  local last, written, former_expires, next, former_bytes = struct.unpack('>I6I6I6I6I6', head, 31)
  if former_expires < now or last < now then break end
  if not applied or (#applied == 21 and string.sub(applied, 1, 8) == string.sub(entry, 1, 8) and
      struct.unpack('>I8', applied, 9) < settled) then
    applied = entry
  elseif #applied % 21 ~= 0 or was_applied(applied, string.sub(entry, 1, 16)) then
    break
  else
    applied = remember(applied, entry, settled)
    if not applied then break end
  end

  local bytes, set, i = former_bytes, {'@', '', '+', applied}, 1
  while i <= count do
    local old, value, kind = stored[i + 2], ARGV[1 + count + i], string.byte(work, 100 + i)
    local colon = old and kind ~= 114 and string.find(old, ':', 1, true)
    if not colon then break end
    if kind == 105 then
      local number = string.match(old, '^%-?%d+$', colon + 1)
      if not number or #number > 15 or #value > 15 then break end
      value = string.format('%.0f', number + value)
    end
    local new = string.sub(old, 1, colon) .. value
    bytes = bytes + #new - #old
    set[2 * i + 3], set[2 * i + 4] = ARGV[1 + i], new
    i = i + 1
  end
  if i <= count or (bytes > most_bytes and bytes > former_bytes) then break end

  expires = math.min(expires, last)
  head = string.sub(work, 41, 64) .. string.sub(head, 25, 36) ..
    struct.pack('>I6I6I6I6', math.max(written, now), expires, next, bytes)
  set[2] = head
  redis.call('HSET', from, unpack(set))
  if math.floor(expires / 60) ~= math.floor(former_expires / 60) then expire(from, expires, now) end
  do return {token, 'applied', head} end
until true end
)lua";

constexpr std::string_view any_commit = R"lua(
local to, rest = KEYS[2], 2 + 2 * count
local generation, version = struct.unpack('>c8I6', work, 27)
local attempt, clear, only_version = string.sub(entry, 1, 16), string.find(flags, 'c', 1, true), ARGV[rest] or ''

if to then
  local head, applied = redis.call('HGET', to, '@'), applied_to(to)
  local h = head and parse(head)
  if h and applied and was_applied(applied, attempt) then
    expire(to, h.expires, now)
    return {token, 'duplicate', redis.call('HGETALL', to)}
  end
end

local names, is_named = {'@', '+'}, {}
local function name(field)
  if not is_named[field] then
    is_named[field] = true
    names[#names + 1] = field
  end
end
for i = rest + 3, #ARGV, 2 do name(ARGV[i]) end
for i = 2, 1 + count do name(ARGV[i]) end

local raw, text, ordinal = {}, {}, {}
for i = 1, #names, 1000 do
  local last = math.min(i + 999, #names)
  local values = redis.call('HMGET', from, unpack(names, i, last))
  for j = i, last do raw[names[j]] = values[j - i + 1] end
end
if not raw['@'] then return {token, missing(from), ''} end
local h, applied = parse(raw['@']), raw['+'] or ''
if not h or h.tag ~= string.sub(work, 19, 26) or #applied % 21 ~= 0 then
  return {token, 'corrupt', raw['@']}
end
if not is_alive(h, now) then return {token, 'gone'} end
if h.generation ~= generation then return {token, 'stale'} end
if was_applied(applied, attempt) then return {token, 'duplicate', redis.call('HGETALL', from)} end
if h.flag == 'c' and not string.find(flags, 'k', 1, true) then return {token, 'coded'} end
for i = 3, #names do
  local stored = raw[names[i]]
  if stored then
    local colon = string.find(stored, ':', 1, true)
    if not colon then return {token, 'corrupt', ''} end
    ordinal[names[i]], text[names[i]] = string.sub(stored, 1, colon - 1), string.sub(stored, colon + 1)
  end
end

local keys = {}
for i = rest + 3, #ARGV, 2 do
  if (text[ARGV[i]] or '') ~= ARGV[i + 1] then keys[#keys + 1] = string.sub(ARGV[i], 2) end
end
if #keys > 0 or (only_version ~= '' and struct.unpack('>I6', only_version) ~= h.version) then
  return {token, 'conflict', redis.call('HGETALL', from), keys}
end

-- a removal beats the edit of a writer who had still seen the field; replacing everything is no edit
local is_first, is_beaten = h.version == version, {}
if not is_first then
  local is_contested, at = {}, 101 + count + entry_size
  for i = 1, count do
    local kind, field, seen = string.sub(work, 100 + i, 100 + i), ARGV[1 + i]
    seen, at = struct.unpack('>I4c0', work, at)
    is_beaten[i] = not clear and seen ~= '' and kind ~= 'r' and not text[field]
    local contested = is_beaten[i]
    if kind ~= 'i' and not clear then contested = (text[field] or '') ~= seen end
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
  if #number < 16 and #delta < 16 then return string.format('%.0f', number + delta) end
  redis.call('HSET', from, '!', number == '-0' and '0' or number)
  local done = redis.pcall('HINCRBY', from, '!', delta)
  local sum = redis.call('HGET', from, '!')
  redis.call('HDEL', from, '!')
  if type(done) ~= 'table' then return sum end
  local function says(word) return string.find(done.err, word, 1, true) end
  if says('overflow') or says('integer') then return nil, 'range' end
  return nil, done
end

local added, bytes, next = 0, h.bytes, h.next
if clear then text, ordinal, bytes = {}, {}, 0 end
for i = 1, count do
  local kind, field, value = string.sub(work, 100 + i, 100 + i), ARGV[1 + i], ARGV[1 + count + i]
  local old = text[field]
  if is_beaten[i] then
  elseif kind == 'r' then
    if old then
      text[field], ordinal[field] = nil, nil
      added, bytes = added - 1, bytes - #field + 1 - #old
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
      next, added, bytes = next + 1, added + 1, bytes + #field - 1 + #value
    end
    text[field] = value
  end
end

if bytes > most_bytes and bytes > h.bytes then return {token, 'limit'} end
if added > 0 then
  local former = redis.call('HLEN', from) - 1 - (raw['+'] and 1 or 0)
  local all = clear and added or former + added
  if all > 1024 and all > former then return {token, 'limit'} end
end

if entry ~= '' then
  applied = remember(applied, entry, settled)
  if not applied then return {token, 'busy'} end
end
if to and redis.call('EXISTS', to) == 1 then return {token, 'taken'} end

if clear or count > 0 then
  h.version = h.version + 1
  if string.find(flags, 'k', 1, true) then h.flag = 'c' end
end
h.written, h.expires, h.next, h.bytes = math.max(h.written, now), math.min(expires, h.last), next, bytes
local old_tag, target = h.tag, to or from
if to then h.tag, h.generation = struct.unpack('c8c8', ARGV[rest + 1]) end
local head = format(h)
local set, removed = {'@', head}, {}
if applied ~= '' then set = {'@', head, '+', applied} end
for i = 3, #names do
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
  bury(from, h, tonumber(ARGV[rest + 2]), now, '')
end
if is_first then return {token, 'applied', head} end
return {token, 'merged', redis.call('HGETALL', target), keys}
)lua";

// KEYS: the hash. ARGV: 1 token, 2 attempt, 3 now, 4 expires, 5 head, then field, value...
// Answers token and: done, taken.
constexpr std::string_view create = R"lua(
local key = KEYS[1]
local applied = applied_to(key)
if applied and was_applied(applied, ARGV[2]) then return {ARGV[1], 'done'} end
if redis.call('EXISTS', key) == 1 then return {ARGV[1], 'taken'} end
local words = {'@'}
for i = 5, #ARGV do words[#words + 1] = ARGV[i] end
call('HSET', key, words)
expire(key, tonumber(ARGV[4]), tonumber(ARGV[3]))
return {ARGV[1], 'done'}
)lua";

// KEYS: the hash. ARGV: 1 token, 2 what is to be remembered of this, 3 now, 4 until when the tombstone stays.
// Answers token and: ended, gone, or corrupt and the head.
constexpr std::string_view destroy = R"lua(
local key, now = KEYS[1], tonumber(ARGV[3])
local head = redis.call('HGET', key, '@')
if not head then return {ARGV[1], missing(key), ''} end
local h, applied = parse(head), applied_to(key)
if not h or not applied then return {ARGV[1], 'corrupt', head} end
if h.is_ended then
  expire(key, h.expires, now)
  return {ARGV[1], was_applied(applied, string.sub(ARGV[2], 1, 16)) and 'ended' or 'gone'}
end
local was_alive = is_alive(h, now)
bury(key, h, tonumber(ARGV[4]), now, was_alive and ARGV[2] or '')
return {ARGV[1], was_alive and 'ended' or 'gone'}
)lua";

// ARGV: 1 token, 2 cursor, 3 pattern, 4 now, 5 how many to drop at the most, or '' to count. Answers token, the next
// cursor, and how many it dropped, or of each hash that it found: the key, 1 for a session and 0 for what is left of
// one that has ended, bytes.
constexpr std::string_view scan = R"lua(
local now, most, dropped, counted = tonumber(ARGV[4]), tonumber(ARGV[5]), 0, {}
local found = redis.call('SCAN', ARGV[2], 'MATCH', ARGV[3], 'COUNT', 100)
for _, key in ipairs(found[2]) do
  local head = redis.pcall('HGET', key, '@')
  local h = type(head) == 'string' and parse(head)
  if h and most then
    if h.expires < now and dropped < most then dropped = dropped + redis.call('DEL', key) end
  elseif h then
    local i = #counted
    counted[i + 1], counted[i + 2], counted[i + 3] = key, h.is_ended and 0 or 1, #key + #head + h.bytes
  end
end
return {ARGV[1], found[1], most and dropped or counted}
)lua";

// KEYS: two of no session. ARGV: 1 token. Calls what the others call, so that none of them is refused something when it
// is half done, and leaves nothing. Answers token and, of each command that failed, its name and why.
constexpr std::string_view probe = R"lua(
local a, b, failed = KEYS[1], KEYS[2], {}
local function try(command, ...)
  local done = redis.pcall(command, ...)
  local reason, i = type(done) == 'table' and done.err, #failed
  if reason then failed[i + 1], failed[i + 2] = command, reason end
  return not reason
end

if try('DEL', a, b) then
  try('HSET', a, '@', 1)
  try('HINCRBY', a, '@', 1)
  try('PEXPIRE', a, 1000)
  try('HGET', a, '@')
  try('HMGET', a, '@')
  try('HGETALL', a)
  try('HLEN', a)
  try('HDEL', a, '+')
  try('EXISTS', a)
  try('RENAME', a, b)
  try('DEL', a, b)
  try('SCAN', 0, 'COUNT', 1)
  try('TIME')
end
return {ARGV[1], failed}
)lua";

Script make_script(std::initializer_list<std::string_view> parts, const crypto::Digest& sha1) {
  Script script;
  for (const std::string_view part : parts) {
    script.text.append(part);
  }
  char digest[crypto::sha1_size];
  sha1.compute({script.text}, digest);
  constexpr std::string_view digits = "0123456789abcdef";
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
  return Scripts{make_script({memory, plain_commit, heads, any_commit}, **sha1),
                 make_script({memory, heads, redis::create}, **sha1),
                 make_script({memory, heads, redis::destroy}, **sha1),
                 make_script({memory, heads, redis::scan}, **sha1), make_script({redis::probe}, **sha1)};
}

}  // namespace sessions::store::redis
