-- Answers http-01 challenges (RFC 8555, section 8.3) from the webroot that certbot and acme.sh write to.
local webroot = "/acme/.well-known/acme-challenge/"

local function challenge(token)
  local file = io.open(webroot .. token, "rb")
  if not file then return nil end
  local text = file:read(4096) -- nil for a directory
  file:close()
  return text
end

core.register_service("acme_challenge", "http", function(applet)
  local token = applet.path:match("^/%.well%-known/acme%-challenge/([%w_-]+)$")
  local text = token and challenge(token)
  local body = text or "There is no such challenge.\n"
  applet:set_status(text and 200 or 404)
  applet:add_header("content-type", "text/plain")
  applet:add_header("content-length", tostring(#body))
  applet:start_response()
  applet:send(body)
end)
