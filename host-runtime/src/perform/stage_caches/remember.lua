-- Stores an entry, unless the cache was flushed since it was asked for, or one is there that was
-- asked for later.
--
-- KEYS: the cache's generation; the entry.
-- ARGV: when it was asked for (16 digits), the generation then (16 bytes), the entry, milliseconds.
if redis.call('GET', KEYS[1]) ~= ARGV[2] then
  return 0
end
local stored = redis.call('GETRANGE', KEYS[2], 0, 31)
if string.sub(stored, 17) == ARGV[2] and string.sub(stored, 1, 16) > ARGV[1] then
  return 0
end
redis.call('SET', KEYS[2], ARGV[1] .. ARGV[2] .. ARGV[3], 'PX', ARGV[4])
return 1
