#!/usr/bin/env bash
# compile_cost.sh [COMPILER [SCRATCH]]
#
# What does it cost to compile a training program? Prints CPU seconds and peak memory for compile_cost/mlp.cpp, and for
# the standard headers alone that it ends up including. Fails above 400 MB; never for the time, which depends on the
# machine and on what else it does.
set -euo pipefail
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$tests")
compiler=${1:-g++}
scratch=${2:-$root/build/compile_cost}
most=400
mkdir -p "$scratch"
cd "$scratch"

"$compiler" -std=c++20 -O2 "$tests/compile_cost/measure.cpp" -o measure

# The standard headers that the program and those of minigrad's files that it reaches name.
(cd "$root" && "$compiler" -std=c++20 -Iinclude -MM tests/compile_cost/mlp.cpp | tr ' \\' '\n\n' |
  grep -E '\.(hpp|cpp)$' | xargs sed -n 's/^#include \(<[a-z_]*>\).*/#include \1/p' | sort -u) > standard.cpp
echo 'int main() {}' >> standard.cpp

measure() {  # NAME SOURCE
  local result
  result=$(./measure "$compiler" -std=c++20 -O2 -I"$root/include" -c "$2" -o out.o)
  seconds=${result% *} megabytes=${result#* }
  printf '%-34s %6s s CPU  %4s MB\n' "$1" "$seconds" "$megabytes"
}

"$compiler" --version | head -n 1
measure "its standard headers alone" standard.cpp
measure "training program of three layers" "$tests/compile_cost/mlp.cpp"
if [ "$megabytes" -gt $most ]; then
  echo "that is more than $most MB"
  exit 1
fi
