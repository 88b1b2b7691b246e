#!/usr/bin/env bash
# The work on a table grows as the number of its columns: 4 times the columns take about 4 times the instructions, and
# less than 6 times (the names are sorted). A search through all names for each column would take nearly 16 times.
set -euo pipefail
command -v valgrind > /dev/null || { echo "skipped: no valgrind, which counts instructions"; exit; }
mkdir -p "$SCRATCH"
cd "$SCRATCH"
if [ -n "${SANITIZE:-}" ]; then echo "skipped: no valgrind with sanitizers" && exit; fi
"$CXX" -std=c++20 -O1 -I"$ROOT/include" "$ROOT/tests/data/wide_table.cpp" -o wide_table

instructions() {  # COLUMNS
  valgrind --tool=callgrind --callgrind-out-file=/dev/null ./wide_table "$1" 2> log > out
  sed -n 's/.*Collected : //p' log
}
few=$(instructions 1000) many=$(instructions 4000)
echo "1000 columns: $few instructions, 4000 columns: $many"
[ "$few" -gt 0 ] && [ "$many" -lt $((6 * few)) ]
