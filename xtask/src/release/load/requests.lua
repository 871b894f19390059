-- A mixed load: each connection asks these in turn. Every answer has to be a success.
local browser = {
  ["Accept"] = "application/json, text/plain, */*",
  ["Accept-Encoding"] = "gzip, deflate, br, zstd",
  ["Accept-Language"] = "de-DE,de;q=0.9,en;q=0.6",
  ["Cookie"] = "session=0c1f7e52a9d84b36; cart=17; theme=light",
  ["Origin"] = "https://shop.example.com",
  ["Referer"] = "https://shop.example.com/catalogue?page=3",
  ["Sec-Fetch-Mode"] = "cors",
  ["Sec-Fetch-Site"] = "same-site",
  ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  ["X-Channel"] = "web",
  ["X-Forwarded-For"] = "198.51.100.23",
}
local program = { ["Accept"] = "*/*", ["User-Agent"] = "curl/8.5.0", ["X-Channel"] = "app" }
local order = '{"customerId": "cust-0a1b2c3d", "lines": ['
  .. string.rep('{"sku": "ABC-1", "count": 2, "note": "left at the door"}, ', 9)
  .. '{"sku": "XYZ-77", "count": 1}]}'

local function ask(method, host, path, client, more, body)
  local headers = { ["Host"] = host .. ".execute-api.localhost" }
  for name, value in pairs(client) do headers[name] = value end
  for name, value in pairs(more or {}) do headers[name] = value end
  return wrk.format(method, path, headers, body)
end

local requests, at = {}, 0
function init()
  local json = { ["Content-Type"] = "application/json" }
  local key = { ["X-Api-Key"] = "0123456789abcdefghijkl" }
  requests = {
    ask("GET", "shop", "/prod/items/17", browser),
    ask("GET", "shop", "/prod/items/blue%20chair?colour=blue&size=l", program),
    ask("GET", "things", "/things/7/parts?debug=1&sort=name", browser),
    ask("GET", "shop", "/prod/mine/17", browser, key),
    ask("POST", "shop", "/prod/orders", browser, json, order),
    ask("GET", "shop", "/prod/health", program),
    ask("GET", "shop", "/guarded/items/17?q=garden+chairs&page=2", browser),
    ask("POST", "things", "/things/orders", program, json, order),
    ask("GET", "shop", "/prod/items/42", browser),
    ask("GET", "things", "/things/8", program),
  }
end
function request()
  at = at % #requests + 1
  return requests[at]
end

local threads = {}
wrong = 0
function setup(thread) table.insert(threads, thread) end
function response(status) if status < 200 or status > 299 then wrong = wrong + 1 end end
function done(summary, latency)
  local wrong = 0
  for _, thread in ipairs(threads) do wrong = wrong + thread:get("wrong") end
  local e = summary.errors
  print(string.format('{"requests":%d,"duration_us":%d,"wrong":%d,"errors":%d,"p50_us":%d,"p99_us":%d}',
    summary.requests, summary.duration, wrong, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50), latency:percentile(99)))
end
