#!/usr/bin/env bash
# compile_cost.sh [--instructions | --once] [COMPILER [SCRATCH]]
#
# What does it cost to compile a training program? Prints CPU seconds and peak memory for compile_cost/mlp.cpp, for
# minigrad.hpp alone, and for the standard headers alone that it ends up including: the fastest of three rounds each,
# and how many times the standard headers that is. Fails above 400 MB; never for the time, which depends on the machine
# and on what else it does. With --instructions it prints instead how many instructions the compiler executes, without
# assembler and linker: valgrind counts them in a few minutes, and they depend on neither.
set -euo pipefail
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$tests")
count=no
rounds="1 2 3"
if [ "${1:-}" = --instructions ]; then count=yes && shift; fi
if [ "${1:-}" = --once ]; then rounds=1 && shift; fi
compiler=${1:-g++}
scratch=${2:-$root/build/compile_cost}
most=400
mkdir -p "$scratch"
cd "$scratch"

"$compiler" -std=c++20 -O2 "$tests/compile_cost/measure.cpp" -o measure

# The standard headers that the program and those of minigrad's files that it reaches name, and that are read on this
# system: some are for Windows.
reached() { (cd "$root" && "$compiler" -std=c++20 -Iinclude "$1" tests/compile_cost/mlp.cpp | tr ' \\' '\n\n'); }
reached -M | sed -n 's|.*/\([a-z_]*\)$|#include <\1>|p' | sort -u > read.txt
(cd "$root" && reached -MM | grep -E '\.(hpp|cpp)$' | xargs sed -n 's/^#include \(<[a-z_]*>\).*/#include \1/p') |
  sort -u | grep -Fxf read.txt > standard.cpp
echo 'int main() {}' >> standard.cpp

printf '#include <minigrad/minigrad.hpp>\nint main() {}\n' > umbrella.cpp

sources=(standard.cpp umbrella.cpp "$tests/compile_cost/mlp.cpp")
names=("its standard headers alone" "minigrad.hpp alone" "training program of three layers")

if [ $count = yes ]; then
  command -v valgrind > /dev/null || { echo "valgrind is missing" >&2; exit 1; }
  "$compiler" --version | head -n 1
  for i in 0 1 2; do
    rm -f instructions.*
    valgrind --tool=exp-bbv --instr-count-only=yes --bb-out-file=/dev/null --log-file=instructions.%p \
      --trace-children=yes --trace-children-skip='*/as' \
      "$compiler" -std=c++20 -O2 -I"$root/include" -c "${sources[i]}" -o out.o
    # One log for cc1plus, and one for the driver, which is less than a thousandth.
    cat instructions.* | awk -v name="${names[i]}" '
      /Total instructions/ { total += $NF }
      END { printf "%-34s %6.2f billion instructions\n", name, total / 1e9 }'
  done
  exit
fi

for round in $rounds; do
  for i in 0 1 2; do
    result=$(./measure "$compiler" -std=c++20 -O2 -I"$root/include" -c "${sources[i]}" -o out.o)
    echo "$i $result"
  done
done > rounds

"$compiler" --version | head -n 1
for i in 0 1 2; do
  awk -v i=$i -v name="${names[i]}" '
    !($1 in best) || $2 < best[$1] { best[$1] = $2 }
    $1 == i { megabytes = $3 }
    END { printf "%-34s %6.2f s CPU  %4d MB  x %.2f\n", name, best[i], megabytes, best[i] / best[0] }' rounds
done
megabytes=$(awk '$1 == 2 { print $3 }' rounds | sort -n | tail -n 1)
if [ "$megabytes" -gt $most ]; then
  echo "that is more than $most MB"
  exit 1
fi
