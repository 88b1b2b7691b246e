#!/usr/bin/env bash
# The Chinese pages show the programs of the English ones: block by block the same, comments aside, so that the tests of
# the English pages hold for both. Their comments with expected output are the same too.
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

# Every example has its section in the translation of their comments.
for example in "$root"/examples/*.cpp; do
  name=$(basename "$example")
  if ! grep -q "^\[$name\](../../examples/$name)$" "$root/docs/zh-TW/examples.md"; then
    echo "docs/zh-TW/examples.md: $name is missing"
    failed=$((failed + 1))
  fi
done

echo "[docs] test cases: $((passed + failed)) | $passed passed | $failed failed"
[ $failed -eq 0 ]
