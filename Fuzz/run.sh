#!/usr/bin/env bash
# Builds the fuzzers and runs each for some time: Fuzz/run.sh [seconds, 60 unless given]
# What is found is a file in Fuzz/FailCases: keep it, and the tests of HTTPWire and Access go on trying it.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
# A trap is for libFuzzer to see, which keeps the input that led to it.
export SWIFT_BACKTRACE=enable=no
swift build -c release
for fuzzer in requests targets; do
  mkdir -p "Corpus/$fuzzer"
  case $fuzzer in requests) program=FuzzRequests ;; targets) program=FuzzTargets ;; esac
  echo "fuzzing $fuzzer for $seconds s"
  ".build/release/$program" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
    -dict=http.dict -artifact_prefix="FailCases/$fuzzer/" "Corpus/$fuzzer" "Seeds/$fuzzer" "FailCases/$fuzzer"
done
