#!/usr/bin/env bash
# The Chinese pages show the programs of the English ones: block by block the same, comments aside, so that the tests of
# the English pages hold for both. Their comments with expected output are the same too. Their text says as much: the same
# code in backquotes, the same numbers, as many rows of tables, headings, items and formulas. The figures of examples.md
# are those that the examples print.
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

# What a translation has in common with the original: code in backquotes, numbers in the text, and how many headings, rows
# of tables, items of lists and formulas there are. (The Chinese index has a list of terms at its end.)
said() {
  awk '/^## 名詞對照/ { exit } /^[ \t]*```/ { inside = !inside; if (inside && /math/) print "math"; next } !inside' "$1" |
    awk '/^#+ / { ++headings } /^[ \t]*\|/ { ++rows } /^[ \t]*- / { ++items } /^math$/ || /^\$\$/ { ++formulas }
         { text = text " " $0 }
         END {
           print headings + 0, "headings", rows + 0, "rows", items + 0, "items", formulas + 0, "formulas"
           gsub(/[ \t]+/, " ", text)
           while (match(text, /`[^`]*`/)) {
             print substr(text, RSTART, RLENGTH)
             rest = rest substr(text, 1, RSTART - 1) " "
             text = substr(text, RSTART + RLENGTH)
           }
           text = rest text
           gsub(/\]\([^)]*\)/, " ", text)
           gsub(/\$[^$]*\$/, " ", text)
           print text > "/dev/stderr"
         }' 2> "$scratch/text" | sort -u
  sed -E 's/([0-9]),([0-9]{3})/\1\2/g' "$scratch/text" | grep -oE '(^|[^A-Za-z0-9_./-])[0-9]+(\.[0-9]+)?' |
    grep -oE '[0-9.]+' | sort -u || true
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
  for kind in blocks said; do
    $kind "$english" > "$scratch/english"
    $kind "$page" > "$scratch/chinese"
    if diff -u --label "$english" --label "$page" "$scratch/english" "$scratch/chinese"; then
      passed=$((passed + 1))
    else
      echo "$page: does not say the same as the English page"
      failed=$((failed + 1))
    fi
  done
done

# Every example has its section in the translation of their comments. What the section says that the example shows, is what
# it prints: each number of that paragraph stands in the example's output. Each other number of the section stands there or
# in the program. (01 to 09 are other examples, and links are not numbers of the example.)
numbers() { sed -E 's/\[[^]]*\]\([^)]*\)//g' | grep -oE '[0-9][0-9,]*(\.[0-9]+)?' | sed -E 's/,//g' | grep -vxE '0[1-9]' | sort -u; }
missing() { comm -23 <(numbers < "$1") <(cat "${@:2}" | sed -E "s/([0-9])'([0-9])/\\1\\2/g" | numbers) | tr '\n' ' '; }
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
  wrong="$(missing "$scratch/shows" "${example%.cpp}.expected")$(missing "$scratch/section" "$example" "${example%.cpp}.expected")"
  if [ -n "$wrong" ]; then
    echo "docs/zh-TW/examples.md: $name does not show: $wrong"
    failed=$((failed + 1))
  else
    passed=$((passed + 1))
  fi
done

echo "[docs] test cases: $((passed + failed)) | $passed passed | $failed failed"
[ $failed -eq 0 ]
