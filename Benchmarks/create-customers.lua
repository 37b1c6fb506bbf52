-- For wrk: every request creates another customer. TOKEN comes in the environment.
local count = 0
local headers = {
  ["Authorization"] = "Bearer " .. os.getenv("TOKEN"),
  ["Content-Type"] = "application/json",
}

function request()
  count = count + 1
  local body = string.format('{"name":"Customer %d","contactEmail":"office-%d@example.com","phone":"+49 30 123456"}', count, count)
  return wrk.format("POST", nil, headers, body)
end
