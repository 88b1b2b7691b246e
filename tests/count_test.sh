#!/usr/bin/env bash
# count.awk reads what ctest really writes of tests that pass, fail, crash and are skipped.
set -euo pipefail
root=${ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
scratch=${SCRATCH:-$(mktemp -d)}
passed=0
failed=0

# counts "what should hold" "EXPECTED LINE" STATUS: runs the tests of CTestTestfile.cmake on standard input.
counts() {
  local status=0 verdict=0 line
  rm -rf "$scratch" && mkdir -p "$scratch"
  cat > "$scratch/CTestTestfile.cmake"
  ctest --test-dir "$scratch" > /dev/null 2>&1 || status=$?
  line=$(awk -v status=$status -f "$root/tests/count.awk" "$scratch/Testing/Temporary/LastTest.log") || verdict=$?
  if [ "$line" = "$2" ] && [ $verdict = "$3" ]; then
    passed=$((passed + 1))
  else
    echo "FAILED: $1: $line, status $verdict, where $2, status $3 was expected"
    failed=$((failed + 1))
  fi
}

counts "a program counts as its cases, a script without such a line as one" "13 passed, 0 failed" 0 <<'CMAKE'
add_test(program echo "[doctest] test cases: 12 | 12 passed | 0 failed | 3 skipped")
add_test(script true)
CMAKE
counts "the name of a script may have an underscore" "5 passed, 0 failed" 0 <<'CMAKE'
add_test(script echo "[some_name] test cases: 5 | 5 passed | 0 failed")
CMAKE
counts "what is skipped is neither passed nor failed" "1 passed, 0 failed" 0 <<'CMAKE'
add_test(here true)
add_test(by_text echo "skipped: no such program")
set_tests_properties(by_text PROPERTIES SKIP_REGULAR_EXPRESSION "skipped: no ")
add_test(after_its_cases echo "[doctest] test cases: 2 | 2 passed | 0 failed | skipped: no data")
set_tests_properties(after_its_cases PROPERTIES SKIP_REGULAR_EXPRESSION "skipped: no ")
CMAKE
counts "nothing but skipped tests is no pass" "0 passed, 0 failed" 1 <<'CMAKE'
add_test(by_text echo "skipped: no such program")
set_tests_properties(by_text PROPERTIES SKIP_REGULAR_EXPRESSION "skipped: no ")
CMAKE
counts "failed cases are counted, and a failure without one counts as one" "8 passed, 4 failed" 1 <<'CMAKE'
add_test(program sh -c "echo '[doctest] test cases: 9 | 7 passed | 2 failed |' && exit 1")
add_test(crash sh -c "echo '[doctest] test cases: 1 | 1 passed | 0 failed |' && kill -SEGV $$")
add_test(missing /nowhere/program --all)
CMAKE

echo "[count] test cases: $((passed + failed)) | $passed passed | $failed failed"
[ $failed = 0 ]
