#!/usr/bin/env bash
# docs.sh COMPILER SCRATCH PAGE.md... [-- FLAG...]
#
# Runs the ```cpp blocks of pages, those of a page in their order and in one process, and compares what each prints where
# the page shows it; docs.awk says how blocks become a program. The pages are compiled together, since they use the same
# templates: that takes a third of the time. Closes with a line that counts the blocks.
set -euo pipefail
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$tests")
compiler=$1 scratch=$2
shift 2
pages=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do pages+=("$(realpath "$1")") && shift; done
flags=("${@:2}" -Wno-unused -Wno-shadow)  # a page may name a thing that it does not use, and name one anew in braces
rm -rf "$scratch"
mkdir -p "$scratch"
cd "$scratch"
scratch=$PWD

compile() { "$compiler" -std=c++20 -O0 -I"$root/include" "$@" "${flags[@]}"; }
{
  printf '#include <minigrad/minigrad.hpp>\n\n'
  printf '#include <%s>\n' cmath cstdio cstdlib iostream string vector
} > pages.cpp
calls=
for k in "${!pages[@]}"; do
  mkdir "$k"
  ln -s "$root/include" "$root/examples" "$k"  # blocks run where a reader would run them: in a checkout
  awk -v page="${pages[k]}" -v name="page_$k" -v out="$k" -f "$tests/docs.awk" "${pages[k]}" > "$k/blocks"
  if [ -e "$k/page.hpp" ]; then
    echo "#include \"$k/page.hpp\"" >> pages.cpp
    calls+="    case $k: page_$k::run(); break;"$'\n'
  fi
done
printf 'int main(int, char** arguments) {\n  switch (std::atoi(arguments[1])) {\n%s  }\n}\n' "$calls" >> pages.cpp
if [ -n "$calls" ]; then compile pages.cpp -o pages || true; fi

passed=0 failed=0
for k in "${!pages[@]}"; do
  cd "$scratch/$k"
  status=0
  if [ -e page.hpp ] && [ -x ../pages ]; then MINIGRAD_ISA=portable ../pages "$k" < /dev/null || status=$?; fi
  while read -r number line kind; do
    fault=
    if [ "$kind" = program ]; then
      if ! compile "$number.cpp" -o "$number"; then
        fault="this program does not compile"
      elif ! MINIGRAD_ISA=portable "./$number" < /dev/null > "$number.actual"; then
        fault="this program fails"
      fi
    elif [ ! -x ../pages ]; then
      fault="not run, since a page does not compile"
    elif [ ! -e "$number.actual" ]; then
      fault="not reached: a block above ended the program with status $status"
    elif [ $status -ne 0 ] && [ ! -e "$((number + 1)).actual" ]; then
      fault="ended the program with status $status"
    elif [ -e "$number.expected" ]; then
      for side in expected actual; do sed -E -f "$tests/mask_times.sed" "$number.$side" > "$number.$side.masked"; done
      diff -u "$number.expected.masked" "$number.actual.masked" || fault="prints something else (- the page, + the program)"
    fi
    if [ -n "$fault" ]; then
      echo "${pages[k]}:$line: $fault"
      failed=$((failed + 1))
    else
      passed=$((passed + 1))
    fi
  done < blocks
done

echo "[docs] test cases: $((passed + failed)) | $passed passed | $failed failed"
[ $failed -eq 0 ]
