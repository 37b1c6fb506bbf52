#!/usr/bin/env bash
# Signs a request for Gatehouse and prints its headers. Needs bash, openssl and od; no key ever stands on a command line.
#   GATEHOUSE_KEY_ID=acme:s1 GATEHOUSE_SECRET=ghs_… GATEHOUSE_TOKEN=… ./sign.sh METHOD URL [BODY-FILE] | curl -H @- …
set -euo pipefail
method=$1 url=$2 body=${3:-}
created=${CREATED:-$(date +%s)} nonce=${NONCE:-$(openssl rand -hex 16)} nl=$'\n'
rest=${url#*://} authority=${rest%%[/?]*}
target=${rest#"$authority"} query='?'
if [[ $target == *\?* ]]; then query="?${target#*\?}"; fi
authority=$(tr 'A-Z' 'a-z' <<<"$authority") authority=${authority%:80} authority=${authority%:443} path=${target%%\?*}

names='"@method" "@authority" "@path" "@query"'
base="\"@method\": $method$nl\"@authority\": $authority$nl\"@path\": ${path:-/}$nl\"@query\": $query$nl"
cover() { names+=" \"$(tr 'A-Z' 'a-z' <<<"$1")\"" base+="$(tr 'A-Z' 'a-z' <<<"\"$1\""): $2$nl"; printf '%s: %s\n' "$1" "$2"; }
cover Authorization "Bearer $GATEHOUSE_TOKEN"
if [[ -n $body ]]; then
  cover Content-Digest "sha-256=:$(openssl dgst -sha256 -binary "$body" | openssl base64 -A):"
  cover Content-Type "${CONTENT_TYPE:-application/json}"
fi
if [[ -n ${IDEMPOTENCY_KEY:-} ]]; then cover Idempotency-Key "$IDEMPOTENCY_KEY"; fi
parameters="($names);created=$created;nonce=\"$nonce\";keyid=\"$GATEHOUSE_KEY_ID\";alg=\"hmac-sha256\";tag=\"gatehouse\""
base+="\"@signature-params\": $parameters"

# HMAC-SHA-256 of standard input under a key in hexadecimal (RFC 2104), and HKDF from it (RFC 5869: extract without salt, expand once).
pad() { local k=$1 i; while ((${#k} < 128)); do k+=00; done; for ((i = 0; i < 128; i += 2)); do printf '\\x%02x' $((16#${k:i:2} ^ $2)); done; }
hmac() { { printf "$(pad "$1" 0x5c)"; { printf "$(pad "$1" 0x36)"; cat; } | openssl dgst -sha256 -binary; } | openssl dgst -sha256 -binary; }
hex() { od -An -v -tx1 | tr -d ' \n'; }
prk=$(printf %s "$GATEHOUSE_SECRET" | hmac '' | hex)
key=$(printf 'gatehouse request signing v1\x01' | hmac "$prk" | hex)
printf 'Signature-Input: gatehouse=%s\n' "$parameters"
printf 'Signature: gatehouse=:%s:\n' "$(printf %s "$base" | hmac "$key" | openssl base64 -A)"
