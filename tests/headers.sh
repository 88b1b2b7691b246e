#!/usr/bin/env bash
# headers.sh PART PARTS COMPILER [FLAG...]
#
# Does every header compile alone, without a warning? Headers of which each includes the one before are compiled as one
# file, since that brings none of them what it would not have alone (headers.awk); where such a file does not compile,
# each of them is tried. Tries a part of all headers, and closes with a line that counts them. Leaves out
# scalar/eigen.hpp, which needs Eigen (the row `guests` of tests/matrix.sh compiles it), and distributed/, which needs an
# MPI (tests/distributed/mpi_test.sh).
set -euo pipefail
part=$1 parts=$2 compiler=$3
shift 3
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
include=$(cd "$tests/../include" && pwd)

# Included rather than compiled as they are, since a compiler says other things about its main file.
compiles() {  # FLAG... -- HEADER...
  local flags=()
  while [ "$1" != -- ]; do flags+=("$1") && shift; done
  shift
  printf '#include "%s"\n' "$@" | "$compiler" -std=c++20 -fsyntax-only "${flags[@]}" -I"$include" -x c++ -
}

passed=0 failed=0
while read -ra chain; do
  if compiles "$@" -- "${chain[@]}" 2> /dev/null; then
    passed=$((passed + ${#chain[@]}))
    continue
  fi
  for header in "${chain[@]}"; do
    if compiles "$@" -- "$header"; then
      passed=$((passed + 1))
    else
      echo "$header: does not compile alone"
      failed=$((failed + 1))
    fi
  done
done < <(find "$include/minigrad" -name '*.hpp' ! -name eigen.hpp ! -path '*/distributed/*' | sort | xargs awk -f "$tests/headers.awk" |
  awk -v part="$part" -v parts="$parts" 'NR % parts == part % parts')

echo "[headers] test cases: $((passed + failed)) | $passed passed | $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
