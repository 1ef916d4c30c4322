// The scripts of StreamBuffer. All keys that they touch are given to them.
//
// Threads: immutable.
#pragma once

namespace redstart::stream_scripts {

// Stores an op unless the buffer is full.
// KEYS: stream, producer. ARGV: length_max, 1 to drop the oldest when full, the op's number, then the entry's fields.
// Returns {id}, {id, dropped entry}, or nil: full.
inline constexpr char kWrite[] = R"lua(
local known = redis.call('HGET', KEYS[2], ARGV[3])
if known then return {known} end
local dropped
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then
  if ARGV[2] ~= '1' then return false end
  dropped = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  redis.call('XDEL', KEYS[1], dropped[1])
end
local fields = {}
for i = 4, #ARGV do fields[#fields + 1] = ARGV[i] end
local id = redis.call('XADD', KEYS[1], '*', unpack(fields))
redis.call('HSET', KEYS[2], ARGV[3], id)
redis.call('HDEL', KEYS[2], tonumber(ARGV[3]) - 1024)
redis.call('PEXPIRE', KEYS[2], 86400000)
return {id, dropped}
)lua";

// KEYS: owner. ARGV: me, ms. Returns 0: another has the lease; 1: it is new; 2: it was mine.
inline constexpr char kLease[] = R"lua(
local owner = redis.call('GET', KEYS[1])
if owner == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 2
end
if owner then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
)lua";

// KEYS: owner. ARGV: me.
inline constexpr char kRelease[] = R"lua(
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
)lua";

// Applies and settles entries.
// KEYS: stream, owner, attempts, dead, then the keys of all ops. ARGV: me, lease ms, group, attempts_max, then for each
// entry: id, what to do, how many keys, the keys, how many words, the words. What to do: "run" the words; they are
// "done" already; they were refused with the error that is the first word ("refused"), or are "dead" for the reason
// that it is.
// Returns for each entry {what became of it, error}, or nil: the lease is another's. What became of it: applied, gone
// (it is no more in the stream), refused, dead, put_off (refused in passing), held (a key of it waits for an earlier
// entry).
inline constexpr char kApply[] = R"lua(
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return false end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
local stream, attempts, dead, group = KEYS[1], KEYS[3], KEYS[4], ARGV[3]
local passing = {OOM = 1, MISCONF = 1, LOADING = 1, BUSY = 1, READONLY = 1, NOREPLICAS = 1, TRYAGAIN = 1,
                 CLUSTERDOWN = 1, MASTERDOWN = 1}
local waiting, all_wait, any_waits = {}, false, false

local function settle(id)
  redis.call('XACK', stream, group, id)
  redis.call('XDEL', stream, id)
  redis.call('HDEL', attempts, id, id .. ':begun')
end

local function bury(id, entry, reason, count)
  local letter = {'entry', id, 'reason', reason, 'attempts', count}
  for _, text in ipairs(entry[2]) do letter[#letter + 1] = text end
  local written = redis.pcall('XADD', dead, '*', unpack(letter))
  if type(written) == 'table' and written.err then return {'put_off', written.err} end
  settle(id)
  return {'dead', reason}
end

local function refused(id, entry, reason)
  if passing[string.match(reason, '^%-?(%u+)')] then return {'put_off', reason} end
  local count = redis.pcall('HINCRBY', attempts, id, 1)
  if type(count) == 'table' then return {'put_off', reason} end
  if count >= tonumber(ARGV[4]) then return bury(id, entry, reason, count) end
  redis.call('HDEL', attempts, id .. ':begun')
  return {'refused', reason}
end

local function run(id, entry, what, words)
  if what == 'dead' then return bury(id, entry, words[1], 0) end
  if what == 'refused' then return refused(id, entry, words[1]) end
  if what == 'run' then
    local reply = redis.pcall(unpack(words))
    if type(reply) == 'table' and reply.err then return refused(id, entry, reply.err) end
  end
  settle(id)
  return {'applied'}
end

local function take(from)
  local count = tonumber(ARGV[from])
  local texts = {}
  for i = 1, count do texts[i] = ARGV[from + i] end
  return texts, from + count + 1
end

local results, at = {}, 5
while at <= #ARGV do
  local id, what = ARGV[at], ARGV[at + 1]
  local keys, words
  keys, at = take(at + 2)
  words, at = take(at)
  local held = what == 'run' and (all_wait or (any_waits and #keys == 0))
  for _, key in ipairs(keys) do held = held or waiting[key] end
  local entry = redis.call('XRANGE', stream, id, id)[1]
  local outcome
  if not entry then
    redis.call('XACK', stream, group, id)
    outcome = {'gone'}
  elseif held then
    outcome = {'held'}
  else
    outcome = run(id, entry, what, words)
  end
  if outcome[1] == 'held' or outcome[1] == 'refused' or outcome[1] == 'put_off' then
    any_waits = true
    if #keys == 0 then all_wait = true end
    for _, key in ipairs(keys) do waiting[key] = true end
  end
  results[#results + 1] = outcome
end
return results
)lua";

// KEYS: stream, dead. ARGV: id of the dead letter. Returns 1, or 0: there is none.
inline constexpr char kRevive[] = R"lua(
local letter = redis.call('XRANGE', KEYS[2], ARGV[1], ARGV[1])[1]
if not letter then return 0 end
local fields = {}
for i = 7, #letter[2] do fields[#fields + 1] = letter[2][i] end
redis.call('XADD', KEYS[1], '*', unpack(fields))
redis.call('XDEL', KEYS[2], ARGV[1])
return 1
)lua";

}  // namespace redstart::stream_scripts
