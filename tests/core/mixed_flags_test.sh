#!/usr/bin/env bash
# A program whose files are compiled with different flags is right in whatever order they are linked: the linker keeps
# one of several copies of a function, most often the first.
set -euo pipefail
if [ -n "$SANITIZE" ]; then  # these flags are tried without
  echo "skipped: no such flags under sanitizers"
  exit
fi
mkdir -p "$SCRATCH"
cd "$SCRATCH"
options=(-std=c++20 -I"$ROOT/include")
openmp=
if echo 'int main() {}' | "$CXX" -x c++ -fopenmp - -o /dev/null 2> /dev/null; then openmp=-fopenmp; fi
"$CXX" "${options[@]}" -O1 -c "$ROOT/tests/core/mixed_flags_main.cpp" -o main.o
compile() {
  local name=$1
  shift
  "$CXX" "${options[@]}" "$@" -DPART="$name" -c "$ROOT/tests/core/mixed_flags_part.cpp" -o "$name.o"
}
compile plain -O2
compile native -O2 -march=native $openmp
compile unoptimised -O0
compile fast -Ofast
passed=0 failed=0
objects=(plain.o native.o unoptimised.o fast.o)
for i in "${!objects[@]}"; do
  # shellcheck disable=SC2086
  "$CXX" $openmp main.o "${objects[@]:i}" "${objects[@]:0:i}" -o program
  if OMP_NUM_THREADS=2 ./program; then
    passed=$((passed + 1))
  else
    echo "wrong when ${objects[i]} is linked first"
    failed=$((failed + 1))
  fi
done
echo "[mixed_flags] test cases: $((passed + failed)) | $passed passed | $failed failed"
[ $failed = 0 ]
