#!/usr/bin/env bash
# golden.sh [--compile] EXAMPLE.cpp COMPILER SCRATCH [FLAG...]
#
# Does an example what it promises? Takes the command from its first comment, runs it in a folder that looks like a
# checkout, runs the program from another folder, and compares what it prints with the .expected file beside it.
# A file EXAMPLE.arguments beside it has the arguments of the test: fewer steps, say. An example that lacks its data prints
# "skipped: no ..." and passes as skipped.
# --compile: only whether COMPILER takes it, without a program.
set -euo pipefail
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$tests")
only=
if [ "$1" = --compile ]; then only=compile && shift; fi
example=$1 compiler=$2 scratch=$3
shift 3
name=$(basename "$example" .cpp)

# Flags about warnings and sanitizers may follow; the rest is word for word what a reader copies.
promised="g++ -std=c++20 -O2 -Iinclude examples/$name.cpp -o $name"
found=$(awk '!/^\/\// { exit } { print }' "$example" | sed -n 's/.*\(g++ .* -o [^ ]*\( -lz\)*\).*/\1/p' | head -n 1)
if [ "${found% -lz}" != "$promised" ]; then
  echo "$example: its first comment should hold the line that compiles it"
  echo "  expected: $promised"
  echo "  found:    ${found:-nothing}"
  exit 1
fi

if [ "$found" != "$promised" ] && ! echo '#include <zlib.h>' | "$compiler" -x c++ -fsyntax-only - 2> /dev/null; then
  echo "skipped: no zlib"
  exit 0
fi

if [ "$only" = compile ]; then exec "$compiler" -std=c++20 -fsyntax-only -I"$root/include" "$example" "$@"; fi

rm -rf "$scratch"
mkdir -p "$scratch/elsewhere"
ln -s "$root/include" "$root/examples" "$scratch"
(cd "$scratch" && eval "\"$compiler\" ${found#g++ }" "$@")

# Kernels for one processor round differently from those for another; the portable ones give the same bits everywhere.
arguments=()
if [ -f "${example%.cpp}.arguments" ]; then read -ra arguments < "${example%.cpp}.arguments"; fi
status=0
(cd "$scratch/elsewhere" &&
  MINIGRAD_ISA=portable "../$name" ${arguments[@]+"${arguments[@]}"} < /dev/null > ../actual 2> ../errors) || status=$?
if [ $status -ne 0 ] || [ -s "$scratch/errors" ]; then
  echo "$name: exit status $status, and on the error stream:"
  cat "$scratch/errors"
  exit 1
fi
if grep -q '^skipped: no ' "$scratch/actual"; then
  cat "$scratch/actual"
  exit 0
fi
for side in "${example%.cpp}.expected" "$scratch/actual"; do
  sed -E -f "$tests/mask_times.sed" "$side" > "$scratch/$(basename "$side").masked"
done
if ! diff -u "$scratch/$name.expected.masked" "$scratch/actual.masked"; then
  echo "$name: the output differs (- expected, + actual). If the new one is right:"
  echo "  cp $scratch/actual ${example%.cpp}.expected"
  exit 1
fi
