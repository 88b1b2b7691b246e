#!/usr/bin/env bash
# compile_fail.sh SNIPPET.cpp COMPILER SCRATCH
# compile_fail.sh --right COMPILER SCRATCH SNIPPET.cpp...
# compile_fail.sh --headers COMPILER SCRATCH
#
# One line of a snippet ends in `// error: REGEXP`. With that line it must not compile, and the compiler's first error
# must match the (extended) regular expression. The text is short: at most 14 lines, besides those that say by which
# headers a header was included and how many errors there were.
# A line `// flags: FLAG...` adds flags.
# --right: without that line each snippet compiles; all in one file, each in a namespace of its own,
# so that its main() is an ordinary function.
# --headers: minigrad.hpp once for all snippets that follow, if the compiler is clang; to g++ it would bring nothing.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
kind=snippet
if [[ $1 == --* ]]; then kind=${1#--} && shift; else snippet=$1 && shift; fi
compiler=$1 scratch=$2
shift 2
export LC_ALL=C  # error texts in English
mkdir -p "$scratch"
headers=()
faster=()
if ! "$compiler" --version | grep -q clang; then faster=(--param=ggc-min-heapsize=500000); fi  # a seventh less time
if [ -f "$scratch/headers.pch" ]; then headers=(-include-pch "$scratch/headers.pch"); fi
compile() { "$compiler" -std=c++20 ${faster[@]+"${faster[@]}"} -I"$root/include" "$@"; }

if [ $kind = headers ]; then
  rm -f "$scratch/headers.pch"
  if [ ${#faster[@]} -eq 0 ]; then
    compile -x c++-header "$root/include/minigrad/minigrad.hpp" -o "$scratch/headers.pch"
  fi
  echo "[headers] test cases: 0 | 0 passed | 0 failed"  # it prepares tests, and is none
  exit
fi

if [ $kind = right ]; then
  {
    sed -n '/^#include.*[>"]$/p' "$@" | sort -u
    for snippet in "$@"; do
      if [ "$(grep -c '// error: ' "$snippet")" != 1 ]; then
        echo "#error $snippet: exactly one line should end in \`// error: REGEXP\`"
      fi
      echo "namespace $(basename "$snippet" .cpp) {"
      echo "#line 1 \"$snippet\""
      sed 's|.*// error: .*||; s|^#include.*||' "$snippet"
      echo '}  // namespace'
    done
  } > "$scratch/right.cpp"
  compile ${headers[@]+"${headers[@]}"} -fsyntax-only -Wno-return-type "$scratch/right.cpp" || {
    echo "these snippets should compile without their wrong lines"
    exit 1
  }
  echo "[right] test cases: $# | $# passed | 0 failed"
  exit
fi

name=$(basename "$snippet" .cpp)
wanted=$(sed -n 's|.*// error: \(.*\)|\1|p' "$snippet")
read -ra flags < <(sed -n 's|^// flags: ||p' "$snippet"; echo)
if [ ${#flags[@]} -gt 0 ]; then headers=(); fi
if compile ${headers[@]+"${headers[@]}"} "${flags[@]}" -fsyntax-only "$snippet" 2> "$scratch/$name.errors"; then
  echo "$snippet: compiles, but should not"
  exit 1
fi
first=$(grep -m 1 'error: ' "$scratch/$name.errors")
if ! grep -Eq -- "$wanted" <<< "$first"; then
  echo "$snippet: the first error should match: $wanted"
  echo "it is: $first"
  exit 1
fi
length=$(grep -vcE '^In file included from|^ +from |^[0-9]+ (errors?|warnings?).* generated' "$scratch/$name.errors")
kind=g++
if "$compiler" --version | grep -q clang; then kind=clang++; fi
if [ "$length" -gt 14 ]; then
  echo "$snippet: $length lines by $kind, and 14 are enough"
  exit 1
fi
echo "[$name] $length lines by $kind"
