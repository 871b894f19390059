-- Takes from every bucket and counts the request, or does nothing: `take_all` of gateway-core, with
-- the same arithmetic. All numbers here are whole and below 2^53, where doubles are exact; a gain
-- beyond that is beyond every capacity too.
--
-- KEYS: a bucket for each take; the counts of the key, if there is one.
-- ARGV: the time (milliseconds, 0: the server's own), how long a full bucket stays, the number of
-- buckets; rate, burst and cost of each; today, the period's first day, the day after its last, its
-- limit (-1: none), and most days that are counted.
local MICROTOKENS = 1000000
local now, stay, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if now == 0 then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function wait_for(missing, rate)
  local rest = math.fmod(missing, rate)
  return (missing - rest) / rate + (rest > 0 and 1 or 0)
end

local after = {}
for i = 1, count do
  local key = KEYS[i]
  local rate, burst, cost = tonumber(ARGV[3 * i + 1]), tonumber(ARGV[3 * i + 2]), tonumber(ARGV[3 * i + 3])
  local capacity = burst * MICROTOKENS
  local level, at = capacity, now
  if after[key] then
    level, at = after[key].level, after[key].at
  else
    local stored = redis.call('GET', key)
    if stored then
      local stored_level, stored_at = string.match(stored, '^(%d+) (%d+)$')
      level, at = tonumber(stored_level), tonumber(stored_at)
    end
  end
  if now > at then
    level, at = level + math.min(rate * (now - at), capacity), now
  end
  level = math.min(level, capacity) - cost * MICROTOKENS
  if level < 0 then
    return { 1, i - 1, (rate > 0 and cost <= burst) and wait_for(-level, rate) or -1 }
  end
  after[key] = { level = level, at = at, missing = capacity - level, rate = rate }
end

local counts = KEYS[count + 1]
if counts then
  local first = 3 * count + 4
  local today, since, past, limit = ARGV[first], tonumber(ARGV[first + 1]), tonumber(ARGV[first + 2]), tonumber(ARGV[first + 3])
  if limit >= 0 then
    local days, used = {}, 0
    for day = since, past - 1 do
      days[#days + 1] = string.format('%.0f', day)
    end
    for _, of_day in ipairs(redis.call('HMGET', counts, unpack(days))) do
      used = used + (tonumber(of_day or 0))
    end
    if used >= limit then
      return { 2 }
    end
  end
  if redis.call('HINCRBY', counts, today, 1) == 1 then
    if redis.call('HLEN', counts) > tonumber(ARGV[first + 4]) then
      local oldest
      for _, day in ipairs(redis.call('HKEYS', counts)) do
        oldest = math.min(oldest or tonumber(day), tonumber(day))
      end
      redis.call('HDEL', counts, string.format('%.0f', oldest))
    end
    redis.call('EXPIRE', counts, 100 * 86400)
  end
end

for key, bucket in pairs(after) do
  local value = string.format('%.0f %.0f', bucket.level, bucket.at)
  if bucket.missing == 0 then
    redis.call('SET', key, value, 'PX', string.format('%.0f', stay))
  elseif bucket.rate > 0 then
    redis.call('SET', key, value, 'PX', string.format('%.0f', wait_for(bucket.missing, bucket.rate) + stay))
  else
    redis.call('SET', key, value)
  end
end
return { 0 }
