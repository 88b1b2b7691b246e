#!/usr/bin/env bash
# Ten million nodes, forward and backward, with a stack of 256 KiB and in at most 1 GB.
set -euo pipefail
if [ -n "$SANITIZE" ]; then  # a sanitizer needs stack and memory of its own
  echo "skipped: no such limit under sanitizers"
  exit
fi
mkdir -p "$SCRATCH"
"$CXX" -std=c++20 -O2 -I"$ROOT/include" "$ROOT/tests/graph/chain.cpp" -o "$SCRATCH/chain"
ulimit -s 256
"$SCRATCH/chain"
