#!/usr/bin/env bash
# docs.sh PAGE.md COMPILER SCRATCH [FLAG...]
#
# Compiles and runs every ```cpp block of a page, and compares its output where the page shows one; docs.awk says how a
# block becomes a program. Closes with a line that counts the blocks.
set -euo pipefail
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$tests")
page=$1 compiler=$2 scratch=$3
shift 3
rm -rf "$scratch"
mkdir -p "$scratch"
ln -s "$root/include" "$root/examples" "$scratch"  # blocks run where a reader would run them: in a checkout
blocks=$(awk -v page="$page" -v out="$scratch" -f "$tests/docs.awk" "$page")
cd "$scratch"

# -O1 is enough to be right and takes half the time; a page may name a thing it does not use.
compile() { "$compiler" -std=c++20 -O1 -Iinclude "$@" "${flags[@]}"; }
flags=("$@" -Wno-unused)
if [ -e fragments.cpp ]; then compile fragments.cpp -o fragments || true; fi

passed=0 failed=0
while read -r number line kind; do
  [ -n "$number" ] || continue
  if [ "$kind" = program ]; then
    compile "$number.cpp" -o "$number" || true
    run=("./$number")
  else
    run=(./fragments "$number")
  fi
  if [ ! -x "${run[0]}" ]; then
    echo "$page:$line: this $kind does not compile (the fragments of a page are compiled together: see docs.awk)"
    failed=$((failed + 1))
    continue
  fi
  status=0
  MINIGRAD_ISA=portable "${run[@]}" < /dev/null > "$number.actual" || status=$?
  if [ $status -ne 0 ]; then
    echo "$page:$line: exit status $status"
    failed=$((failed + 1))
    continue
  fi
  if [ -e "$number.expected" ]; then
    sed -E -f "$tests/mask_times.sed" "$number.expected" > "$number.expected.masked"
    sed -E -f "$tests/mask_times.sed" "$number.actual" > "$number.actual.masked"
    if ! diff -u "$number.expected.masked" "$number.actual.masked"; then
      echo "$page:$line: prints something else (- the page, + the program)"
      failed=$((failed + 1))
      continue
    fi
  fi
  passed=$((passed + 1))
done <<< "$blocks"

echo "[docs] test cases: $((passed + failed)) | $passed passed | $failed failed"
[ $failed -eq 0 ]
