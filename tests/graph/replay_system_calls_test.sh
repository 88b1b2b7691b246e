#!/usr/bin/env bash
# A replayed training step makes no system call: a thousand steps make as many as ten.
set -euo pipefail
mkdir -p "$SCRATCH"
cd "$SCRATCH"
if ! command -v strace > /dev/null || ! strace -o first true 2> /dev/null; then
  echo "skipped: no strace that may trace"
  exit 0
fi
# shellcheck disable=SC2086
"$CXX" -std=c++20 -O1 $SANITIZE -I"$ROOT/include" "$ROOT/tests/graph/replay_system_calls.cpp" -o replay
calls() { strace -f -o "calls.$1" ./replay "$1" && grep -vc '^[0-9]* *[+-]' "calls.$1"; }
few=$(calls 10) many=$(calls 1000)
echo "system calls of 10 steps: $few, of 1000: $many"
[ "$few" = "$many" ]
