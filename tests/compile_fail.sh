#!/usr/bin/env bash
# compile_fail.sh SNIPPET.cpp COMPILER SCRATCH
#
# One line of the snippet ends in `// error: REGEXP`. Without that line the snippet must compile; with it, it must not,
# and the compiler's first error must match the (extended) regular expression. What follows that error is short: at most
# 14 errors and notes altogether, without the context of instantiations. A line `// flags: FLAG...` adds flags.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
snippet=$1 compiler=$2 scratch=$3
name=$(basename "$snippet" .cpp)
export LC_ALL=C  # error texts in English
mkdir -p "$scratch"

wanted=$(sed -n 's|.*// error: \(.*\)|\1|p' "$snippet")
if [ "$(grep -c '// error: ' "$snippet")" != 1 ]; then
  echo "$snippet: exactly one line should end in \`// error: REGEXP\`"
  exit 1
fi

read -ra flags < <(sed -n 's|^// flags: ||p' "$snippet"; echo)
compile() { "$compiler" -std=c++20 "${flags[@]}" -fsyntax-only -I"$root/include" "$1"; }

sed '/\/\/ error: /d' "$snippet" > "$scratch/$name.good.cpp"
if ! compile "$scratch/$name.good.cpp"; then
  echo "$snippet: without the wrong line it should compile"
  exit 1
fi
if compile "$snippet" 2> "$scratch/$name.errors"; then
  echo "$snippet: compiles, but should not"
  exit 1
fi
first=$(grep -m 1 'error: ' "$scratch/$name.errors")
if ! grep -Eq -- "$wanted" <<< "$first"; then
  echo "$snippet: the first error should match: $wanted"
  echo "it is: $first"
  exit 1
fi
length=$(grep -E '(error|note): ' "$scratch/$name.errors" | grep -vcE 'instantiation of|requested here|while substituting')
if [ "$length" -gt 14 ]; then
  echo "$snippet: $length errors and notes, and 14 are enough"
  exit 1
fi
