#!/usr/bin/env bash
# headers.sh HEADER_OR_FOLDER COMPILER [FLAG...]
#
# Does every header of a folder compile alone, without a warning? Closes with a line that counts them. Leaves out
# scalar/eigen.hpp, which needs Eigen (the row `guests` of tests/matrix.sh compiles it), and distributed/, which needs an
# MPI (tests/distributed/mpi_test.sh).
set -euo pipefail
place=$1 compiler=$2
shift 2
include=$(cd "$(dirname "${BASH_SOURCE[0]}")/../include" && pwd)

passed=0 failed=0
while read -r header; do
  # Included rather than compiled as it is, since a compiler says other things about its main file.
  if echo "#include \"$header\"" | "$compiler" -std=c++20 -fsyntax-only "$@" -I"$include" -x c++ -; then
    passed=$((passed + 1))
  else
    echo "$header: does not compile alone"
    failed=$((failed + 1))
  fi
done < <(find "$place" -name '*.hpp' ! -name eigen.hpp ! -path '*/distributed/*' | sort)

echo "[headers] test cases: $((passed + failed)) | $passed passed | $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
