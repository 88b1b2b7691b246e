#!/usr/bin/env bash
# A checked build refuses a gradient where a parameter was written through a reference that was kept; others do not see
# it, as is documented.
set -euo pipefail
mkdir -p "$SCRATCH"
cd "$SCRATCH"
for flag in -UMINIGRAD_CHECKED -DMINIGRAD_CHECKED; do
  # shellcheck disable=SC2086
  "$CXX" -std=c++20 -O0 $SANITIZE $flag -I"$ROOT/include" "$ROOT/tests/graph/checked_build.cpp" -o "checked$flag"
done
./checked-UMINIGRAD_CHECKED
status=0
./checked-DMINIGRAD_CHECKED || status=$?
[ $status = 1 ]
