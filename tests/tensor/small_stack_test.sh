#!/usr/bin/env bash
# Operations that broadcast take less than 16 KiB of stack, so that they run in the small threads of small systems.
set -euo pipefail
if [ -n "$SANITIZE" ]; then  # a sanitizer needs stack of its own
  echo "skipped: no such limit under sanitizers"
  exit
fi
mkdir -p "$SCRATCH"
"$CXX" -std=c++20 -O2 -pthread -I"$ROOT/include" "$ROOT/tests/tensor/small_stack.cpp" -o "$SCRATCH/small_stack"
"$SCRATCH/small_stack"
MINIGRAD_ISA=portable "$SCRATCH/small_stack"
