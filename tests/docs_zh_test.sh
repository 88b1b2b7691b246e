#!/usr/bin/env bash
# The Chinese pages show the programs of the English ones: block by block the same, comments aside, so that the tests of
# the English pages hold for both. Their comments with expected output are the same too. The figures of examples.md are
# those that the examples print.
set -euo pipefail
root=${ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
scratch=${SCRATCH:-$(mktemp -d)}
rm -rf "$scratch"
mkdir -p "$scratch"

# Every block of a page, without the comments that a translation may change, and without the blanks before them.
blocks() {
  awk '/^[ \t]*```/ { inside = !inside; print; next }
       inside { if ($0 !~ /\/\/ prints:/) sub(/[ \t]*\/\/ .*/, ""); print }' "$1"
}

passed=0 failed=0
for page in "$root"/README.zh-TW.md "$root"/docs/zh-TW/*.md; do
  name=$(basename "$page")
  english=$root/docs/$name
  if [ "$name" = README.zh-TW.md ]; then english=$root/README.md; fi
  if [ "$name" = examples.md ]; then continue; fi  # it has no English page: that is the examples themselves
  if [ ! -e "$english" ]; then
    echo "$page: a translation of no page"
    failed=$((failed + 1))
    continue
  fi
  blocks "$english" > "$scratch/english"
  blocks "$page" > "$scratch/chinese"
  if diff -u --label "$english" --label "$page" "$scratch/english" "$scratch/chinese"; then
    passed=$((passed + 1))
  else
    echo "$page: shows other code than the English page"
    failed=$((failed + 1))
  fi
done

# Every example has its section in the translation of their comments. What the section says that the example shows, is what
# it prints: each number of that paragraph stands in the example's output. (01 to 09 are other examples, and links are not
# numbers of the example.)
numbers() { sed -E 's/\[[^]]*\]\([^)]*\)//g' | grep -oE '[0-9][0-9,]*(\.[0-9]+)?' | sed -E 's/,//g' | grep -vxE '0[1-9]' | sort -u; }
for example in "$root"/examples/*.cpp; do
  name=$(basename "$example" .cpp)
  awk -v link="[$name.cpp](../../examples/$name.cpp)" '/^## / { inside = 0 } $0 == link { inside = 1 } inside' \
    "$root/docs/zh-TW/examples.md" > "$scratch/section"
  { grep '^\*\*顯示了什麼：\*\*' "$scratch/section" || true; } > "$scratch/shows"
  if [ ! -s "$scratch/shows" ]; then
    echo "docs/zh-TW/examples.md: $name.cpp is missing, or what it shows"
    failed=$((failed + 1))
    continue
  fi
  missing=$(comm -23 <(numbers < "$scratch/shows") <(numbers < "${example%.cpp}.expected") | tr '\n' ' ')
  if [ -n "$missing" ]; then
    echo "docs/zh-TW/examples.md: $name does not print: $missing"
    failed=$((failed + 1))
  else
    passed=$((passed + 1))
  fi
done

echo "[docs] test cases: $((passed + failed)) | $passed passed | $failed failed"
[ $failed -eq 0 ]
