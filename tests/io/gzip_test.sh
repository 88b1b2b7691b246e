#!/usr/bin/env bash
# read_gzip reads what gzip has written, and refuses all else with a reason.
set -euo pipefail
mkdir -p "$SCRATCH"
cd "$SCRATCH"
echo '#include <zlib.h>' | "$CXX" -x c++ -fsyntax-only - 2> /dev/null || { echo "skipped: no zlib" && exit; }
# shellcheck disable=SC2086
"$CXX" -std=c++20 -O0 ${SANITIZE:-} -I"$ROOT/include" "$ROOT/tests/io/gzip.cpp" -lz -o read_gzip
passed=0 failed=0
same() {  # WHAT EXPECTED-FILE ARGUMENT...
  ./read_gzip "${@:3}" > actual || true
  if cmp -s actual "$2"; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "failed: $1: $(head -c 200 actual)"; fi
}
says() {  # WHAT MESSAGE ARGUMENT...
  printf 'minigrad: read_gzip: "%s": %s\n' "$3" "$2" > expected
  same "$1" expected "${@:3}"
}
seq 200000 | sed 's/$/,1/' > large.csv
printf 'a,b\n1,2\n' > small.csv
: > empty.csv
for name in large small empty; do gzip -c $name.csv > $name.gz && same "$name" $name.csv $name.gz; done
cat small.gz large.gz > two.gz
cat small.csv large.csv > two.csv
same "two members" two.csv two.gz
says "a limit" "more than 9 bytes unpacked" large.gz 9
same "a limit that is just kept" small.csv small.gz 8
head -c 1000 large.gz > short.gz
says "a truncated file" "its compressed data are cut off" short.gz
head -c -4 small.gz > no_length.gz
says "a file without its last bytes" "its compressed data are cut off" no_length.gz
says "an empty file" "its compressed data are cut off" empty.csv
says "a text" "it is not compressed by gzip" small.csv
(cat small.gz && echo x) > garbage.gz
says "bytes behind it" "more bytes after the end of the compressed data" garbage.gz
(head -c -8 small.gz && printf '\0\0\0\0\0\0\0\0') > damaged.gz
says "a wrong checksum" "its compressed data are damaged" damaged.gz
says "no file" "cannot open: No such file or directory" none.gz
echo "[gzip] test cases: $((passed + failed)) | $passed passed | $failed failed"
[ $failed = 0 ]
