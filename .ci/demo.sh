#!/usr/bin/env bash
# The whole story of Gatehouse, played on free ports in a temporary folder and cleaned up: register, obtain, create, read, be refused,
# look the refusal up, disable, stop. Every step is checked; a surprise ends the script with exit code 1 and what came instead.
#   .ci/demo.sh [PATH OF gatehouse]        `make demo` builds it first
set -euo pipefail
cd "$(dirname "$0")/.."

PROGRAM=$(realpath "${1:-.build/release/gatehouse}")
POLICIES=$(realpath policies)
for tool in curl sed grep date; do
  command -v "$tool" >/dev/null || { echo "error: the demo needs \`$tool\`" >&2; exit 1; }
done
[ -x "$PROGRAM" ] || { echo "error: no program at $PROGRAM; \`make build\` makes it" >&2; exit 1; }

# Nothing of the caller's own configuration plays along.
unset "${!GATEHOUSE_@}" "${!AUTH_SECRET@}" NEXTAUTH_SECRET

FOLDER=$(mktemp -d)
GATEWAY=
finish() {
  local status=$?
  if [ -n "$GATEWAY" ]; then kill -KILL "$GATEWAY" 2>/dev/null || true; wait "$GATEWAY" 2>/dev/null || true; fi
  rm -rf "$FOLDER"
  exit "$status"
}
trap finish EXIT
trap 'exit 1' INT TERM
mkdir "$FOLDER/policies"
cp "$POLICIES/policy.yaml" "$FOLDER/policies/"
cd "$FOLDER"

# --- Telling ---------------------------------------------------------------------------------------------------------------------

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then BOLD=$'\e[1m' DIM=$'\e[2m' PLAIN=$'\e[0m'; else BOLD='' DIM='' PLAIN=''; fi
NUMBER=0

heading() { NUMBER=$((NUMBER + 1)); printf '\n%s%d. %s%s\n' "$BOLD" "$NUMBER" "$1" "$PLAIN"; }
note() { printf '   %s\n' "$*"; }

surprise() {
  printf '\nSURPRISE: %s\n' "$1" >&2
  if [ -n "${BODY:-}" ]; then printf -- '--- the answer: %s\n%s\n%s\n' "${STATUS:-}" "${HEADERS:-}" "$BODY" >&2; fi
  if [ -s serve.log ]; then printf -- '--- the log of the gateway\n' >&2; tail -n 20 serve.log >&2; fi
  exit 1
}

# Shows a command as it could be typed, with $TOKEN and the like left as words, and runs it.
show() { printf '   %s$ %s%s\n' "$DIM" "$1" "$PLAIN"; }

# request WHAT-IS-SHOWN CURL-ARGUMENTS...: sets STATUS, HEADERS and BODY.
request() {
  show "$1"; shift
  local answer
  answer=$(curl --noproxy '*' --silent --show-error --max-time 10 --include "$@" 2>&1) || { BODY=; surprise "curl failed: $answer"; }
  answer=${answer//$'\r'/}
  HEADERS=${answer%%$'\n\n'*}
  BODY=${answer#*$'\n\n'}
  [ "$BODY" != "$answer" ] || BODY=
  STATUS=$(sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p' <<<"$HEADERS")
}

expect_status() {
  [ "$STATUS" = "$1" ] || surprise "expected status $1, got $STATUS"
  if [ -n "$BODY" ]; then note "$STATUS  ${2:-$BODY}"; else note "$STATUS"; fi
}
expect() { [ "$2" = "$3" ] || surprise "expected $1 to be \`$3\`, got \`$2\`"; }

# The value of a string or number member of a JSON object.
member() { sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\)[\",}].*/\1/p" <<<"$2" | head -n 1; }
header() { sed -n "s/^$1: //Ip" <<<"$HEADERS" | head -n 1; }

# until_so SECONDS COMMAND...: asks again and again; false when it is not so within that time.
until_so() {
  local limit=$(($(date +%s%N) + $1 * 1000000000)); shift
  until "$@"; do
    [ "$(date +%s%N)" -lt "$limit" ] || return 1
    kill -0 "$GATEWAY" 2>/dev/null || return 1
    sleep 0.02
  done
}

# --- The story -------------------------------------------------------------------------------------------------------------------

heading "Make keys, and start a gateway on free ports"
show "gatehouse init"
"$PROGRAM" init >/dev/null || surprise "init failed"
show "gatehouse serve --listen 127.0.0.1:0 --admin 127.0.0.1:0 --log-format json"
"$PROGRAM" serve --listen 127.0.0.1:0 --admin 127.0.0.1:0 --log-format json >serve.out 2>serve.log &
GATEWAY=$!
is_ready() { grep -q '"event":"ready"' serve.log; }
until_so 30 is_ready || surprise "the gateway did not become ready"
READY=$(grep '"event":"ready"' serve.log)
ADDRESS=$(member address "$READY")
ADMIN=$(member admin "$READY")
URL=http://$ADDRESS
CUSTOMERS=$URL/api/provisioning/customers
note "ready on $URL, admin on http://$ADMIN"
request "curl http://$ADMIN/readyz" "http://$ADMIN/readyz"
expect_status 200

heading "Register two partners; each secret is shown once"
register() {
  show "gatehouse partner add $1 --name '$2' --role $3"
  local registered
  registered=$("$PROGRAM" partner add "$1" --name "$2" --role "$3" --json) || surprise "partner add failed"
  registered=$(tr -d '\n' <<<"$registered")
  SECRET=$(member client_secret "$registered")
  grep -Eq '^ghs_[A-Za-z0-9_-]{43}_[0-9a-f]{8}$' <<<"$SECRET" || surprise "no secret was printed"
  note "the secret begins with ${SECRET:0:8} and is $((${#SECRET})) characters long"
}
# Until the gateway has read the new file, the partner is unknown to it: asked again after each reload, as failures are throttled.
reloads() { grep -c '"event":"reloaded"' serve.log || true; }
has_reloaded_since() { [ "$(reloads)" -gt "$1" ]; }
obtain() {
  local before
  while true; do
    before=$(reloads)
    BODY=$(curl --noproxy '*' --silent --max-time 10 --user "$1:$2" --data grant_type=client_credentials "$URL/oauth2/token") || true
    TOKEN=$(member access_token "$BODY")
    [ -z "$TOKEN" ] || return 0
    until_so 10 has_reloaded_since "$before" || surprise "no token for $1"
  done
}
register acme 'Acme Inc.' partner-writer
ACME_SECRET=$SECRET
register globex 'Globex Corporation' partner-reader
GLOBEX_SECRET=$SECRET

heading "Obtain an access token (RFC 6749 client credentials, RFC 9068)"
show "curl -u \"acme:\$SECRET\" -d grant_type=client_credentials $URL/oauth2/token"
obtain acme "$ACME_SECRET"
ACME=$TOKEN
expect "the token's type" "$(member token_type "$BODY")" Bearer
note "200  a token of ${#ACME} characters for: $(member scope "$BODY"), $(member expires_in "$BODY") s"
obtain globex "$GLOBEX_SECRET"
GLOBEX=$TOKEN
request "curl -H \"Authorization: Bearer \$TOKEN\" $URL/session" -H "Authorization: Bearer $ACME" "$URL/session"
expect_status 200
expect "the tenant" "$(member tenant "$BODY")" acme

heading "Create a customer"
request "curl -H \"Authorization: Bearer \$TOKEN\" -H 'Content-Type: application/json' -d '{\"name\":\"Ada Ltd\",\"contactEmail\":\"ada@example.com\"}' $CUSTOMERS" \
  -H "Authorization: Bearer $ACME" -H 'Content-Type: application/json' \
  -d '{"name":"Ada Ltd","contactEmail":"ada@example.com"}' "$CUSTOMERS"
expect_status 201
ID=$(member id "$BODY")
[[ $ID =~ ^cus_[0-9a-zA-Z]{26}$ ]] || surprise "no customer id"
expect "Location" "$(header location)" "/api/provisioning/customers/$ID"

heading "Read it back"
request "curl -H \"Authorization: Bearer \$TOKEN\" $CUSTOMERS/$ID" -H "Authorization: Bearer $ACME" "$CUSTOMERS/$ID"
expect_status 200
expect "the name" "$(member name "$BODY")" "Ada Ltd"

heading "Another partner asks for it: not yours and not there are the same 404"
request "curl -H \"Authorization: Bearer \$GLOBEX_TOKEN\" $CUSTOMERS/$ID" -H "Authorization: Bearer $GLOBEX" "$CUSTOMERS/$ID"
expect_status 404
FOREIGN=$(sed 's/"request_id":"[^"]*"//' <<<"$BODY")
request "curl -H \"Authorization: Bearer \$GLOBEX_TOKEN\" $CUSTOMERS/cus_00000000000000000000000000" \
  -H "Authorization: Bearer $GLOBEX" "$CUSTOMERS/cus_00000000000000000000000000"
expect_status 404
expect "the answer about nothing, but for its id," "$(sed 's/"request_id":"[^"]*"//' <<<"$BODY")" "$FOREIGN"

heading "Refused where the policy says so: no partner may delete"
request "curl -X DELETE -H \"Authorization: Bearer \$TOKEN\" $CUSTOMERS/$ID" -X DELETE -H "Authorization: Bearer $ACME" "$CUSTOMERS/$ID"
expect_status 403
expect "the code" "$(member code "$BODY")" insufficient_scope
grep -qi '^www-authenticate: .*error="insufficient_scope", scope="customers:delete"' <<<"$HEADERS" || surprise "the missing scope is not named"
note "$(grep -i '^www-authenticate' <<<"$HEADERS")"
REFUSED=$(header x-request-id)
expect "the request id of the body" "$(member request_id "$BODY")" "$REFUSED"

heading "A token that was tampered with, and one that has expired: the caller is told the same"
CHANGED=${ACME%?????}AAAAA
request "curl -H \"Authorization: Bearer \$TAMPERED\" $CUSTOMERS" -H "Authorization: Bearer $CHANGED" "$CUSTOMERS"
expect_status 401
expect "the code" "$(member code "$BODY")" invalid_token
TAMPERED=$(header x-request-id)

# Minted offline on the key files, as support would; it counts for one second.
show "gatehouse token mint --partner acme --lifetime 1s --issuer $URL"
EXPIRED=$("$PROGRAM" token mint --partner acme --lifetime 1s --issuer "$URL") || surprise "token mint failed"
status_of() { curl --noproxy '*' --silent --max-time 10 --output /dev/null --write-out '%{http_code}' -H "Authorization: Bearer $1" "$CUSTOMERS"; }
is_refused() { [ "$(status_of "$1")" = 401 ]; }
until_so 10 is_refused "$EXPIRED" || surprise "the token of one second was still good after ten"
request "curl -H \"Authorization: Bearer \$EXPIRED\" $CUSTOMERS" -H "Authorization: Bearer $EXPIRED" "$CUSTOMERS"
expect_status 401
expect "the code" "$(member code "$BODY")" invalid_token
LATE=$(header x-request-id)

heading "The exact reasons are in the decision log, under the request ids"
reason_of() {
  local line
  is_logged() { grep -q "\"request_id\":\"$1\"" data/decisions.jsonl; }
  until_so 10 is_logged "$1" || surprise "request $1 is not in the decision log"
  line=$(grep "\"request_id\":\"$1\"" data/decisions.jsonl)
  show "grep $1 data/decisions.jsonl"
  note "${line%%,\"prev\":*}, …"
  REASON=$(member reason "$line")
}
reason_of "$REFUSED"; expect "the reason" "$REASON" missing_scope
reason_of "$TAMPERED"; expect "the reason" "$REASON" bad_mac
reason_of "$LATE"; expect "the reason" "$REASON" expired

heading "Why, and what would have to change: the same decision, explained offline"
EXPLAIN=(policy explain --partner acme --method DELETE --path "/api/provisioning/customers/$ID")
show "gatehouse ${EXPLAIN[*]}"
# 3 stands for denied.
CODE=0
EXPLAINED=$("$PROGRAM" "${EXPLAIN[@]}") || CODE=$?
expect "the exit code" "$CODE" 3
while IFS= read -r LINE; do note "$LINE"; done <<<"$EXPLAINED"
expect "the verdict" "$(head -n 1 <<<"$EXPLAINED")" "deny 403 missing_scope"
grep -q '^miss .*scope customers:delete' <<<"$EXPLAINED" || surprise "the condition that is missing is not named"

heading "Disable a partner: its tokens stop working within a second"
show "gatehouse partner disable acme"
"$PROGRAM" partner disable acme >/dev/null || surprise "partner disable failed"
DISABLED_AT=$(date +%s%N)
until_so 1 is_refused "$ACME" || surprise "the disabled partner was still served after a second"
note "refused $((($(date +%s%N) - DISABLED_AT) / 1000000)) ms after the command had ended"
request "curl -H \"Authorization: Bearer \$TOKEN\" $CUSTOMERS" -H "Authorization: Bearer $ACME" "$CUSTOMERS"
expect_status 401
reason_of "$(header x-request-id)"; expect "the reason" "$REASON" disabled_partner
request "curl -H \"Authorization: Bearer \$GLOBEX_TOKEN\" $CUSTOMERS" -H "Authorization: Bearer $GLOBEX" "$CUSTOMERS"
expect_status 200

heading "Stop gracefully"
BODY=
show "kill -TERM \$GATEWAY"
kill -TERM "$GATEWAY"
CODE=0
wait "$GATEWAY" || CODE=$?
GATEWAY=
expect "the exit code" "$CODE" 0
grep -q '"event":"stopped"' serve.log || surprise "no record says that it stopped"
expect "standard output" "$(cat serve.out)" ""
for secret in "$ACME_SECRET" "$GLOBEX_SECRET" "$ACME" "$GLOBEX" "$EXPIRED"; do
  if grep -qF -- "$secret" serve.log data/decisions.jsonl; then surprise "a secret or token is in a log"; fi
done
note "exit code 0; no secret and no token is in the logs"
printf '\n%sAll of it went as told.%s\n' "$BOLD" "$PLAIN"
