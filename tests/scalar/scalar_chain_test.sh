#!/usr/bin/env bash
# Ten million numbers on a tape, forward and backward, with a stack of 256 KiB and in at most 0.75 GB.
set -euo pipefail
if [ -n "$SANITIZE" ]; then  # a sanitizer needs stack and memory of its own
  echo "skipped: no such limit under sanitizers"
  exit
fi
mkdir -p "$SCRATCH"
"$CXX" -std=c++20 -O2 -I"$ROOT/include" "$ROOT/tests/scalar/scalar_chain.cpp" -o "$SCRATCH/scalar_chain"
ulimit -s 256
"$SCRATCH/scalar_chain"
