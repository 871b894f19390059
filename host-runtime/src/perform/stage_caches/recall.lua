-- What a stage's cache has for a key, the time, and the generation that the cache is in.
--
-- KEYS: the cache's generation; the entry.
-- ARGV: a generation for a cache that has none, or lost it (then nothing of what it held is found
-- any more); whether the entry is wanted (1).
local time = redis.call('TIME')
local generation = redis.call('GET', KEYS[1])
if not generation then
  generation = ARGV[1]
  redis.call('SET', KEYS[1], generation)
end
local entry = ARGV[2] == '1' and redis.call('GET', KEYS[2])
return {string.format('%010d%06d', tonumber(time[1]), tonumber(time[2])), generation, entry}
