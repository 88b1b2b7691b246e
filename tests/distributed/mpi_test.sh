#!/usr/bin/env bash
# Where an MPI is installed (Debian: libopenmpi-dev openmpi-bin): several ranks train as one process does, a rank that
# fails ends the job with its error, the job goes on from its checkpoint, and the program of docs/13-distributed.md runs.
set -euo pipefail
command -v mpicxx > /dev/null && command -v mpirun > /dev/null || { echo "skipped: no MPI" && exit; }
tests=$ROOT/tests/distributed
rm -rf "$SCRATCH"
mkdir -p "$SCRATCH"
cd "$SCRATCH"
export OMPI_CXX=$CXX
flags=(-std=c++20 -O0 -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Werror
  -I"$ROOT/include" ${SANITIZE:-})
ranks() { timeout 120 mpirun --allow-run-as-root --oversubscribe -n "$@"; }

passed=0 failed=0
check() {  # check NAME COMMAND...: its output is in $SCRATCH/output
  local name=$1
  shift
  if "$@" > output 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "$name:" && cat output
  fi
}
fails_with() {  # fails_with TEXT COMMAND...
  local text=$1 status=0
  shift
  "$@" > output.of 2>&1 || status=$?
  cat output.of
  [ $status -ne 0 ] && [ $status -ne 124 ] && grep -qF "$text" output.of  # 124: timeout
}

for header in "$ROOT"/include/minigrad/distributed/*.hpp; do
  echo "#include \"$header\"" > alone.cpp
  check "$header alone" mpicxx "${flags[@]}" -fsyntax-only alone.cpp
done
mpicxx "${flags[@]}" "$tests/data_parallel.cpp" -o data_parallel
for count in 1 2 4; do
  for what in equality captured unused overlap; do
    check "$what on $count ranks" ranks $count ./data_parallel $what
  done
done
check "tensors of different shapes are refused" \
  fails_with "the ranks have tensors of different shapes" ranks 2 ./data_parallel shapes
check "a rank that fails ends the job" \
  fails_with "rank 3 of 4: minigrad test: this rank fails" ranks 4 ./data_parallel fail "$SCRATCH/job"
for count in 4 2 1; do
  cp job "job.$count"
  check "the job goes on, on $count ranks" ranks $count ./data_parallel resume "$SCRATCH/job.$count"
done

sed -n '/^```cpp$/,/^```$/{//!p}' "$ROOT/docs/13-distributed.md" > page.cpp
sed -n '/^```text$/,/^```$/{//!p}' "$ROOT/docs/13-distributed.md" > page.expected
check "the program of docs/13-distributed.md compiles" mpicxx "${flags[@]}" page.cpp -o page
check "it runs" ranks 2 ./page
cp output page.actual
check "it prints what the page says" diff page.expected page.actual
echo "[mpi] test cases: $((passed + failed)) | $passed passed | $failed failed"
[ $failed -eq 0 ]
