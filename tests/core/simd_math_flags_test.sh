#!/usr/bin/env bash
# The vector functions keep their accuracy, and their infinities and NaN, however the user's file is compiled; -Ofast
# may round once more.
set -euo pipefail
if [ -n "$SANITIZE" ]; then  # these flags are compared without
  echo "skipped: no such flags under sanitizers"
  exit
fi
mkdir -p "$SCRATCH"
cd "$SCRATCH"
options=(-std=c++20 -I"$ROOT/include")
"$CXX" "${options[@]}" -O2 -c "$ROOT/tests/core/simd_math_check.cpp" -o check.o
passed=0 failed=0
for flags in -O0 -O3 -Ofast "-O2 -ffp-contract=off" "-O2 -march=native" "-Ofast -march=native"; do
  # shellcheck disable=SC2086
  "$CXX" "${options[@]}" $flags -c "$ROOT/tests/core/simd_math_kernels.cpp" -o kernels.o
  "$CXX" check.o kernels.o -o check
  if [[ $flags == *-Ofast* ]]; then more=1; else more=0; fi
  if ./check $more; then
    passed=$((passed + 1))
  else
    echo "wrong with $flags"
    failed=$((failed + 1))
  fi
done
echo "[simd_math_flags] test cases: $((passed + failed)) | $passed passed | $failed failed"
[ $failed = 0 ]
