-- What wrk sends, and one line of JSON at the end that says what came back.
--   wrk … -s load.lua URL -- read   TOKEN PREFIX COUNT
--   wrk … -s load.lua URL -- write  TOKEN PREFIX COUNT
--   wrk … -s load.lua URL -- paths  TOKEN FILE
--   wrk … -s load.lua URL -- review FILE
-- Requests are made once, so that a request costs the generator one look-up.

local prepared = {}

local function secrets(method, token, prefix, count, body_of)
  local headers = { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" }
  for n = 0, count - 1 do
    local path = string.format("%s/secret-%05d", prefix, n)
    prepared[#prepared + 1] = wrk.format(method, path, headers, body_of and body_of(n))
  end
end

-- 64 random bytes as text: what a generated password weighs.
local function value()
  local bytes = {}
  for at = 1, 64 do
    bytes[at] = string.char(math.random(97, 122))
  end
  return '{"value":"' .. table.concat(bytes) .. '"}'
end

local modes = {
  read = function(token, prefix, count) secrets("GET", token, prefix, tonumber(count)) end,
  write = function(token, prefix, count) secrets("PUT", token, prefix, tonumber(count), value) end,
  -- One path a line.
  paths = function(token, file)
    local headers = { ["Authorization"] = "Bearer " .. token }
    for path in io.lines(file) do
      prepared[#prepared + 1] = wrk.format("GET", path, headers)
    end
  end,
  review = function(path)
    local file = assert(io.open(path))
    prepared[1] = wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, file:read("*a"))
    file:close()
  end,
}

function init(args)
  math.randomseed(os.time())
  modes[args[1]](args[2], args[3], args[4])
end

function request()
  return prepared[math.random(#prepared)]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"p50Ms":%.3f,"p99Ms":%.3f,"p999Ms":%.3f,"maxMs":%.3f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency:percentile(99.9) / 1e3, latency.max / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
