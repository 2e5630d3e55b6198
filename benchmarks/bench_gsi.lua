-- Posts the bodies of a file, one per line, each connection in turn; counts what was not answered with 200.
local requests = {}
local next_request = 0
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  refused = 0
  for line in io.lines(args[1]) do
    table.insert(requests, wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, line))
  end
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

function response(status)
  if status ~= 200 then
    refused = refused + 1
  end
end

function done(summary, latency)
  local refused_total = 0
  for _, thread in ipairs(threads) do
    refused_total = refused_total + thread:get("refused")
  end
  io.write(string.format(
    '\nRESULT {"requests": %d, "refused": %d, "seconds": %.6f, "p50_ms": %.3f, "p90_ms": %.3f, "p99_ms": %.3f, "max_ms": %.3f}\n',
    summary.requests, refused_total, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(90) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
