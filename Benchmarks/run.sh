#!/usr/bin/env bash
# Measures Gatehouse beside HAProxy doing the same job, and prints a table of medians and ratios. Nothing here passes or fails by time.
#   Benchmarks/run.sh [PATH OF gatehouse]      `make bench` builds it first
#   RUNS     alternating runs of each pair (5)
#   SECONDS  length of one run (3)
set -euo pipefail
cd "$(dirname "$0")/.."

# SECONDS is a clock of the shell's own, so the caller's is read from where it was given.
given() { tr '\0' '\n' <"/proc/$$/environ" | sed -n "s/^$1=//p" | head -n 1; }
RUNS=$(given RUNS); RUNS=${RUNS:-5}
LENGTH=$(given SECONDS); LENGTH=${LENGTH:-3}
for number in "$RUNS" "$LENGTH"; do
  [[ $number =~ ^[1-9][0-9]*$ ]] || { echo "error: RUNS and SECONDS are whole numbers from 1" >&2; exit 64; }
done
PROGRAM=$(realpath "${1:-.build/release/gatehouse}")
MEASURE=$(dirname "$PROGRAM")/Measure
HERE=$PWD/Benchmarks
unset "${!GATEHOUSE_@}"

# The ports of haproxy.cfg and backend.nginx.conf.
HAPROXY_ANSWER=http://127.0.0.1:8084/api/provisioning/customers/cus_1
HAPROXY_FORWARD=http://127.0.0.1:8085/api/provisioning/customers/cus_1
BACKEND=http://127.0.0.1:8086/

fail() { echo "error: $*" >&2; exit 1; }

# --- What is needed --------------------------------------------------------------------------------------------------------------

# Installs what is missing of the peer, the backend and the load generator. Their packages come with system services, which nobody
# asked for here: of those that this installs, none starts now (policy-rc.d) or at the next boot.
install_missing() {
  local package missing=() as_root=() policy=/usr/sbin/policy-rc.d is_ours=
  for package in haproxy nginx-light wrk nghttp2-client curl openssl python3 util-linux; do
    if [ "$package" = nginx-light ] && command -v nginx >/dev/null; then continue; fi
    if [ "$package" = python3 ] && python3 -c 'import http.server, json' 2>/dev/null; then continue; fi
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "installing: ${missing[*]}"
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  if [ ! -e "$policy" ]; then
    is_ours=yes
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
  fi
  local status=0
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" || status=$?
  [ -z "$is_ours" ] || "${as_root[@]}" rm -f "$policy"
  [ "$status" = 0 ] || fail "the packages could not be installed"
  [ -d /run/systemd/system ] || return 0
  for package in "${missing[@]}"; do
    case $package in
      haproxy) "${as_root[@]}" systemctl disable --quiet --now haproxy ;;
      nginx-light) "${as_root[@]}" systemctl disable --quiet --now nginx ;;
    esac
  done
}

install_missing
export PATH=$PATH:/usr/sbin
for program in "$PROGRAM" "$MEASURE"; do [ -x "$program" ] || fail "no program at $program; \`make bench\` makes it"; done
if [ "$(nproc)" -ge 2 ]; then
  SERVER=(taskset -c 0) LOAD=(taskset -c 1)
else
  SERVER=() LOAD=()
  echo "warning: one core only; servers and load share it, so the figures mean little" >&2
fi

# On the disk of the project: a database in memory would make durable writes look cheap.
mkdir -p .build
FOLDER=$(mktemp -d "$PWD/.build/bench.XXXXXX")
STARTED=()
finish() {
  local status=$? pid
  for pid in "${STARTED[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${STARTED[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$FOLDER"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM
cd "$FOLDER"

# --- Peers -----------------------------------------------------------------------------------------------------------------------

for port in 8084 8085 8086; do
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then fail "port $port is taken; the peers need 8084, 8085 and 8086"; fi
done

# await URL: until something answers there; each try ends at once.
await() {
  local tries
  for tries in {1..500}; do
    curl --noproxy '*' --silent --max-time 5 --output /dev/null "$1" && return 0
    sleep 0.02
  done
  cat ./*.log >&2
  fail "nothing answers at $1"
}

"${SERVER[@]}" nginx -p "$FOLDER" -c "$HERE/backend.nginx.conf" >nginx.log 2>&1 &
STARTED+=($!)
"${SERVER[@]}" haproxy -db -f "$HERE/haproxy.cfg" >haproxy.log 2>&1 &
STARTED+=($!)
await "$BACKEND"
await "$HAPROXY_ANSWER"

# A token as haproxy.cfg wants it, with the claims that Gatehouse's has.
base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
haproxy_token() {
  local now signed
  now=$(date +%s)
  signed=$(printf '{"alg":"HS256","typ":"at+jwt","kid":"k1"}' | base64url).$(printf '{"iss":"https://gw","aud":"provisioning","sub":"acme","client_id":"acme","iat":%d,"nbf":%d,"exp":%d,"jti":"abcdefghijklmnopqrstuv","scope":"customers:read customers:write","roles":["partner-writer"],"tenant":"acme"}' "$now" "$now" $((now + 3600)) | base64url)
  printf '%s.%s' "$signed" "$(printf %s "$signed" | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef -binary | base64url)"
}
HAPROXY_TOKEN=$(haproxy_token)

# --- Gatehouse -------------------------------------------------------------------------------------------------------------------

mkdir policies
cp "$HERE/policy.yaml" "$HERE/gateway.yaml" policies/
"$PROGRAM" init >/dev/null
"$PROGRAM" partner add acme --name Acme --role partner-writer --json >/dev/null

# Starts it and waits for the ready record; sets PID, ADDRESS, ADMIN and READY_MS, the time from starting the process to that record.
start_gatehouse() {
  local begun line log
  log=$(mktemp -u log.XXXXXX)
  mkfifo "$log"
  begun=$(date +%s%N)
  "${SERVER[@]}" "$PROGRAM" serve --listen 127.0.0.1:0 --admin 127.0.0.1:0 --threads 1 --issuer http://gatehouse.bench --log-format json \
    2>"$log" &
  PID=$!
  STARTED+=("$PID")
  exec {LOG}<"$log"
  while read -r line <&"$LOG"; do
    echo "$line" >>gatehouse.log
    case $line in *'"event":"ready"'*) break ;; esac
    line=
  done
  [ -n "$line" ] || { cat gatehouse.log >&2; fail "Gatehouse did not start"; }
  READY_MS=$((($(date +%s%N) - begun) / 1000000))
  ADDRESS=$(sed 's/.*"address":"\([^"]*\)".*/\1/' <<<"$line")
  ADMIN=$(sed 's/.*"admin":"\([^"]*\)".*/\1/' <<<"$line")
  cat <&"$LOG" >>gatehouse.log &
  exec {LOG}<&-
}
stop_gatehouse() { kill -TERM "$PID"; wait "$PID" || fail "Gatehouse ended with $?"; }

TOKEN=$("$PROGRAM" token mint --partner acme --lifetime 1h --issuer http://gatehouse.bench)
export TOKEN

# --- Measuring -------------------------------------------------------------------------------------------------------------------

# A measure takes an address and a token and prints one figure.

# requests URL TOKEN [WRK-ARGUMENTS...]: requests a second; every answer must be 2xx.
requests() {
  local url=$1 token=$2 output; shift 2
  output=$("${LOAD[@]}" wrk -t1 -c64 "-d${LENGTH}s" ${token:+-H "Authorization: Bearer $token"} "$@" "$url" 2>&1)
  if grep -Eq 'Non-2xx|Socket errors' <<<"$output"; then
    echo "$output" >&2
    fail "$url did not answer every request with 2xx"
  fi
  sed -n 's/^Requests\/sec: *\([0-9.]*\).*/\1/p' <<<"$output"
}

# p99 URL TOKEN: the 99th percentile of the time to answer in microseconds, at PACE requests a second on 64 connections.
p99() {
  rm -f latency
  "${LOAD[@]}" h2load --h1 -t1 -c64 "-D$LENGTH" "--rps=$((PACE / 64))" -H "authorization: Bearer $2" --log-file=latency "$1" >h2load.log 2>&1
  awk '$2 != 200 { exit 1 }' latency || fail "$1 did not answer every request with 200"
  cut -f3 latency | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR * 99 + 99) / 100)] }'
}

median() { sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
grouped() { sed -E ':a; s/^([0-9]+)([0-9]{3})/\1,\2/; ta' <<<"${1%%.*}"; }

TABLE=("| what | Gatehouse | peer | ratio | lowest to highest | target | aim |" "|---|---|---|---|---|---|---|")

# compare WHAT UNIT TARGET AIM MEASURE PEER GATEHOUSE-PATH: one row; both are measured in turn, and the ratio is the median of
# those of the pairs. THEIRS is the peer's median afterwards.
compare() {
  local what=$1 unit=$2 target=$3 aim=$4 measure=$5 peer=$6 path=$7 run mine his ratio ours=() theirs=() ratios=() sorted
  for run in $(seq "$RUNS"); do
    his=$("$measure" "$peer" "$HAPROXY_TOKEN")
    mine=$("$measure" "http://$ADDRESS$path" "$TOKEN")
    ratio=$(awk "BEGIN { printf \"%.2f\", $mine / $his }")
    ours+=("$mine") theirs+=("$his") ratios+=("$ratio")
    echo "  $what, run $run of $RUNS: Gatehouse $(grouped "$mine")$unit, peer $(grouped "$his")$unit, $ratio" >&2
  done
  sorted=$(printf '%s\n' "${ratios[@]}" | sort -g)
  THEIRS=$(printf '%s\n' "${theirs[@]}" | median)
  mine=$(printf '%s\n' "${ours[@]}" | median)
  ratio=$(median <<<"$sorted" | awk '{ printf "%.2f", $1 }')
  TABLE+=("| $what | $(grouped "$mine")$unit | $(grouped "$THEIRS")$unit | **$ratio** | $(head -n 1 <<<"$sorted") to $(tail -n 1 <<<"$sorted") | $target | $aim |")
}

# alone WHAT UNIT TARGET AIM MEASURE: a row without a peer.
alone() {
  local what=$1 unit=$2 target=$3 aim=$4 measure=$5 run figure figures=() sorted
  for run in $(seq "$RUNS"); do
    figure=$("$measure")
    figures+=("$figure")
    echo "  $what, run $run of $RUNS: $(grouped "$figure")$unit" >&2
  done
  sorted=$(printf '%s\n' "${figures[@]}" | sort -g)
  TABLE+=("| $what | $(grouped "$(median <<<"$sorted")")$unit | – | – | $(grouped "$(head -n 1 <<<"$sorted")") to $(grouped "$(tail -n 1 <<<"$sorted")")$unit | $target | $aim |")
}

start_to_ready() (
  STARTED=()
  trap - EXIT
  start_gatehouse
  stop_gatehouse
  echo "$READY_MS"
)
# creates ADDRESS: customers created a second by 64 clients; or, for `grdb`, the single-row transactions of one thread.
creates() {
  if [ "$1" = grdb ]; then
    rm -f bare.sqlite*
    "${SERVER[@]}" "$MEASURE" database bare.sqlite "$LENGTH"
  else
    requests "$1" "" -s "$HERE/create-customers.lua"
  fi
}
# row WHAT FIGURE TARGET AIM: a row that is measured elsewhere.
row() { TABLE+=("| $1 | $2 | – | – | – | $3 | $4 |"); }

# What else the machine does, in the minute before; with more than a little of it the figures are noise.
BUSY=$(cut -d' ' -f1 /proc/loadavg)
awk "BEGIN { exit $BUSY < 0.5 }" && echo "warning: the machine is busy with something else (load $BUSY); expect noise" >&2
echo "Measuring $RUNS runs of $LENGTH s each; servers on core 0, load (wrk -t1 -c64) on core 1." >&2
alone "start to ready" " ms" "≤ 150 ms" "50 ms" start_to_ready
start_gatehouse
# Nobody is measured answering what should be refused.
for refused in "$HAPROXY_ANSWER" "$HAPROXY_FORWARD" "http://$ADDRESS/session" "http://$ADDRESS/plain/cus_1" "http://$ADDRESS/signed/cus_1"; do
  status=$(curl --noproxy '*' --silent --max-time 10 --output /dev/null --write-out '%{http_code}' -H "Authorization: Bearer ${TOKEN%?????}AAAAA" "$refused")
  [ "$status" = 401 ] || fail "$refused answers $status to a token that does not hold"
done
compare "answered: \`GET /session\` with a partner token" /s "≥ 1.25" 1.5 requests "$HAPROXY_ANSWER" /session
compare "forwarded, \`assertion: none\`" /s "≥ 1.0" 1.2 requests "$HAPROXY_FORWARD" /plain/cus_1
PACE=$(awk "BEGIN { printf \"%d\", $THEIRS * 0.7 }")
compare "forwarded, \`assertion: hmac\`" /s "≥ 0.95" 1.1 requests "$HAPROXY_FORWARD" /signed/cus_1
compare "99th percentile at 70 % of HAProxy's peak, forwarded" " µs" "≤ 1.0" 0.8 p99 "$HAPROXY_FORWARD" /plain/cus_1
compare "durable creates of customers, 64 clients, SQLite; peer: bare GRDB, one thread" /s "≥ 1.0" 3 creates grdb /api/provisioning/customers

STATUS=$(curl --noproxy '*' --silent --max-time 10 "http://$ADMIN/status")
UNWRITTEN=$(sed -n 's/.*"unwritten": *\([0-9]*\).*/\1/p' <<<"$STATUS")
stop_gatehouse
WRITTEN=$(wc -l <data/decisions.jsonl)

echo "  single operations" >&2
"${SERVER[@]}" "$MEASURE" operations "$RUNS" >operations
of() { awk -v name="$1" '$1 == name { print $2 }' operations; }
# OpenSSL's HMAC-SHA-256 of 300 bytes in the same run, since processors differ: where the targets were set it took 0.30 µs.
in_hmacs() { awk -v a="$(of "$1")" -v b="$(of hmac_ns)" 'BEGIN { printf "%.2f µs, %.1f HMACs of 300 bytes", a / 1000, a / b }'; }
row "partner token verified without the cache" "$(in_hmacs token_ns)" "≤ 2 µs, 6.7" "1 µs"
row "Auth.js v5 session opened without the cache" "$(in_hmacs session_ns)" "≤ 6 µs, 20" "3 µs"
row "policy decision with 10,000 routes ÷ with 10, the same routes asked for" "$(of policy_same_ratio | awk '{ printf "%.2f", $1 }')" "≤ 1.3" 1.05
row "the same, every route of the 10,000 asked for, in an order of chance" "$(of policy_all_ratio | awk '{ printf "%.2f", $1 }')" "≤ 1.3" 1.05
row "allocations in \`admit\` for a remembered token" "$(of admit_allocations)" "≤ 4" 0
echo "  memory" >&2
if "$HERE/memory.py" "$PROGRAM" >operations; then
  row "resident memory for 10,000 idle connections, each" "$(of idle_kib) KiB" "≤ 12 KiB" "6 KiB"
  row "growth of resident memory, 64 MiB body each way" "$(of body_kib | awk '{ printf "%.1f", $1 / 1024 }') MiB" "≤ 8 MiB" "2 MiB"
else
  row "memory" "not measured, see above" – –
fi

printf '\n%s\n' "Medians of $RUNS alternating runs of $LENGTH s; one core each for the server and the load; decision log on; load of the machine before: $BUSY."
printf '%s\n' "${TABLE[@]}"
printf '\n%s\n' "Decision records: $(grouped "$WRITTEN") written, ${UNWRITTEN:-unknown} dropped. $(haproxy -v | head -n 1 | cut -d' ' -f1-3), $(nginx -v 2>&1 | cut -d' ' -f3), $(uname -m), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)."
